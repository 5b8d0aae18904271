"""Killed (-9) before every single touch of a file: done or not done, never half, and nothing lost."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bot import keeping
from cases import backup, keys
from cases.dossier import bag
from cases.sqlite import SqliteStore, open_store
from tests.builders import ROOT, a_file
from tests.cases.dossiers import NOON, keep_case

LEAST = {"backup": 3, "restore": 5, "rekey": 6, "erase": 1, "export": 4}  # deaths without which nothing was shown


def prepared(folder: Path) -> None:
    """Two cases, a backup of both; then one is erased and another begins."""
    store = a_file(folder)
    kept, gone = keep_case(store, chat="kept"), keep_case(store, chat="gone")
    backup.back_up(store, keys.read(folder / "key"), folder / "backups", NOON)
    store.erase(keep_case(store, chat="erased before"))
    backup.note_erased(folder / "cases.db", store.erased())
    store.close()
    (folder / "kept").write_text(kept, encoding="ascii")
    (folder / "gone").write_text(gone, encoding="ascii")
    (folder / "config.toml").write_text(
        '[association]\nname = "Essai"\ncontact = "a@b.example"\n[store]\npath = "cases.db"\nkey_file = "key"\n',
        encoding="utf-8",
    )


def opened(folder: Path) -> SqliteStore:
    """As the next command would open it."""
    backup.settle_key(folder / "cases.db", folder / "key")
    return open_store(folder / "cases.db", keys.read(folder / "key"))


def look_at_store(folder: Path) -> SqliteStore:
    """The store is whole: the case kept is there, the other there or erased."""
    store = opened(folder)
    assert store.integrity() == []
    kept, gone = ((folder / name).read_text(encoding="ascii") for name in ("kept", "gone"))
    assert kept in store.cases()
    assert (gone in store.cases()) is (gone not in {number for number, _ in store.erased()})
    return store


def look_at_backups(folder: Path) -> None:
    """What bears the name of a backup is one."""
    look_at_store(folder).close()
    for copy in (folder / "b").glob("*.backup"):
        again = open_store(copy, keys.read(folder / "key"))
        assert len(again.cases()) == 2
        assert again.integrity() == []
        again.close()


def look_at_files(folder: Path) -> None:
    """What bears the name of a dossier is one, whole, and the custody log knows it."""
    store = look_at_store(folder)
    number = (folder / "kept").read_text(encoding="ascii")
    log = store.custody(number)
    store.close()
    pdf, zipped = folder / f"{number}.pdf", folder / f"{number}.zip"
    if pdf.exists():
        assert keeping.exported_as(pdf.read_bytes(), log)
        assert zipped.exists()
    if zipped.exists():
        files = bag.read(zipped)
        assert bag.faults(files) == []
        assert keeping.exported_as(files[bag.PDF], log)


CHECKS: dict[str, Callable[[Path], object]] = {
    "backup": look_at_backups,
    "restore": lambda folder: look_at_store(folder).close(),
    "rekey": lambda folder: look_at_store(folder).close(),
    "erase": lambda folder: look_at_store(folder).close(),
    "export": look_at_files,
}


@pytest.mark.parametrize("what", sorted(CHECKS))
def test_killed_at_every_step_it_is_done_or_not_done(tmp_path: Path, what: str) -> None:
    prepared(tmp_path)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "RECOURS_CONFIG": str(tmp_path / "config.toml")}
    environment.pop("RECOURS_KEY", None)
    deaths = 0
    with subprocess.Popen(
        [sys.executable, "-m", "tests.cases.killing", str(tmp_path), what],
        env=environment, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as worker:  # fmt: skip
        assert worker.stdin is not None
        assert worker.stdout is not None
        while (said := worker.stdout.readline().strip()) == "killed":
            deaths += 1
            CHECKS[what](tmp_path)
            worker.stdin.write("go on\n")
            worker.stdin.flush()
    assert said == "done"
    assert deaths >= LEAST[what]
    CHECKS[what](tmp_path)
    assert not list(tmp_path.rglob("*.part"))
    assert not list(tmp_path.rglob("*.restore*"))
