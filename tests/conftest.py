"""What every test may ask for."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cases.sqlite import SqliteStore
from tests.builders import Person, a_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    """An empty encrypted store."""
    opened = a_store(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def person(store: SqliteStore) -> Person:
    """Somebody who has not written yet."""
    return Person(store)
