"""One connection to PostgreSQL as the case store needs it; what is personal is sealed before it gets there."""

import hmac
import os
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from cases import postgres_link as link
from cases.errors import (
    KeyMissingError,
    KeyWrongError,
    StoreAwayError,
    StoreDamagedError,
    StoreLockedError,
    StoreTooNewError,
)
from cases.migrations_postgres import NEWEST, STEPS
from cases.postgres_rows import Found, Opening, plan
from cases.sql import sealing
from cases.sql.engine import Condition, Dialect, Secret
from cases.sql.pages import pages
from cases.sql.sealing import Sealer
from cases.sql.tables import EVERY, TABLES

MOST_WORDS = 12  # of a search
MARK = re.compile(r"\?(\d*)")
BYTEA = 17  # the type of a sealed column as the protocol calls it
# The latest 2 000 lines are looked at, as on SQLite.
FOUND = (
    "desk.case_id IN ("
    "SELECT case_id FROM (SELECT case_id FROM transcript WHERE words @> ?::bigint[] ORDER BY id DESC LIMIT 2000) "
    "AS lines UNION SELECT case_id FROM exhibits WHERE words @> ?::bigint[])"
)
DIALECT = Dialect(
    add_line="INSERT INTO transcript (case_id, who, text, at, words) VALUES (?, ?, ?, ?, ?) RETURNING id",
    put_exhibit="INSERT INTO exhibits (case_id, position, body, words) VALUES (?, ?, ?, ?) "
    "ON CONFLICT (case_id, position) DO UPDATE SET body = excluded.body, words = excluded.words",
    add_audit="INSERT INTO audit (number, at, event, detail, previous, digest, of_case) VALUES (?, ?, ?, ?, ?, ?, ?)",
    of_case="of_case = ?",
    extra={"transcript": "words", "exhibits": "words", "audit": "of_case"},
    lock=" FOR UPDATE",
    one_file=False,
)


class PostgresEngine:
    """`cases.sql.engine.Engine` over one connection, made again when it was lost."""

    dialect = DIALECT
    newest = NEWEST

    def __init__(self, url: str, key: str, *, create: bool) -> None:
        self._url = url
        self._key = key
        self._where = link.place(url)
        self._inside = False
        self._columns: dict[tuple[int, int], tuple[str, str]] = {}
        self._openings: dict[str, list[Opening]] = {}
        self._connection = link.connect(url)
        try:
            self._migrate(create=create)
            self._sealer = self._prove()
        except BaseException:
            self._connection.close()
            raise

    def execute(self, query: str, values: Sequence[object] = ()) -> Found:
        """See `Engine.execute`. Outside of a transaction a connection that was lost is made again, once."""
        try:
            return self._run(query, values)
        except StoreAwayError:
            if self._inside:
                raise
            self._reach()
            return self._run(query, values)

    def execute_many(self, query: str, rows: Sequence[Sequence[object]]) -> None:
        """See `Engine.execute_many`."""
        with link.named_errors(self._where):
            link.execute_many(
                self._connection, _translated(query), [[self._written(value) for value in row] for row in rows]
            )

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """See `Engine.transaction`. Rows that a turn reads are locked: two processes follow one another."""
        with self._whole("BEGIN ISOLATION LEVEL READ COMMITTED", "COMMIT"):
            yield

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """See `Engine.snapshot`."""
        with self._whole("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", "ROLLBACK"):
            yield

    def lock(self, name: str) -> None:
        """See `Engine.lock`. The server sees a keyed digest of the name."""
        self.execute("SELECT pg_advisory_xact_lock(?)", (self._sealer.number(f"lock {name}"),))

    def try_lock(self, name: str) -> bool:
        """A lock of this name for as long as the connection lasts; False when another connection has it."""
        query = "SELECT pg_try_advisory_lock(?)"
        return bool(self.execute(query, self._sealer.words(f"work{name}")[:1]).fetchall()[0][0])

    def new_id(self, table: str) -> int:
        """See `Engine.new_id`."""
        return int(self.execute("SELECT nextval(pg_get_serial_sequence(?, 'id'))", (table,)).fetchall()[0][0])

    def take_time(self) -> None:
        """See `Engine.take_time`."""
        self.execute("SET LOCAL idle_in_transaction_session_timeout = 0")

    def hold(self) -> None:
        """Inside a transaction: nobody reads or writes anything until it ends."""
        self.execute(f"LOCK TABLE {', '.join(TABLES)} IN ACCESS EXCLUSIVE MODE")

    def settle_ids(self) -> None:
        """See `Engine.settle_ids`."""
        for name, table in TABLES.items():
            if table.key == ("id",):
                above = f"SELECT coalesce(max(id), 0) + 1 FROM {name}"  # noqa: S608 - names of ours
                self.execute(f"SELECT setval(pg_get_serial_sequence(?, 'id'), ({above}), false)", (name,))

    def alone(self) -> None:
        """Make sure that nobody else uses the store.

        Raises:
            StoreLockedError: somebody does.
        """
        query = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid != pg_backend_pid() "
            "AND backend_type = 'client backend'"
        )
        if self.execute(query).fetchall()[0][0]:
            raise StoreLockedError(f"{self._where}: others use the case store. Stop the bot and the console first.")

    def wipe(self) -> None:
        """Inside a transaction: empty every table at once; its file goes when the transaction ends."""
        self.execute(f"TRUNCATE {', '.join(EVERY)}")

    def change_key(self, key: str) -> None:
        """Inside a transaction, with every table empty: whatever is written from now on is sealed with another key."""
        salt = os.urandom(sealing.SALT)
        self._key, self._sealer = key, Sealer(key, salt)
        self._raw("UPDATE about SET salt = $1, proof = $2", salt, self._sealer.proof())

    def words_of(self, text: str) -> tuple[object, ...]:
        """See `Engine.words_of`."""
        return (self._sealer.words(text),)

    def case_of(self, detail: Mapping[str, Any]) -> tuple[object, ...]:
        """See `Engine.case_of`."""
        number = detail.get("case")
        return (Secret("audit.of_case", number if isinstance(number, str) else None),)

    def found(self, typed: str) -> Condition | None:
        """See `Engine.found`. Whole words only: the database knows no letters."""
        words = sealing.words(typed)[:MOST_WORDS]
        if not words:
            return None
        looked_for = self._sealer.words(" ".join(words))
        return FOUND, (looked_for, looked_for)

    def pulse(self) -> tuple[int, int]:
        """See `Engine.pulse`. Every transaction that writes moves the snapshot of the server."""
        snapshot = str(self.execute("SELECT pg_current_snapshot()::text").fetchall()[0][0])
        return int(snapshot.split(":")[1]), zlib.crc32(snapshot.encode())

    def integrity(self) -> list[str]:
        """See `Engine.integrity`: every sealed value opens in its place."""
        faults = []
        for table in TABLES:
            try:
                for _ in pages(self, table):
                    pass
            except StoreDamagedError as error:
                faults.append(f"{table}: {error}")
        return faults

    def version(self) -> int:
        """See `Engine.version`."""
        return int(self._raw("SELECT version FROM about")[0][0])

    def checkpoint(self) -> None:
        """See `Engine.checkpoint`: what an erased row leaves is sealed; the server vacuums it in its own time."""

    def close(self) -> None:
        """See `Engine.close`."""
        self._connection.close()

    @contextmanager
    def _whole(self, first: str, last: str) -> Iterator[None]:
        if self._inside:
            raise RuntimeError("a transaction is open already")
        self.execute(first)
        self._inside = True
        try:
            yield
            self.execute(last)
        except BaseException:
            link.roll_back(self._connection)
            raise
        finally:
            self._inside = False

    def _run(self, query: str, values: Sequence[object]) -> Found:
        with link.named_errors(self._where):
            if link.lost(self._connection):
                raise StoreAwayError(f"{self._where}: the database went away; it is reached again at the next attempt.")
            cursor = self._connection.execute(_translated(query), [self._written(value) for value in values])
            if cursor.description is None or cursor.pgresult is None:
                return Found([])
            return Found(self._opened(query, cursor.pgresult, cursor.fetchall()))

    def _written(self, value: object) -> object:
        if isinstance(value, Secret):
            return self._sealer.seal(value)
        return int(value) if isinstance(value, bool) else value

    def _opened(self, query: str, result: Any, rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:  # noqa: ANN401 - psycopg's
        """Every sealed value of the rows, opened; which they are depends on the query alone."""
        openings = self._openings.get(query)
        if openings is None:
            origins = [(result.ftable(i), result.ftablecol(i)) for i in range(result.nfields)]
            sealed = [result.ftype(i) == BYTEA for i in range(result.nfields)]
            openings = self._openings[query] = plan([self._columns.get(origin) for origin in origins], sealed)
        if not openings:
            return rows
        return [self._open_row(list(row), openings) for row in rows]

    def _open_row(self, row: list[Any], openings: Sequence[Opening]) -> tuple[Any, ...]:
        for each in openings:
            if row[each.place] is not None:
                bound = tuple(row[i] for i in each.bound)
                row[each.place] = self._sealer.open(each.column, row[each.place], bound)
        return tuple(row)

    def _reach(self) -> None:
        """A new connection, to the same store."""
        self._connection.close()
        self._connection = link.connect(self._url)
        self._openings.clear()
        self._sealer = self._prove()

    def _raw(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Statements about the store itself: nothing in them is sealed."""
        with link.named_errors(self._where):
            cursor = self._connection.execute(query.encode(), values)
            return cursor.fetchall() if cursor.description else []

    def _migrate(self, *, create: bool) -> None:
        """Bring the tables to the newest step; of several processes that start at once, one does it."""
        if self._raw("SELECT to_regclass('about')")[0][0] is None and not create:
            raise KeyMissingError(f"{self._where}: no case store here yet. Run: recours init")
        with self._undone_together():
            self._raw("SELECT pg_advisory_xact_lock($1)", 7267568517)  # "recours", to PostgreSQL
            there = self._raw("SELECT to_regclass('about')")[0][0] is not None
            version = int(self._raw("SELECT version FROM about")[0][0]) if there else 0
            if version > NEWEST:
                raise StoreTooNewError(
                    f"{self._where}: a later release of Recours wrote this case store (tables {version}, this release "
                    f"knows {NEWEST}). Install that release again, or restore a backup made before the upgrade."
                )
            for number in range(version + 1, NEWEST + 1):
                with link.named_errors(self._where):
                    self._connection.execute(STEPS[number].encode())
            if not there:
                salt = os.urandom(sealing.SALT)
                proof = Sealer(self._key, salt).proof()
                self._raw("INSERT INTO about (one, version, salt, proof) VALUES (1, $1, $2, $3)", NEWEST, salt, proof)
            elif version < NEWEST:
                self._raw("UPDATE about SET version = $1", NEWEST)

    @contextmanager
    def _undone_together(self) -> Iterator[None]:
        self._raw("BEGIN")
        try:
            yield
            self._raw("COMMIT")
        except BaseException:
            link.roll_back(self._connection)
            raise

    def _prove(self) -> Sealer:
        """What opens the values here, once it is shown to be the same key as ever."""
        salt, proof = self._raw("SELECT salt, proof FROM about")[0]
        sealer = Sealer(self._key, salt)
        if not hmac.compare_digest(sealer.proof(), proof):
            raise KeyWrongError(
                f"{self._where}: the key does not open this store. Put the right key back; nothing is lost."
            )
        columns = self._raw(
            "SELECT attrelid::bigint, attnum, relname, attname FROM pg_attribute "
            "JOIN pg_class ON pg_class.oid = attrelid "
            "WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND attnum > 0"
        )
        self._columns = {(table, number): (name, column) for table, number, name, column in columns}
        return sealer


@lru_cache(maxsize=1000)
def _translated(query: str) -> bytes:
    """`?` and `?1` become `$1`."""
    count = iter(range(1, query.count("?") + 1))
    return MARK.sub(lambda mark: f"${mark[1] or next(count)}", query).encode()
