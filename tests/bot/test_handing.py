"""The dossier in the conversation and on the command line."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot import cli
from bot.messages import Document, Reply
from cases import keys, sqlite
from cases.custody import first_fault
from cases.dossier import bag
from cases.sql.store import SqlStore
from tests.builders import KEY_NAMES, Person, button_ids, keys_of, words
from tests.cases.dossiers import export, keep_case


def documents(replies: list[Reply]) -> list[Document]:
    return [reply.document for reply in replies if reply.document]


def shown(person: Person) -> Person:
    person.agrees().forwards("je vais te tuer ce soir", author="k")
    person.presses("done")
    person.presses("yes")
    return person


def test_she_gets_her_dossier_as_a_pdf_with_a_neutral_name_and_a_warning(person: Person) -> None:
    replies = shown(person).writes("mon dossier")
    given = documents(replies)
    assert [(file.name, file.mime) for file in given] == [("document.pdf", "application/pdf")]
    assert given[0].content.startswith(b"%PDF")
    assert "lire votre téléphone" in words(replies)
    assert {"bag", "bag_locked"} <= set(button_ids(replies))
    assert keys_of(replies[0]) == KEY_NAMES


def test_the_log_says_what_was_received_confirmed_and_exported(person: Person, store: SqlStore) -> None:
    shown(person).presses("dossier")
    log = store.custody(person.case.number)
    assert [entry.event for entry in log] == ["received", "confirmed", "exported"]
    assert first_fault(log) is None
    assert store.integrity() == []


def test_the_bag_follows_and_holds(person: Person) -> None:
    shown(person).presses("dossier")
    given = documents(person.presses("bag"))
    assert given[0].name == "document.zip"
    files = bag.unpack(given[0].content, "document.zip")
    assert bag.faults(files) == []
    assert files["data/exhibits/0001.txt"].decode() == "je vais te tuer ce soir"


def test_a_passphrase_is_said_once_and_written_nowhere(person: Person, store: SqlStore) -> None:
    shown(person).presses("dossier")
    replies = person.presses("bag_locked")
    said = next(reply.text for reply in replies if "mot de passe" in reply.text)
    passphrase = said.split(" : ")[1].split(".")[0]
    assert bag.faults(bag.unpack(documents(replies)[0].content, "document.zip", passphrase)) == []
    assert not any(passphrase in text for _, text, _ in store.transcript(person.case.number))


def test_without_anything_told_there_is_no_dossier(person: Person) -> None:
    person.agrees()
    replies = person.writes("/dossier")
    assert not documents(replies)
    assert "rien à mettre" in words(replies)


def test_who_refused_that_anything_is_kept_gets_a_dossier_too(person: Person, store: SqlStore) -> None:
    person.writes("/start")
    person.presses("phone_safe:yes")
    person.presses("consent:no")
    person.presses("a:reporter:victim")
    assert documents(person.writes("/dossier"))
    assert store.custody(person.case.number) == []


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, config_text: str) -> Path:
    """A folder with a configuration, a key and a case store of its own."""
    (tmp_path / "config.toml").write_text(config_text, encoding="utf-8")
    monkeypatch.setenv("RECOURS_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.delenv("RECOURS_KEY", raising=False)
    assert cli.main(["init"]) == 0
    return tmp_path


@pytest.fixture
def config_text() -> str:
    return (
        '[association]\nname = "Essai"\ncontact = "a@b.example"\n'
        '[store]\npath = "data/r.db"\nkey_file = "keys/key"\nbackups = "copies"\n'
    )


def opened(place: Path) -> SqlStore:
    return sqlite.open_store(place / "data/r.db", keys.read(place / "keys/key"))


def test_the_command_writes_a_dossier_that_verify_accepts_until_it_is_changed(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = opened(place)
    number = keep_case(store)
    store.close()
    assert cli.main(["dossier", number, "--out", str(place)]) == 0
    pdf, zipped = place / f"{number}.pdf", place / f"{number}.zip"
    assert pdf.stat().st_mode & 0o077 == 0
    for path in (None, pdf, zipped):
        assert cli.main(["verify", *([str(path)] if path else [])]) == 0, path
    content = bytearray(pdf.read_bytes())
    content[-20] ^= 1
    pdf.write_bytes(content)
    assert cli.main(["verify", str(pdf)]) == 1
    monkeypatch.setenv("RECOURS_PASSPHRASE", "une phrase assez longue")
    assert cli.main(["dossier", number, "--out", str(place), "--locked"]) == 0
    assert cli.main(["verify", str(zipped)]) == 0
    monkeypatch.delenv("RECOURS_PASSPHRASE")
    assert cli.main(["verify", str(zipped)]) == 2
    assert "RECOURS_PASSPHRASE" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["dossier", "R-AAAA-AAAA"], "no such case"),
        (["dossier", "R-AAAA-AAAA", "--out", "/nowhere"], "no such folder"),
        (["dossier", "R-AAAA-AAAA", "--locked"], "RECOURS_PASSPHRASE"),
        (["verify", "/nowhere"], "no such file"),
        (["verify", "config.toml"], "no bag"),
        (["hold", "R-AAAA-AAAA", "2030-01-01", "--agreed", "2026-11-24"], "no such case"),
        (["restore", "nothing.backup"], "no such backup"),
    ],
)
def test_a_mistake_is_one_line_that_says_what_to_do(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, arguments: list[str], hint: str
) -> None:
    monkeypatch.chdir(place)
    assert cli.main(arguments) == 2
    err = capsys.readouterr().err
    assert hint in err
    assert err.count("\n") == 1


def test_a_held_case_outlives_its_retention_until_the_hold_ends(place: Path) -> None:
    store = opened(place)
    number = keep_case(store)
    store.close()
    until = datetime.now(UTC).date() + timedelta(days=400)
    assert cli.main(["hold", number, until.isoformat()]) == 2
    assert cli.main(["hold", number, until.isoformat(), "--agreed", "2026-11-24"]) == 0
    store = opened(place)
    case = store.by_number(number)
    assert case is not None
    assert case.hold_until == until
    assert store.custody(number)[-1].detail == {"until": until.isoformat(), "agreed_on": "2026-11-24"}
    later = datetime.now(UTC) + timedelta(days=800)
    assert store.purge(later, until) == []
    assert store.purge(later, until + timedelta(days=1)) == [number]
    store.close()


def test_backup_rekey_and_restore_from_the_command_line(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = opened(place)
    keep_case(store)
    export(store)
    store.close()
    assert cli.main(["rekey"]) == 0
    assert cli.main(["backup"]) == 0
    copy = next((place / "copies").iterdir())
    assert cli.main(["restore", str(copy)]) == 2
    assert cli.main(["restore", "--replace", str(copy)]) == 0
    assert cli.main(["verify"]) == 0
    assert "Everything holds" in capsys.readouterr().out


def test_one_message_can_be_erased_and_leaves_the_dossier_and_the_file(person: Person) -> None:
    person.agrees().forwards("mot planté numéro un", author="k")
    person.forwards("mot gardé numéro deux", author="k")
    person.presses("done")
    assert "erase_one" in button_ids(person.writes("effacer"))
    assert "erase_exhibit:1" in button_ids(person.presses("erase_one"))
    assert "effacé chez nous" in words(person.presses("erase_exhibit:1"))
    assert person.store.integrity() == []
    events = [entry.event for entry in person.store.custody(person.case.number)]
    assert events[-1] == "erased"
    given = documents([*person.presses("dossier"), *person.presses("bag")])
    files = bag.unpack(given[1].content, "document.zip")
    assert bag.faults(files) == []
    assert not any("planté".encode() in content for content in files.values())
    assert any("gardé".encode() in content for content in files.values())


def test_what_she_pasted_leaves_the_conversation_with_its_exhibit(person: Person) -> None:
    person.agrees().writes("12/03/2026, 22:14 - K: parole plantée\n12/03/2026, 22:15 - K: autre parole")
    person.presses("done")
    person.presses("yes")
    person.writes("effacer")
    person.presses("erase_one")
    person.writes("1")
    assert not any("plantée" in text for _, text, _ in person.store.transcript(person.case.number))
