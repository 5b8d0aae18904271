"""`recours doctor` on machines in every state: it names the fault and the remedy, and nobody."""

import asyncio
import os
import re
import shutil
import socket
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from string import Formatter

import pytest

from bot import cli, doctor, examining_house, examining_machine
from cases import backup, keys, sqlite
from cases.migrations import NEWEST
from cases.sqlite import SqliteStore, schema_of
from flows.texts import Texts
from review.commands import add_account
from tests.bot_api import TOKEN, BotApi
from tests.builders import Person
from tests.ports import free_port

TEXTS = Texts.load(doctor.FOLDER)
HER_WORDS, HER_CHAT, COLLEAGUE = "CANARI il dit qu'il va me tuer", "4815162342", "Nour CANARI"


@dataclass
class Machine:
    """A helpline that is in order, in a folder; tests break it."""

    folder: Path
    config: dict[str, str]

    @property
    def store(self) -> Path:
        return self.folder / "data" / "cases.db"

    @property
    def key(self) -> Path:
        return self.folder / "secret" / "key"

    def write(self, **more: str) -> None:
        """Write the configuration, with sections added or replaced."""
        sections = self.config | more
        text = "\n".join(f"[{name}]\n{lines}" for name, lines in sections.items())
        (self.folder / "config.toml").write_text(text, encoding="utf-8")

    def opened(self) -> SqliteStore:
        return sqlite.open_store(self.store, keys.read_file(self.key))


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The long examinations, of files that these tests leave alone, are made in other tests."""
    long = (examining_house.content, examining_house.models)
    monkeypatch.setattr(doctor, "EXAMINATIONS", tuple(each for each in doctor.EXAMINATIONS if each not in long))


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    monkeypatch.setenv("RECOURS_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.setenv("RECOURS_TELEGRAM_TOKEN", TOKEN)
    monkeypatch.delenv("RECOURS_KEY", raising=False)
    found = Machine(
        tmp_path,
        {
            "association": 'name = "Écoute"\ncontact = "dpo@ecoute.fr"',
            "store": 'path = "data/cases.db"\nkey_file = "secret/key"\nbackups = "copies"',
            "review": f"port = {free_port()}",
        },
    )
    found.write()
    keys.create(found.key)
    store = sqlite.open_store(found.store, keys.read_file(found.key), create=True)
    now = datetime.now(UTC)
    person = Person(store, chat=HER_CHAT, at=now - timedelta(minutes=5)).agrees()
    person.writes(HER_WORDS)
    person.forwards(HER_WORDS)
    add_account(store, COLLEAGUE, ("administrator", "reviewer"), now)
    backup.back_up(store, keys.read_file(found.key), tmp_path / "copies", now)
    backup.note_purged(found.store, now)
    store.close()
    return found


def examined(capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, str]:
    code = cli.main(["doctor", *options])
    captured = capsys.readouterr()
    assert captured.err == ""
    assert "Traceback" not in captured.out
    for secret in ("CANARI", HER_CHAT, TOKEN, "R-"):
        assert secret not in captured.out
    return code, captured.out


def says(out: str, key: str, language: str = "fr") -> bool:
    """Whether a sentence stands in the report, whatever fills it."""
    parts = Formatter().parse(TEXTS.all(language)[f"doctor.{key}"].words)
    pattern = "".join(re.escape(words) + (".+" if name else "") for words, name, _, _ in parts)
    return re.search(pattern, out) is not None


def test_a_machine_in_order_is_said_to_be(capsys: pytest.CaptureFixture[str], machine: Machine) -> None:
    code, out = examined(capsys, "--all")
    assert code == 0, out
    for key in ("key.right", "store.right", "file.right", "custody.right", "audit.right", "staff.right"):
        assert says(out, key), (key, out)
    assert "[à corriger]" not in out
    assert machine.store.is_file()


def test_the_same_in_english(capsys: pytest.CaptureFixture[str], machine: Machine) -> None:
    code, out = examined(capsys, "--language", "en")
    assert code == 0
    assert says(out, "store.right", "en")
    assert "clé" not in out
    assert machine.key.is_file()


def with_store(change: Callable[[SqliteStore], object]) -> Callable[[Machine], None]:
    def broken(machine: Machine) -> None:
        store = machine.opened()
        change(store)
        store.close()

    return broken


def age_backup(machine: Machine) -> None:
    (copy,) = (machine.folder / "copies").iterdir()
    copy.rename(copy.with_name("recours-20260101T000000Z.backup"))


def spoil_page(machine: Machine) -> None:
    content = bytearray(machine.store.read_bytes())
    content[4096 * 3 + 100] ^= 1
    machine.store.write_bytes(content)


def key_inside(machine: Machine) -> None:
    shutil.copy(machine.key, machine.store.with_name("key"))
    machine.write(store='path = "data/cases.db"\nkey_file = "data/key"\nbackups = "copies"')


def another_key(machine: Machine) -> None:
    machine.key.unlink()
    keys.create(machine.key)


def sql(statement: str) -> Callable[[Machine], None]:
    return with_store(lambda store: store._rows(statement))


BROKEN: dict[str, Callable[[Machine], object]] = {
    "config.wrong": lambda m: m.write(stroe='path = "x"'),
    "association.wrong": lambda m: m.write(association='name = "X"\ncontact = "contact@association.example"'),
    "key.missing": lambda m: m.key.unlink(),
    "key.open": lambda m: m.key.chmod(0o644),
    "key.not_a_key": lambda m: m.key.write_text("hello"),
    "key.inside": key_inside,
    "store.missing": lambda m: m.store.unlink(),
    "store.open": lambda m: m.store.chmod(0o644),
    "store.wrong_key": another_key,
    "schema.newer": sql(f"PRAGMA user_version = {NEWEST + 1}"),
    "custody.wrong": sql("UPDATE custody SET event = 'viewed' WHERE number = 1"),
    "audit.wrong": sql("UPDATE audit SET event = 'x'"),
    "file.wrong": spoil_page,
    "backup.none": lambda m: shutil.rmtree(m.folder / "copies"),
    "backup.old": age_backup,
    "backup.open": lambda m: (m.folder / "copies").chmod(0o755),
    "purge.never": lambda m: (m.store.with_name("purged.txt")).unlink(),
    "purge.old": lambda m: backup.note_purged(m.store, datetime.now(UTC) - timedelta(days=4)),
    "purge.overdue": sql("UPDATE cases SET last_at = '2020-01-01T00:00:00.000+00:00'"),
    "clock.behind": sql("UPDATE cases SET last_at = '2999-01-01T00:00:00.000+00:00'"),
    "channels.missing": lambda m: m.write(matrix="enabled = true"),
    "channels.none": lambda m: m.write(telegram="enabled = false"),
    "channels.secret": lambda m: m.write(matrix='enabled = true\ntoken_file = "nowhere"'),
    "timestamp.certificates": lambda m: m.write(timestamp='url = "https://tsa.example"\ncertificates = "config.toml"'),
    "staff.none": sql("UPDATE staff SET disabled_at = made_at"),
    "staff.no_administrator": sql("""UPDATE staff SET roles = '["reviewer"]'"""),
    "staff.no_factor": sql("UPDATE staff SET secret = ''"),
}


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("key", BROKEN)
def test_what_is_wrong_is_named_with_what_to_do(capsys: pytest.CaptureFixture[str], machine: Machine, key: str) -> None:
    BROKEN[key](machine)
    code, out = examined(capsys, "--all")
    assert says(out, key), out
    assert code == 1


NOTICED: dict[str, Callable[[Machine], object]] = {
    "schema.older": sql(f"PRAGMA user_version = {NEWEST - 1}"),
    "staff.no_recovery": sql("DELETE FROM recovery_codes"),
    "port.abroad": lambda m: m.write(health='enabled = true\nlisten = "0.0.0.0"'),
    "timestamp.unchecked": lambda m: m.write(timestamp='url = "https://tsa.example"'),
}


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("key", NOTICED)
def test_what_is_only_to_look_at_does_not_fail(capsys: pytest.CaptureFixture[str], machine: Machine, key: str) -> None:
    NOTICED[key](machine)
    code, out = examined(capsys)
    assert says(out, key), out
    assert code == 0, out


def test_an_older_store_is_left_as_it_is(capsys: pytest.CaptureFixture[str], machine: Machine) -> None:
    sql(f"PRAGMA user_version = {NEWEST - 1}")(machine)
    examined(capsys)
    assert schema_of(machine.store, keys.read_file(machine.key)) == NEWEST - 1


def test_a_first_installation_is_told_to_begin(capsys: pytest.CaptureFixture[str], machine: Machine) -> None:
    machine.key.unlink()
    shutil.rmtree(machine.store.parent)
    code, out = examined(capsys)
    assert code == 1
    assert says(out, "key.first")


def test_a_port_held_by_a_stranger_is_seen(capsys: pytest.CaptureFixture[str], machine: Machine) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen(0)
        machine.write(review=f"port = {other.getsockname()[1]}")
        examining_machine.SECONDS, former = 0.2, examining_machine.SECONDS
        try:
            _, out = examined(capsys)
        finally:
            examining_machine.SECONDS = former
    assert says(out, "port.taken")


@pytest.mark.parametrize(("faults", "key"), [((), "token.right"), (("401",), "token.refused")])
async def test_online_the_platform_is_asked_about_the_token(
    capsys: pytest.CaptureFixture[str], machine: Machine, faults: tuple[str, ...], key: str
) -> None:
    api = await BotApi().start()
    api.faults["getMe"] = deque(faults)
    machine.write(telegram=f'api = "{api.base_url}"')
    code, out = await asyncio.to_thread(examined, capsys, "--online")
    await api.stop()
    assert says(out, key), out
    assert code == (key == "token.refused"), out


def test_a_platform_that_does_not_answer_is_told_apart(capsys: pytest.CaptureFixture[str], machine: Machine) -> None:
    machine.write(telegram=f'api = "http://127.0.0.1:{free_port()}/bot"')
    code, out = examined(capsys, "--online")
    assert says(out, "token.unreachable")
    assert code == 1


def test_a_fault_of_an_examination_spares_the_others_and_says_no_words(
    capsys: pytest.CaptureFixture[str], machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> object:
        raise KeyError(HER_WORDS)

    monkeypatch.setattr(doctor, "EXAMINATIONS", (broken, *doctor.EXAMINATIONS))
    code, out = examined(capsys)
    assert code == 1
    assert says(out, "unforeseen.wrong")
    assert says(out, "store.right")
    assert machine.store.is_file()


def test_the_credentials_of_systemd_are_taken(
    capsys: pytest.CaptureFixture[str], machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed = machine.folder / "credentials"
    handed.mkdir()
    (handed / "RECOURS_KEY").write_text(machine.key.read_text())
    (handed / "RECOURS_TELEGRAM_TOKEN").write_text(TOKEN)
    for file in handed.iterdir():
        file.chmod(0o400)
    machine.key.unlink()
    monkeypatch.delenv("RECOURS_TELEGRAM_TOKEN")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(handed))
    code, out = examined(capsys)
    assert code == 0, out
    assert says(out, "key.environment")
    assert says(out, "channels.right")


def test_every_sentence_is_said_in_every_language_with_the_same_values() -> None:
    french, english = (TEXTS.all(language) for language in ("fr", "en"))
    assert french.keys() == english.keys()
    for key, text in french.items():
        assert text.values == english[key].values, key


def test_every_sentence_of_the_code_exists_and_every_sentence_is_used() -> None:
    named = set()
    for path in Path(doctor.__file__).parent.glob("*.py"):
        if path.stem in ("doctor", "symptoms") or path.stem.startswith("examining"):
            named |= set(re.findall(r'"([a-z_]+(?:\.[a-z_]+)?)"', path.read_text(encoding="utf-8")))
    for key in TEXTS.all("fr"):
        name = key.removeprefix("doctor.")
        assert name in named or name.startswith("mark."), name


def test_only_the_reading_of_files_needs_no_root() -> None:
    assert os.geteuid() == 0 or not list(examining_machine.account(None))  # type: ignore[arg-type]  # it reads nothing
