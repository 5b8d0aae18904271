"""Backup, restore, change of key: verified, without what was erased since, done or not done when killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from cases import backup, keys
from cases.errors import KeyWrongError, StoreError, StoreLockedError
from cases.sqlite import SqliteStore, open_store
from tests.builders import ROOT, a_file
from tests.cases.dossiers import NOON, keep_case


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = a_file(tmp_path)
    yield opened
    opened.close()


def key_of(folder: Path) -> str:
    return keys.read(folder / "key")


def test_a_backup_holds_every_case_and_no_plain_word(store: SqliteStore, tmp_path: Path) -> None:
    number = keep_case(store, ["parole plantée dans la copie"])
    copy = backup.back_up(store, key_of(tmp_path), tmp_path / "backups", NOON)
    assert "plantée".encode() not in copy.read_bytes()
    assert [path.name for path in copy.parent.iterdir()] == [copy.name]
    opened = open_store(copy, key_of(tmp_path))
    assert opened.cases() == [number]
    opened.close()


def test_a_case_erased_since_does_not_come_back(store: SqliteStore, tmp_path: Path) -> None:
    kept, gone = keep_case(store, chat="one"), keep_case(store, chat="two")
    copy = backup.back_up(store, key_of(tmp_path), tmp_path / "backups", NOON)
    store.erase(gone)
    store.close()
    path = tmp_path / "cases.db"
    assert backup.restore(copy, path, key_of(tmp_path), replace=True) == [gone]
    opened = open_store(path, key_of(tmp_path))
    assert opened.cases() == [kept]
    assert opened.integrity() == []
    opened.close()


def test_an_erasure_is_remembered_when_the_store_itself_is_lost(store: SqliteStore, tmp_path: Path) -> None:
    path = tmp_path / "cases.db"
    gone = keep_case(store)
    copy = backup.back_up(store, key_of(tmp_path), tmp_path / "backups", NOON)
    store.erase(gone)
    backup.note_erased(path, store.erased())
    backup.note_erased(path, store.erased())
    assert (tmp_path / backup.ERASED).read_text(encoding="ascii").split()[0] == gone
    assert len((tmp_path / backup.ERASED).read_text(encoding="ascii").splitlines()) == 1
    store.close()
    path.unlink()
    assert backup.restore(copy, path, key_of(tmp_path), replace=False) == [gone]


def test_a_store_that_stands_there_is_not_replaced_unasked(store: SqliteStore, tmp_path: Path) -> None:
    copy = backup.back_up(store, key_of(tmp_path), tmp_path / "backups", NOON)
    with pytest.raises(StoreError, match="--replace"):
        backup.restore(copy, tmp_path / "cases.db", key_of(tmp_path), replace=False)


def test_a_store_in_use_is_not_replaced(store: SqliteStore, tmp_path: Path) -> None:
    keep_case(store)
    copy = backup.back_up(store, key_of(tmp_path), tmp_path / "backups", NOON)
    with pytest.raises(StoreLockedError):
        backup.restore(copy, tmp_path / "cases.db", key_of(tmp_path), replace=True)


def test_a_damaged_backup_is_refused_and_the_store_stays(store: SqliteStore, tmp_path: Path) -> None:
    number = keep_case(store)
    copy = backup.back_up(store, key_of(tmp_path), tmp_path / "backups", NOON)
    content = bytearray(copy.read_bytes())
    content[len(content) // 2] ^= 1
    copy.write_bytes(content)
    store.close()
    with pytest.raises(StoreError):
        backup.restore(copy, tmp_path / "cases.db", key_of(tmp_path), replace=True)
    opened = open_store(tmp_path / "cases.db", key_of(tmp_path))
    assert opened.cases() == [number]
    opened.close()


def test_old_backups_go(store: SqliteStore, tmp_path: Path) -> None:
    for days in (10, 3, 0):
        backup.back_up(store, key_of(tmp_path), tmp_path / "backups", NOON - timedelta(days=days))
    assert len(backup.prune(tmp_path / "backups", NOON - timedelta(days=7))) == 1
    assert len(list((tmp_path / "backups").iterdir())) == 2


def test_after_a_new_key_the_old_one_opens_nothing_but_old_backups(store: SqliteStore, tmp_path: Path) -> None:
    number, before = keep_case(store), key_of(tmp_path)
    copy = backup.back_up(store, before, tmp_path / "backups", NOON)
    store.close()
    old = backup.new_key(tmp_path / "cases.db", tmp_path / "key", NOON.date(), tmp_path / "scratch")
    assert old.read_text(encoding="ascii").strip() == before
    assert key_of(tmp_path) != before
    with pytest.raises(KeyWrongError):
        open_store(tmp_path / "cases.db", before)
    for path, key in ((tmp_path / "cases.db", key_of(tmp_path)), (copy, before)):
        opened = open_store(path, key)
        assert opened.cases() == [number]
        opened.close()


WORK = """
import sys
from datetime import datetime, UTC
from pathlib import Path
from cases import backup, keys
from cases.sqlite import open_store
folder, what = Path(sys.argv[1]), sys.argv[2]
path, key_file = folder / "cases.db", folder / "key"
print("go", flush=True)
while True:
    if what == "backup":
        store = open_store(path, keys.read(key_file))
        backup.back_up(store, keys.read(key_file), folder / "b", datetime.now(UTC))
        store.close()
    elif what == "restore":
        backup.restore(sorted((folder / "backups").iterdir())[0], path, keys.read(key_file), replace=True)
    elif what == "rekey":
        backup.settle_key(path, key_file)
        (folder / f"key.{datetime.now(UTC).date()}").unlink(missing_ok=True)
        backup.new_key(path, key_file, datetime.now(UTC).date(), path.with_suffix(".rekey"))
    elif what == "erase":
        store = open_store(path, keys.read(key_file))
        for number in store.cases()[1:2]: store.erase(number)
        store.close()
"""


@pytest.mark.parametrize("what", ["backup", "restore", "rekey", "erase"])
def test_killed_at_any_instant_it_is_done_or_not_done(tmp_path: Path, what: str) -> None:
    store = a_file(tmp_path)
    numbers = [keep_case(store, chat=str(chat)) for chat in range(12)]
    backup.back_up(store, key_of(tmp_path), tmp_path / "backups", NOON)
    store.close()
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    for delay in (0.01, 0.03, 0.07, 0.11, 0.2):
        worker = subprocess.Popen(
            [sys.executable, "-c", WORK, tmp_path, what], env=environment, stdout=subprocess.PIPE, text=True
        )
        assert worker.stdout is not None
        assert worker.stdout.readline() == "go\n"
        time.sleep(delay)
        assert worker.poll() is None, "it ended by itself"
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        worker.stdout.close()
        backup.settle_key(tmp_path / "cases.db", tmp_path / "key")
        opened = open_store(tmp_path / "cases.db", key_of(tmp_path))
        assert opened.integrity() == []
        left = opened.cases()
        erased = {number for number, _ in opened.erased()}
        assert set(left) | erased == set(numbers)
        opened.close()
        for copy in (tmp_path / "b").glob("*.backup"):
            again = open_store(copy, key_of(tmp_path))
            assert again.integrity() == []
            again.close()
            copy.unlink()
