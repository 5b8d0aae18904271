"""Copies of the case store, putting one back, and a new key. Each is done or not done, never half."""

import os
from collections.abc import Iterable
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path

from cases import cipher, keys, opening, postgres
from cases.errors import KeyWrongError, StoreDamagedError, StoreError
from cases.opening import Place
from cases.sql.store import SqlStore
from cases.sqlite import open_store

ERASED = "erased.txt"  # beside the store: number and day of every case erased, for restores when the store is lost
SUFFIX = ".backup"


def back_up(store: SqlStore, key: str, folder: Path, at: datetime) -> Path:
    """Copy a store that may be in use, encrypted with the same key, and try to open the copy before it counts.

    Raises:
        StoreError: the copy could not be written, or does not hold what it should.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"recours-{at:%Y%m%dT%H%M%SZ}{SUFFIX}"
    part = path.with_suffix(".part")
    for left in folder.glob("recours-*.part"):  # of a backup that was killed, in whatever second
        _forget(left)
    try:
        numbers = store.cases()  # those that begin meanwhile are in the next backup, those erased meanwhile in none
        store.copy_to(part, key)
        part.chmod(0o600)
        gone = {number for number, _ in store.erased()}
        _try(part, key, [number for number in numbers if number not in gone])
        _sync(part)
        part.replace(path)
    except OSError as error:
        raise StoreError(f"{path}: could not be written ({error.strerror}); no backup was made") from error
    finally:
        _forget(part)
    return path


def restore(backup: Path, path: Path, key: str, *, replace: bool) -> list[str]:
    """Put a backup in the place of the store, without the cases erased since; returns their numbers.

    Args:
        backup: the file that `back_up` wrote.
        path: where the store stands.
        key: of both.
        replace: whether a store that stands there may go.

    Raises:
        StoreError: the backup is missing, damaged or of another key, or a store stands there.
    """
    if not backup.is_file():
        raise StoreError(f"{backup}: no such backup; give a file that recours backup wrote")
    if path.exists() and not replace:
        raise StoreError(f"{path}: a case store stands there. Stop Recours, then add --replace to put the backup there")
    if path.exists():
        with suppress(KeyWrongError, StoreDamagedError):  # a store that is lost is what a backup is for
            cipher.claim(path, key)
    part = path.with_suffix(".restore")
    _forget(part)
    try:
        part.write_bytes(backup.read_bytes())
        part.chmod(0o600)
        gone = _apply_erasures(part, key, erasures(path, key))
        _sync(part)
        for suffix in ("-wal", "-shm"):  # a log of the old store must never be played on the new one
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        part.replace(path)
    finally:
        _forget(part)
    return gone


def restore_to_database(backup: Path, url: str, path: Path, key: str, *, replace: bool) -> list[str]:
    """Put a backup into a PostgreSQL database, without the cases erased since; returns their numbers.

    Args:
        backup: the file that `back_up` wrote.
        url: address of the database.
        path: where the store would stand on this machine: beside it stands what was erased.
        key: of both.
        replace: whether what stands in the database may go.

    Raises:
        StoreError: the backup is missing, damaged or of another key, or a store stands there or is in use.
    """
    if not backup.is_file():
        raise StoreError(f"{backup}: no such backup; give a file that recours backup wrote")
    target = postgres.open_store(url, key, create=True)
    part = path.with_suffix(".restore")
    _forget(part)
    try:
        if not replace and not target.is_empty():
            where = opening.named(url)
            raise StoreError(f"{where}: a case store stands there. Stop Recours, then add --replace")
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part.write_bytes(backup.read_bytes())
        part.chmod(0o600)
        numbers = dict.fromkeys([*_noted(path), *(number for number, _ in target.erased())])
        gone = _apply_erasures(part, key, list(numbers))
        source = open_store(part, key)
        try:
            target.replace_by(source)
        finally:
            source.close()
    finally:
        target.close()
        _forget(part)
    return gone


def new_key(where: Place, key_file: Path, on: date, scratch: Path) -> Path:
    """Encrypt the store with a new key; the old one is kept beside it for the backups it opens. Returns that file.

    Args:
        where: the store.
        key_file: of its key.
        on: today.
        scratch: a file that may be used meanwhile, encrypted with the present key, when the store is a database.

    Raises:
        StoreError: the store cannot be opened with the present key, or is in use.
    """
    key = keys.read(key_file)
    waiting = keys.next_to(key_file)
    waiting.unlink(missing_ok=True)
    keys.create(waiting)
    old = key_file.with_name(f"{key_file.name}.{on.isoformat()}")
    if old.exists():
        waiting.unlink()
        raise StoreError(f"{old}: the key was changed today already; its backups need that file, try again tomorrow")
    try:
        _rekey(where, key, keys.read_file(waiting), scratch)
    except StoreError:
        waiting.unlink(missing_ok=True)
        raise
    old.write_text(key + "\n", encoding="ascii")
    old.chmod(0o600)
    _sync(old)
    waiting.replace(key_file)
    return old


def _rekey(where: Place, key: str, new: str, scratch: Path) -> None:
    if isinstance(where, Path):
        cipher.rekey(where, key, new)
        return
    store = postgres.open_store(where, key)
    _forget(scratch)
    try:
        between = open_store(scratch, key, create=True)
        try:
            store.change_key(new, between)
        finally:
            between.close()
    finally:
        store.close()
        _forget(scratch)


def settle_key(where: Place, key_file: Path) -> None:
    """Finish a change of key that was cut short: whichever of the two keys opens the store is the right one."""
    waiting = keys.next_to(key_file)
    if not waiting.is_file() or (isinstance(where, Path) and not where.is_file()):
        return
    if opening.opens(where, keys.read_file(waiting)):
        waiting.replace(key_file)
    else:
        waiting.unlink()


def note_erased(path: Path, erased: Iterable[tuple[str, str]]) -> None:
    """Write beside the store which cases were erased and when: no more than the store itself keeps of them."""
    file = path.with_name(ERASED)
    known = set(_noted(path))
    fresh = [f"{number} {day}\n" for number, day in erased if number not in known]
    if fresh:
        with file.open("a", encoding="ascii") as lines:
            lines.writelines(fresh)
            lines.flush()
            os.fsync(lines.fileno())
        file.chmod(0o600)


def erasures(path: Path, key: str) -> list[str]:
    """Numbers of every case erased, from the file beside the store and from the store when it opens."""
    known = dict.fromkeys(_noted(path))
    try:
        store = open_store(path, key)
    except StoreError:
        return list(known)
    try:
        return list(known | dict.fromkeys(number for number, _ in store.erased()))
    finally:
        store.close()


def prune(folder: Path, before: datetime) -> list[Path]:
    """Delete backups older than the days they may keep an erased case."""
    oldest = f"recours-{before:%Y%m%dT%H%M%SZ}{SUFFIX}"
    old = [path for path in sorted(folder.glob(f"recours-*{SUFFIX}")) if path.name < oldest]
    for path in old:
        path.unlink()
    return old


def _noted(path: Path) -> list[str]:
    file = path.with_name(ERASED)
    if not file.is_file():
        return []
    return [line.split()[0] for line in file.read_text(encoding="ascii").splitlines() if line.strip()]


def _try(copy: Path, key: str, numbers: list[str]) -> None:
    store = open_store(copy, key)
    try:
        faults = store.integrity()
        if faults or not set(numbers) <= set(store.cases()):
            raise StoreDamagedError(f"{copy}: the copy does not hold what it should; no backup was made")
    finally:
        store.close()


def _apply_erasures(copy: Path, key: str, numbers: list[str]) -> list[str]:
    store = open_store(copy, key)
    try:
        faults = store.integrity()
        if faults:
            raise StoreDamagedError(f"{copy.name}: the backup is damaged ({faults[0]}); take another")
        return [number for number in numbers if store.erase(number)]
    finally:
        store.close()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _forget(part: Path) -> None:
    for name in (part.name, f"{part.name}-wal", f"{part.name}-shm"):
        part.with_name(name).unlink(missing_ok=True)
