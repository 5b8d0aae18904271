"""The untyped edge: SQLCipher under sqlite-utils. Nothing else imports `sqlcipher3`."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlcipher3.dbapi2 as sqlcipher
from sqlite_utils import Database

from cases.errors import DiskFullError, KeyWrongError, StoreDamagedError, StoreError, StoreLockedError

BUSY_MILLISECONDS = 2000


def connect(path: Path, key: str) -> Database:
    """Open (or make) an encrypted database: WAL, every commit on disk, deleted bytes overwritten.

    Args:
        path: the file.
        key: 64 hexadecimal digits.

    Raises:
        StoreError: one of its kinds, with what to do.
    """
    with named_errors(path):
        connection = sqlcipher.connect(str(path), isolation_level=None, check_same_thread=True)
        connection.execute("PRAGMA cipher_log_level = NONE")  # our own sentence says what to do
        connection.execute(f"PRAGMA key = \"x'{key}'\"")
        for pragma in (
            f"busy_timeout = {BUSY_MILLISECONDS}",
            "journal_mode = WAL",
            "synchronous = FULL",
            "secure_delete = ON",
            "temp_store = MEMORY",
            "foreign_keys = ON",
            "cipher_memory_security = OFF",
        ):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        return Database(connection)


def opens(path: Path, key: str) -> bool:
    """Whether this key opens that database."""
    try:
        connect(path, key).conn.close()
    except KeyWrongError:
        return False
    return True


def rekey(path: Path, key: str, new: str) -> None:
    """Encrypt a database with another key, in one transaction, on a connection of its own.

    Raises:
        StoreError: the present key is wrong, or another process holds the file.
    """
    claim(path, key)
    with named_errors(path):
        database = connect(path, key)
        try:
            database.conn.execute("PRAGMA journal_mode = DELETE").fetchall()
            database.conn.execute(f"PRAGMA rekey = \"x'{new}'\"")
        finally:
            database.conn.close()


def claim(path: Path, key: str) -> None:
    """Make sure that nobody else holds a database, and empty its write-ahead log.

    Raises:
        StoreError: another process holds it, the key is wrong, or it is damaged.
    """
    with named_errors(path):
        database = connect(path, key)
        try:
            database.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            database.conn.execute("PRAGMA journal_mode = DELETE").fetchall()
        finally:
            database.conn.close()


def copy(source: Database, path: Path, key: str) -> None:
    """Copy an open database whole into a new file encrypted with `key`, in one step: a busy writer never delays it."""
    with named_errors(path):
        target = connect(path, key)
        try:
            source.conn.backup(target.conn, pages=-1)
            target.conn.execute("PRAGMA journal_mode = DELETE").fetchall()
        finally:
            target.conn.close()


@contextmanager
def named_errors(path: Path) -> Iterator[None]:
    """Turn what SQLite says into an error of ours that says what to do."""
    try:
        yield
    except sqlcipher.DatabaseError as error:
        raise _named(str(error), path) from error


def _named(said: str, path: Path) -> StoreError:
    if "not a database" in said:
        return KeyWrongError(f"{path}: the key does not open this file. Put the right key back; nothing is lost.")
    if "full" in said or "disk I/O" in said:
        return DiskFullError(
            f"{path}: the disk is full. Make room; nothing acknowledged is lost, work goes on by itself."
        )
    if "locked" in said or "busy" in said:
        return StoreLockedError(f"{path}: another process holds the case store. Stop it, then start again.")
    if "malformed" in said or "corrupt" in said:
        return StoreDamagedError(f"{path}: the file is damaged. Keep it aside and restore the last backup.")
    if "unable to open" in said or "readonly" in said:
        return StoreError(f"{path}: cannot be opened for writing. Check that the folder exists and is yours.")
    return StoreError(f"{path}: {said}. Run: recours check")
