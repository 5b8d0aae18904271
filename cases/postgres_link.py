"""The edge to PostgreSQL: how it is reached, and what its errors mean. Nothing else imports `psycopg`."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from cases.errors import DiskFullError, StoreAwayError, StoreDamagedError, StoreError, StoreLockedError

SCHEMES = ("postgresql://", "postgres://")
CONNECT_SECONDS = 5
SETTINGS = (
    "SET synchronous_commit = on",  # what was acknowledged is on its disk
    "SET lock_timeout = '10s'",
    "SET idle_in_transaction_session_timeout = '60s'",  # a process that froze lets go of the case it holds
    "SET client_min_messages = warning",
)
AGAIN = "another process holds this case. It is tried again."
# What PostgreSQL raises, or else words it says while nothing is connected yet; what we raise; what to do.
SENTENCES: tuple[tuple[tuple[type[psycopg.Error], ...], tuple[str, ...], type[StoreError], str], ...] = (
    ((errors.LockNotAvailable, errors.DeadlockDetected, errors.QueryCanceled), (), StoreLockedError, AGAIN),
    ((errors.SerializationFailure,), (), StoreLockedError, AGAIN),
    (
        (errors.DiskFull,),
        (),
        DiskFullError,
        "the disk of the database is full. Make room; nothing acknowledged is lost.",
    ),
    (
        (errors.DataCorrupted, errors.IndexCorrupted),
        (),
        StoreDamagedError,
        "the database is damaged. Keep it aside and restore the last backup.",
    ),
    (
        (errors.InvalidPassword, errors.InvalidAuthorizationSpecification),
        ("authentication",),
        StoreError,
        "the database does not let us in. Check store.url, and PGPASSWORD or ~/.pgpass.",
    ),
    (
        (errors.InvalidCatalogName,),
        ("database", "does not exist"),
        StoreError,
        "there is no such database. Make it (createdb), or correct store.url.",
    ),
    (
        (errors.DuplicateTable, errors.DuplicateObject, errors.DuplicateFunction),
        (),
        StoreError,
        "tables of another program stand there. Give Recours a database of its own.",
    ),
    (
        (),
        ("role", "does not exist"),
        StoreError,
        "there is no such account. Make it (createuser), or correct store.url.",
    ),
    (
        (),
        ("certificate",),
        StoreError,
        "its certificate is not trusted. Give sslrootcert in store.url; see docs/operations.md.",
    ),
    ((), ("no password supplied",), StoreError, "a password is asked for. Set PGPASSWORD, or write ~/.pgpass."),
    (
        (errors.InsufficientPrivilege,),
        (),
        StoreError,
        "the account may not do this. It must own the tables; see docs/operations.md.",
    ),
    (
        (psycopg.OperationalError, psycopg.InterfaceError),
        (),
        StoreAwayError,
        "the database does not answer. Start it or check store.url; nothing acknowledged is lost.",
    ),
)
Connection = psycopg.Connection[tuple[Any, ...]]


def connect(url: str) -> Connection:
    """Open a connection that commits only where we say so.

    Raises:
        StoreError: the address is wrong, the server does not answer, or does not let us in.
    """
    with named_errors(place(url)):
        connection: Connection = psycopg.connect(
            safe(url), autocommit=True, cursor_factory=psycopg.RawCursor, connect_timeout=CONNECT_SECONDS
        )
        for setting in SETTINGS:
            connection.execute(setting.encode())
        return connection


def place(url: str) -> str:
    """What an address is called in a sentence: never with a password.

    Raises:
        StoreError: it is not an address of PostgreSQL.
    """
    parts = _parts(url)
    return f"{parts.get('host') or 'this machine'}/{parts.get('dbname') or ''}"


def _parts(url: str) -> dict[str, Any]:
    try:
        return conninfo_to_dict(url)
    except psycopg.ProgrammingError as error:
        raise StoreError(
            "store.url: not an address of PostgreSQL; write for example postgresql://recours@db.example.org/recours"
        ) from error


def safe(url: str) -> str:
    """Over a network the server must show a certificate of its name, unless the address says otherwise."""
    parts = _parts(url)
    hosts = str(parts.get("hostaddr") or parts.get("host") or "").split(",")
    near = all(not host or host.startswith("/") or host in ("localhost", "127.0.0.1", "::1") for host in hosts)
    if near or "sslmode" in parts:
        return url
    return make_conninfo(url, sslmode="verify-full", sslrootcert=parts.get("sslrootcert", "system"))


@contextmanager
def named_errors(where: str) -> Iterator[None]:
    """Turn what PostgreSQL says into an error of ours that says what to do; never a word of a person."""
    try:
        yield
    except psycopg.Error as error:
        raise _named(error, where) from error


def _named(error: psycopg.Error, where: str) -> StoreError:
    said = (str(error).strip() or "no reason given").splitlines()[0]
    for kinds, words, ours, sentence in SENTENCES:
        if isinstance(error, kinds) or (words and all(word in said for word in words)):
            return ours(f"{where}: {sentence}")
    return StoreError(f"{where}: {type(error).__name__}. Run: recours check")


def execute_many(connection: Connection, query: bytes, rows: Sequence[Sequence[object]]) -> None:
    """Run one statement for many rows, without waiting for each."""
    with connection.cursor() as cursor:
        cursor.executemany(query, rows)


def lost(connection: Connection) -> bool:
    """Whether nothing more can be said on a connection."""
    return connection.closed


def roll_back(connection: Connection) -> None:
    """Undo the open transaction, as far as anybody still listens."""
    with suppress(psycopg.Error):
        connection.execute(b"ROLLBACK")
