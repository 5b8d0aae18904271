"""Keys, damage, full disks, crashes, and bytes that must not remain."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cases import cipher, keys
from cases.case import Case, Consent
from cases.errors import (
    DiskFullError,
    KeyMissingError,
    KeyWrongError,
    StoreDamagedError,
    StoreError,
    StoreLockedError,
)
from cases.sqlite import open_store
from tests.builders import ROOT, a_file
from tests.cases.test_store import NOON, a_kept_case

CANARY = "CANARI-5521-phrase-plantée"
WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from cases.case import Case, Consent
from flows.facts import Fact, Source
from tests.builders import a_file
store = a_file(Path(sys.argv[1]))
for number in range(100_000):
    with store.turn("test", str(number % 5), datetime.now(UTC)) as turn:
        turn.set_consent(Consent.YES)
        before = turn.case.facts.get("acts_count")
        turn.put_fact(Fact("acts_count", (before.value if before else 0) + 1, Source.ANSWER))
    print(number, flush=True)
"""


def test_a_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    keys.create(tmp_path / "key")
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        keys.create(tmp_path / "key")


def test_a_missing_key_says_how_to_put_it_back(tmp_path: Path) -> None:
    with pytest.raises(KeyMissingError, match="recours init"):
        keys.read(tmp_path / "key")


def test_a_key_others_may_read_is_refused_with_the_command_that_mends_it(tmp_path: Path) -> None:
    keys.create(tmp_path / "key")
    (tmp_path / "key").chmod(0o644)
    with pytest.raises(KeyWrongError, match="chmod 600"):
        keys.read(tmp_path / "key")


def test_the_environment_may_hold_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECOURS_KEY", "ab" * 32)
    assert keys.read(tmp_path / "nowhere") == "ab" * 32


def test_a_wrong_key_opens_nothing_and_loses_nothing(tmp_path: Path) -> None:
    store = a_file(tmp_path)
    number = a_kept_case(store)
    store.close()
    with pytest.raises(KeyWrongError, match="nothing is lost"):
        open_store(tmp_path / "cases.db", "00" * 32)
    assert a_file(tmp_path).cases() == [number]


def test_a_store_that_is_not_there_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="recours init"):
        open_store(tmp_path / "absent.db", "00" * 32)


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    store = a_file(tmp_path)
    a_kept_case(store)
    store.close()
    content = bytearray((tmp_path / "cases.db").read_bytes())
    for place in range(4096, len(content), 97):
        content[place] ^= 0xFF
    (tmp_path / "cases.db").write_bytes(content)
    with pytest.raises((StoreDamagedError, KeyWrongError)):
        a_file(tmp_path).integrity()


def test_a_file_held_by_another_process_is_said_to_be(tmp_path: Path) -> None:
    holder = a_file(tmp_path)
    other = a_file(tmp_path)
    holder._rows("BEGIN IMMEDIATE")
    with pytest.raises(StoreLockedError, match="another process"), other.turn("test", "1", NOON):
        pass
    holder._rows("ROLLBACK")


def test_a_full_disk_refuses_the_turn_and_keeps_the_rest(tmp_path: Path) -> None:
    store = a_file(tmp_path)
    number = a_kept_case(store)
    pages = store._count("PRAGMA page_count")
    store._rows(f"PRAGMA max_page_count = {pages + 1}")
    with pytest.raises(DiskFullError, match="Make room"), store.turn("test", "1", NOON) as turn:
        turn.transcribe("person", "x" * 50_000, NOON)
    assert store.cases() == [number]


def test_no_plain_word_stands_in_any_file_and_no_byte_of_an_erased_case_remains(tmp_path: Path) -> None:
    store = a_file(tmp_path)
    with store.turn("test", "1", NOON) as turn:
        turn.set_consent(Consent.YES)
        turn.transcribe("person", CANARY, NOON)
        number = turn.case.number
    files = [path for path in tmp_path.iterdir() if path.name != "key"]
    assert all(CANARY.encode() not in path.read_bytes() for path in files)
    key = keys.read(tmp_path / "key")
    store.erase(number)
    store.close()
    assert CANARY.encode() not in decrypted(tmp_path, key)


def decrypted(folder: Path, key: str) -> bytes:
    """The whole database in the clear, free pages included, as somebody with the key could read it."""
    database = cipher.connect(folder / "cases.db", key)
    database.execute(f"ATTACH DATABASE '{folder / 'clear.db'}' AS clear KEY ''")
    database.execute("SELECT sqlcipher_export('clear')")
    database.execute("DETACH DATABASE clear")
    return (folder / "clear.db").read_bytes()


def count_of(case: Case | None) -> int:
    """How many turns the case counted."""
    assert case is not None
    value = case.facts["acts_count"].value
    assert isinstance(value, int)
    return value


def test_killed_in_the_middle_of_its_turns_it_loses_none_it_had_committed(tmp_path: Path) -> None:
    a_file(tmp_path).close()
    acknowledged = 0
    for kills in range(4):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path)],
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            text=True,
        )
        assert process.stdout is not None
        for _ in range(40 + 17 * kills):
            process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read()
        process.wait()
        process.stdout.close()
        acknowledged += 40 + 17 * kills + rest.count("\n")
    store = a_file(tmp_path)
    counted = sum(count_of(store.peek("test", str(chat))) for chat in range(5))
    assert acknowledged <= counted <= acknowledged + 4  # one commit of each run may not have been printed yet
    assert store.integrity() == []
