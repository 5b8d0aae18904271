"""One console for a file of tests."""

from collections.abc import Iterator

import pytest

from tests.review.serving import House, Member, a_house


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A running console."""
    with a_house(tmp_path_factory.mktemp("console")) as running:
        yield running


@pytest.fixture(scope="module")
def nour(house: House) -> Member:
    """A reviewer."""
    return house.hire("nour", "reviewer")
