"""The same person on every platform."""

from collections.abc import AsyncIterator

import pytest

from cases.sqlite import SqliteStore
from tests.bot.conformance import telegram_device, terminal_device, web_device
from tests.bot.conformance.device import Device
from tests.builders import the_means
from tests.serving_service import running

SERVED = {"telegram": telegram_device.device, "web": web_device.device}
PLATFORMS = ["terminal", *SERVED]


@pytest.fixture(params=PLATFORMS)
async def she(request: pytest.FixtureRequest, store: SqliteStore) -> AsyncIterator[Device]:
    """Her device, with the service running behind it."""
    means = the_means()
    if request.param == "terminal":
        async with terminal_device.device(means, store) as device:
            yield device
        return
    async with SERVED[request.param](means) as (device, opened), running(means, store, opened):
        yield device
