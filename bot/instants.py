"""Instants of the service: now, how long to wait after a failure, and waiting for an event."""

import asyncio
from datetime import UTC, datetime, timedelta

LONGEST_WAIT = timedelta(minutes=5)
FAR = datetime(9999, 1, 1, tzinfo=UTC)


def now() -> datetime:
    """This instant (UTC)."""
    return datetime.now(UTC)


def backoff(failures: int) -> timedelta:
    """1 s, 2 s, 4 s, ... at most five minutes; `failures` counts from 1."""
    return min(LONGEST_WAIT, timedelta(seconds=2 ** min(failures - 1, 9)))


async def comes(event: asyncio.Event, seconds: float | None) -> bool:
    """Whether an event comes within so many seconds (None: however long it takes).

    Not by `asyncio.wait_for`: in Python 3.11 it loses a cancellation that meets a wake-up, and who was told to stop
    would go on.
    """
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True
