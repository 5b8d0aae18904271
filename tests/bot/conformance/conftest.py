"""The same person on every platform."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from bot.channel import Opened
from bot.talk import Means
from cases.sql.store import SqlStore
from tests.bot.conformance import matrix_device, telegram_device, terminal_device, web_device, whatsapp_device
from tests.bot.conformance.device import Device
from tests.builders import the_means
from tests.serving_service import running

Opening = AbstractAsyncContextManager[tuple[Device, Opened]]
SERVED: dict[str, Callable[[Means], Opening]] = {
    "telegram": telegram_device.device,
    "web": web_device.device,
    "whatsapp": whatsapp_device.device,
}
PLATFORMS = ["terminal", *SERVED, "matrix"]


@pytest.fixture(params=PLATFORMS)
async def she(request: pytest.FixtureRequest, store: SqlStore, tmp_path: Path) -> AsyncIterator[Device]:
    """Her device, with the service running behind it."""
    means = the_means()
    if request.param == "terminal":
        async with terminal_device.device(means, store) as device:
            yield device
        return
    opening: Opening
    if request.param == "matrix":
        server = request.getfixturevalue("homeserver")
        opening = matrix_device.device(means, server, tmp_path)
    else:
        opening = SERVED[request.param](means)
    async with opening as (device, opened), running(means, store, opened):
        yield device
