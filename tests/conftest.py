"""What every test may ask for."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cases.sql.store import SqlStore
from tests.builders import Person, a_store
from tests.postgres import Server, server
from tests.synapse import Synapse, synapse


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    """An empty encrypted store."""
    opened = a_store(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def person(store: SqlStore) -> Person:
    """Somebody who has not written yet."""
    return Person(store)


@pytest.fixture(scope="session")
def homeserver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Synapse]:
    """One Synapse for all tests; every test has accounts of its own."""
    with synapse(tmp_path_factory.mktemp("synapse")) as started:
        yield started


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """One server for all tests."""
    with server() as started:
        yield started


@pytest.fixture
def postgres_url(postgres_server: Server) -> Iterator[str]:
    """An empty database."""
    with postgres_server.database() as url:
        yield url
