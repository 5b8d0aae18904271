"""Which store: a file on this machine, or a PostgreSQL database at an address."""

from pathlib import Path

from cases import cipher, postgres, postgres_link, sqlite
from cases.errors import KeyWrongError
from cases.sql.store import SqlStore

Place = Path | str
"""A file, or the address of a database (`postgresql://…`)."""


def place(written: str) -> Place:
    """What somebody wrote: an address, or else the path of a file."""
    return written if written.startswith(postgres_link.SCHEMES) else Path(written)


def open_store(where: Place, key: str, *, create: bool = False) -> SqlStore:
    """Open the case store; `create` makes a new one where there is none.

    Raises:
        StoreError: the key is wrong, the store is missing, away, damaged or locked, or its disk is full.
    """
    if isinstance(where, Path):
        return sqlite.open_store(where, key, create=create)
    return postgres.open_store(where, key, create=create)


def named(where: Place) -> str:
    """What a store is called in a sentence: never with a password."""
    return str(where) if isinstance(where, Path) else postgres_link.place(where)


def opens(where: Place, key: str) -> bool:
    """Whether this key opens that store.

    Raises:
        StoreError: it cannot be reached.
    """
    try:
        open_store(where, key).close()
    except KeyWrongError:
        return False
    return True


def claim(where: Place, key: str) -> None:
    """Make sure that nobody else uses a store.

    Raises:
        StoreError: somebody does, or it does not open.
    """
    if isinstance(where, Path):
        sqlite.open_store(where, key).close()
        cipher.claim(where, key)
        return
    store = postgres.open_store(where, key)
    try:
        store.alone()
    finally:
        store.close()
