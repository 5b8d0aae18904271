"""Contract tests run on both engines: `store` is one after the other, `reopen` opens the same one again."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cases.sql.store import SqlStore
from tests.builders import a_file
from tests.postgres import a_postgres_store

Reopen = Callable[[], SqlStore]


@pytest.fixture(params=["sqlite", "postgresql"])
def reopen(request: pytest.FixtureRequest, tmp_path: Path) -> Reopen:
    """Opens the store of this test, made at the first time."""
    if request.param == "sqlite":
        return lambda: a_file(tmp_path)
    url = request.getfixturevalue("postgres_url")
    return lambda: a_postgres_store(url, tmp_path)


@pytest.fixture
def store(reopen: Reopen) -> Iterator[SqlStore]:
    """An empty store."""
    opened = reopen()
    yield opened
    opened.close()
