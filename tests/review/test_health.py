"""The console tells the machine it runs on whether it lives; nobody else has such a page."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.review.serving import House, a_house

PATHS = ("/healthz", "/readyz")
PUBLIC = "console.example.org"


@pytest.fixture(scope="module")
def behind_a_proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A console with a public name."""
    with a_house(
        tmp_path_factory.mktemp("house"), lambda settings: replace(settings, public_url=f"https://{PUBLIC}")
    ) as house:
        yield house


@pytest.mark.parametrize("path", PATHS)
def test_it_is_alive_and_ready_for_this_machine(behind_a_proxy: House, path: str) -> None:
    answer = behind_a_proxy.visitor().get(path)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.text in ("recours alive\n", '{"ready":true,"failing":[]}')


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(("host", "status"), [(PUBLIC, 404), ("elsewhere.example", 400)])
def test_through_the_proxy_there_is_no_such_page(behind_a_proxy: House, path: str, host: str, status: int) -> None:
    answer = behind_a_proxy.visitor(host=host).get(path)
    assert answer.status_code == status
    assert "ready" not in answer.text
    assert "alive" not in answer.text
