"""The service with its loops inside a test, stopped at the end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.channel import Opened
from bot.service import Service
from bot.talk import Means
from cases.sql.store import SqlStore


@asynccontextmanager
async def running(means: Means, store: SqlStore, opened: Opened) -> AsyncIterator[Service]:
    """Serve one channel while inside."""
    async with opened() as channel:
        service = Service(means, store, [channel])
        task = asyncio.create_task(service.run())
        try:
            yield service
        finally:
            task.cancel()
            (outcome,) = await asyncio.gather(task, return_exceptions=True)
            assert isinstance(outcome, asyncio.CancelledError), outcome
