"""The end of tasks: a moment to finish, then they are cancelled; nothing outlives the connections it uses."""

import asyncio
from collections.abc import Iterable
from typing import Any


async def ended(tasks: Iterable[asyncio.Task[Any]], seconds: float) -> None:
    """Wait until all of them have ended; those that run longer than `seconds` are cancelled."""
    left = set(tasks)
    try:
        if left:
            _, left = await asyncio.wait(left, timeout=seconds)
    finally:
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
