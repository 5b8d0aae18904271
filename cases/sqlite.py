"""The embedded case store: one file, encrypted whole, through sqlite-utils over SQLCipher."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from cases import cipher
from cases.errors import KeyMissingError
from cases.migrations import NEWEST, migrate, version_of
from cases.sql.engine import Condition, Dialect, Rows, Secret
from cases.sql.store import SqlStore

# The latest 2 000 lines of each kind are looked at: a word that everybody writes stays quick to look for.
FOUND = (
    "desk.case_id IN ("
    "SELECT case_id FROM transcript WHERE id IN "
    "(SELECT rowid FROM found_lines WHERE found_lines MATCH ? ORDER BY rowid DESC LIMIT 2000) UNION "
    "SELECT case_id FROM exhibits WHERE rowid IN "
    "(SELECT rowid FROM found_exhibits WHERE found_exhibits MATCH ? ORDER BY rowid DESC LIMIT 2000))"
)
WORD = re.compile(r"\w+")
MOST_WORDS = 12  # of a search
DIALECT = Dialect(
    add_line="INSERT INTO transcript (case_id, who, text, at) VALUES (?, ?, ?, ?) RETURNING id",
    put_exhibit="INSERT INTO exhibits (case_id, position, body) VALUES (?, ?, ?) "
    "ON CONFLICT (case_id, position) DO UPDATE SET body = excluded.body",
    add_audit="INSERT INTO audit (number, at, event, detail, previous, digest) VALUES (?, ?, ?, ?, ?, ?)",
    of_case="json_extract(detail, '$.case') = ?",
    extra={},
    lock="",
    one_file=True,
)


def open_store(path: Path, key: str, *, create: bool = False) -> "SqliteStore":
    """Open the case store; `create` makes a new one.

    Raises:
        StoreError: the key is wrong, the file is missing, damaged or locked, or the disk is full.
    """
    if not create and not path.is_file():
        raise KeyMissingError(f"{path}: no case store here yet. Run: recours init")
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    store = SqliteStore(cipher.connect(path, key), path)
    if create:
        path.chmod(0o600)
    return store


class SqliteEngine:
    """`cases.sql.engine.Engine` on one file: a transaction holds the whole file, so nothing in it is locked by name."""

    dialect = DIALECT

    newest = NEWEST

    def __init__(self, database: Database, path: Path) -> None:
        self._path = path
        self._database = database
        with cipher.named_errors(path):
            migrate(database)

    def execute(self, query: str, values: Sequence[object] = ()) -> Rows:
        """See `Engine.execute`."""
        plain = [value.value if isinstance(value, Secret) else value for value in values]
        rows: Rows = self._database.conn.execute(query, plain)
        return rows

    def execute_many(self, query: str, rows: Sequence[Sequence[object]]) -> None:
        """See `Engine.execute_many`."""
        plain = [[value.value if isinstance(value, Secret) else value for value in row] for row in rows]
        self._database.conn.executemany(query, plain)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """See `Engine.transaction`. SQLite has rolled back by itself when the disk was full."""
        with cipher.named_errors(self._path):
            self.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.execute("COMMIT")
            except BaseException:
                if self._database.conn.in_transaction:
                    self.execute("ROLLBACK")
                raise

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """See `Engine.snapshot`."""
        with cipher.named_errors(self._path):
            self.execute("BEGIN")
            try:
                yield
            finally:
                self.execute("ROLLBACK")

    def lock(self, name: str) -> None:
        """See `Engine.lock`."""

    def new_id(self, table: str) -> int:
        """See `Engine.new_id`."""
        return int(self.execute(f"SELECT coalesce(max(id), 0) + 1 FROM {table}").fetchone()[0])  # noqa: S608 - a name of ours

    def take_time(self) -> None:
        """See `Engine.take_time`: nothing here is in a hurry."""

    def settle_ids(self) -> None:
        """See `Engine.settle_ids`: SQLite always takes the next one."""

    def words_of(self, text: str) -> tuple[object, ...]:  # noqa: ARG002 - triggers of the file see to it
        """See `Engine.words_of`."""
        return ()

    def case_of(self, detail: Mapping[str, Any]) -> tuple[object, ...]:  # noqa: ARG002 - an index of the file sees to it
        """See `Engine.case_of`."""
        return ()

    def found(self, typed: str) -> Condition | None:
        """See `Engine.found`. The last word may be a beginning."""
        words = WORD.findall(unicodedata.normalize("NFC", typed))[:MOST_WORDS]
        if not words:
            return None
        match = " ".join(f'"{word}"*' if word == words[-1] else f'"{word}"' for word in words)
        return FOUND, (match, match)

    def pulse(self) -> tuple[int, int]:
        """See `Engine.pulse`."""
        others = int(self.execute("PRAGMA data_version").fetchone()[0])
        return others, int(self.execute("SELECT total_changes()").fetchone()[0])

    def integrity(self) -> list[str]:
        """See `Engine.integrity`."""
        with cipher.named_errors(self._path):
            pages = [f"damaged page: {row[0]}" for row in self.execute("PRAGMA cipher_integrity_check")]
            if pages:  # the other check would stop at the first of them
                return pages
            return [str(row[0]) for row in self.execute("PRAGMA integrity_check") if row[0] != "ok"]

    def version(self) -> int:
        """See `Engine.version`."""
        return version_of(self._database)

    def checkpoint(self) -> None:
        """Move everything into the main file and empty the write-ahead log, so that no erased byte stays in it."""
        self.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def copy_to(self, path: Path, key: str) -> None:
        """Copy the file whole."""
        cipher.copy(self._database, path, key)

    def close(self) -> None:
        """See `Engine.close`."""
        with cipher.named_errors(self._path):
            self.checkpoint()
            self._database.conn.close()


def schema_of(path: Path, key: str) -> int:
    """Version of the tables of a store, which is left as it is.

    Raises:
        StoreError: it cannot be opened.
    """
    database = cipher.connect(path, key)
    try:
        with cipher.named_errors(path):
            return version_of(database)
    finally:
        database.conn.close()


class SqliteStore(SqlStore):
    """`cases.case.Store` on one encrypted file. One thread uses it."""

    def __init__(self, database: Database, path: Path) -> None:
        self._database = database
        self._file = SqliteEngine(database, path)
        super().__init__(self._file)

    def copy_to(self, path: Path, key: str) -> None:
        """See `SqlStore.copy_to`."""
        self._file.copy_to(path, key)
