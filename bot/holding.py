"""What only the worker that holds a conversation does, and what one worker does for all."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from bot import events
from cases.claims import LEAD, Claims
from cases.errors import StoreError

Result = TypeVar("Result")
LOOK_EVERY = 1.0  # seconds


class NoLongerOursError(Exception):
    """Others may have this conversation now: what was on its way was cut off, and nobody knows whether it arrived."""


async def while_held(
    claims: Claims, channel: str, chat: str, work: Coroutine[Any, Any, Result], *, every: float = LOOK_EVERY
) -> Result:
    """The result of what is done outside of the store, as long as the conversation is ours alone.

    Raises:
        NoLongerOursError: it is not any more.
    """
    task, worker = asyncio.create_task(work), claims.worker
    try:
        while not task.done():
            if claims.worker != worker or not claims.holds(channel, chat):
                raise NoLongerOursError
            await asyncio.wait({task}, timeout=max(0.0, min(every, claims.seconds_left(channel))))
        return await task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)  # it has let go of its connections and its port


async def lead(claims: Claims, name: str, work: Callable[[], Awaitable[None]]) -> None:
    """Do this while no other worker does, until cancelled; when the one that does it ends, another goes on."""
    while True:
        try:
            leads = claims.take(LEAD, name)
        except StoreError:  # the heartbeat says so
            leads = False
        if leads:
            if claims.look_every is not None:  # one of several
                events.tell("leads", work=name)
            try:
                await while_held(claims, LEAD, name, _run(work))
            except NoLongerOursError:
                events.tell("lead_lost", work=name)
        await asyncio.sleep(LOOK_EVERY)


async def _run(work: Callable[[], Awaitable[None]]) -> None:
    await work()
