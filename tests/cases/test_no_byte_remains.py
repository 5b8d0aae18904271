"""What is erased is nowhere: planted words are looked for in every raw file, after the encryption is taken away."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from cases import backup, exhibits, keys
from cases.case import Consent
from cases.sqlite import SqliteStore, open_store
from flows.facts import Fact, Source
from tests.builders import a_file
from tests.cases.dossiers import CHANNEL, NOON, an_exhibit, export, keep_case

PLANTED = "PLANTE-7781-"  # each place has its own number after it
PAGE, SALT, WAL_HEADER, FRAME_HEADER = 4096, 16, 32, 24  # bytes
PLACES = ("words", "author", "reading", "held", "line", "reply", "file", "state", "inbox", "pasted")


def plant(store: SqliteStore, chat: str) -> str:
    """A case whose every place holds a planted word; its number."""
    with store.turn(CHANNEL, chat, NOON) as turn:
        turn.set_consent(Consent.YES)
        turn.put_fact(Fact("acts_count", 40, Source.ANSWER))
        origin = {"kind": "user", "name": PLANTED + "author", "platform_id": PLANTED + "author", "sent_at": None}
        bare = replace(an_exhibit(1, PLANTED + "words"), origin=origin, digest="")
        turn.add_exhibit(replace(bare, digest=exhibits.digest(bare)))
        turn.add_exhibit(an_exhibit(2, PLANTED + "pasted"))
        content = (PLANTED + "file").encode() * 3000
        found = {"sha256": sha256(content).hexdigest(), "bytes": len(content), "perceptual": None, "kept": True}
        turn.record_file(1, {**found, "fetched_at": ""}, content)
        turn.hold_reading(PLANTED + "reading")
        turn.hold(PLANTED + "held")
        turn.transcribe("person", PLANTED + "line", NOON)
        turn.transcribe("person", PLANTED + "pasted", NOON)
        turn.say("send", {"text": PLANTED + "reply", "buttons": [], "keys": []})
        turn.save_state({"steps": [], "word": PLANTED + "state"})
        turn.remind(NOON + timedelta(days=1))
        turn.note_message("1", NOON)
        return turn.case.number


def clear(path: Path, key: str) -> bytes:
    """A database or its write-ahead log in the clear, page by page as it stands, free pages and slack included.

    Decrypted here, beside SQLCipher, which would show live rows only: AES-256-CBC, 4096 bytes a page, of which the
    last 80 are the vector and the authentication; the first 16 of the first page are a salt.
    """
    content, found = path.read_bytes(), []
    starts = range(0, len(content), PAGE)
    if path.name.endswith("-wal"):
        starts = range(WAL_HEADER + FRAME_HEADER, len(content), FRAME_HEADER + PAGE)
    for start in starts:
        page = content[start : start + PAGE]
        first = SALT if start == 0 else 0
        cipher = Cipher(algorithms.AES(bytes.fromhex(key)), modes.CBC(page[-80:-64])).decryptor()
        found.append(cipher.update(page[first:-80]))
    return b"".join(found)


def everything(folder: Path, key: str) -> bytes:
    """All bytes of a folder: raw, and of every database in the clear too."""
    found = b""
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "key"):
        content = path.read_bytes()
        found += path.name.encode() + content
        if path.suffix in (".db", ".backup", ".db-wal"):
            found += clear(path, key)
    return found


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    (tmp_path / "s").mkdir()
    opened = a_file(tmp_path / "s")
    keep_case(opened, ["un autre dossier, qui reste"], chat="stays")
    yield opened
    opened.close()


def test_the_probe_sees_what_was_not_erased(store: SqliteStore, tmp_path: Path) -> None:
    plant(store, "goes")
    store.checkpoint()
    raw = b"".join(path.read_bytes() for path in (tmp_path / "s").iterdir())
    assert PLANTED.encode() not in raw
    seen = everything(tmp_path / "s", keys.read(tmp_path / "s/key"))
    assert {place for place in PLACES if (PLANTED + place).encode() in seen} == set(PLACES) - {"inbox"}


def by_command(store: SqliteStore, number: str) -> None:
    store.erase(number)


def by_retention(store: SqliteStore, number: str) -> None:
    with store.turn(CHANNEL, "stays", NOON + timedelta(days=400)):
        pass
    assert store.purge(NOON + timedelta(days=399), NOON.date()) == [number]


def in_the_conversation(store: SqliteStore, _: str) -> None:
    with store.turn(CHANNEL, "goes", NOON) as turn:
        turn.drop_queued()
        turn.erase()


@pytest.mark.parametrize("erase", [by_command, by_retention, in_the_conversation])
def test_no_byte_of_an_erased_case_remains(
    store: SqliteStore, tmp_path: Path, erase: Callable[[SqliteStore, str], None]
) -> None:
    number, key = plant(store, "goes"), keys.read(tmp_path / "s/key")
    export(store, "goes")
    erase(store, number)
    wal = tmp_path / "s/cases.db-wal"
    assert not wal.exists() or PLANTED.encode() not in wal.read_bytes()
    seen = everything(tmp_path / "s", key)
    assert PLANTED.encode() not in seen
    assert b"qui reste" in seen
    assert number.encode() in seen  # all that is left of it, with the day


def test_no_byte_of_one_erased_exhibit_remains(store: SqliteStore, tmp_path: Path) -> None:
    number = plant(store, "goes")
    for position in (1, 2):
        with store.turn(CHANNEL, "goes", NOON) as turn:
            turn.erase_exhibit(position)
    store.checkpoint()
    seen = everything(tmp_path / "s", keys.read(tmp_path / "s/key"))
    assert not [place for place in ("words", "author", "file", "pasted") if (PLANTED + place).encode() in seen]
    assert store.faults(number) == []


def test_no_byte_remains_when_she_takes_her_consent_back(store: SqliteStore, tmp_path: Path) -> None:
    plant(store, "goes")
    with store.turn(CHANNEL, "goes", NOON) as turn:
        turn.drop_queued()
        turn.save_state({"steps": []})
        turn.set_consent(Consent.NO)
    store.checkpoint()
    assert PLANTED.encode() not in everything(tmp_path / "s", keys.read(tmp_path / "s/key"))


def test_an_update_that_was_handled_leaves_no_word(store: SqliteStore, tmp_path: Path) -> None:
    store.take(CHANNEL, [("1", "goes", PLANTED + "inbox")])
    taken = store.waiting(CHANNEL)[0].id
    with store.turn(CHANNEL, "goes", NOON, taken=taken):
        pass
    store.checkpoint()
    assert PLANTED.encode() not in everything(tmp_path / "s", keys.read(tmp_path / "s/key"))


def test_a_restored_backup_and_its_temporary_files_hold_no_byte_of_what_was_erased_since(
    store: SqliteStore, tmp_path: Path
) -> None:
    number, key = plant(store, "goes"), keys.read(tmp_path / "s/key")
    copy = backup.back_up(store, key, tmp_path / "copies", NOON)
    store.erase(number)
    store.close()
    path = tmp_path / "s/cases.db"
    assert PLANTED.encode() in clear(copy, key)  # the backup itself holds it until its days are over
    assert PLANTED.encode() not in copy.read_bytes()
    assert backup.restore(copy, path, key, replace=True) == [number]
    assert PLANTED.encode() not in everything(tmp_path / "s", key)
    reopened = open_store(path, key)
    assert number not in reopened.cases()
    reopened.close()
    for old in backup.prune(tmp_path / "copies", NOON + timedelta(days=8)):
        assert not old.exists()
    assert PLANTED.encode() not in everything(tmp_path, key)


def test_a_new_key_leaves_no_byte_in_the_clear(store: SqliteStore, tmp_path: Path) -> None:
    number = plant(store, "goes")
    store.erase(number)
    plant(store, "goes again")
    store.close()
    backup.new_key(tmp_path / "s/cases.db", tmp_path / "s/key", NOON.date(), tmp_path / "scratch")
    raw = b"".join(path.read_bytes() for path in (tmp_path / "s").iterdir())
    assert PLANTED.encode() not in raw
