"""What every test may ask for."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cases.sql.store import SqlStore
from tests.builders import Person, a_file, a_store
from tests.postgres import Server, a_postgres_store, server
from tests.synapse import Synapse, synapse

Reopen = Callable[[], SqlStore]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """The tests of a module that names ENGINES run on each of them."""
    engines = getattr(metafunc.module, "ENGINES", None)
    if engines and "reopen" in metafunc.fixturenames:
        metafunc.parametrize("reopen", engines, indirect=True)


@pytest.fixture
def reopen(request: pytest.FixtureRequest, tmp_path: Path) -> Reopen:
    """Opens the store of this test, made at the first time; asked for an engine, on that engine."""
    engine = getattr(request, "param", None)
    if engine != "postgresql":
        return lambda: (a_file if engine else a_store)(tmp_path)
    url = request.getfixturevalue("postgres_url")
    return lambda: a_postgres_store(url, tmp_path)


@pytest.fixture
def store(reopen: Reopen) -> Iterator[SqlStore]:
    """An empty store."""
    opened = reopen()
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
