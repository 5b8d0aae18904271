"""Handling: one update after the other in the order of arrival, each in one transaction with its replies."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from bot import degrading, engine, moving
from bot.channel import Channel, DeliveryError, Elsewhere
from bot.ending import ended
from bot.instants import now
from bot.messages import Inbound
from bot.receiving import AFTER_A_FAULT, Inbox
from bot.talk import Means
from cases.case import Store, Taken
from cases.errors import StoreError

log = logging.getLogger("recours")
LAST_SECONDS = 1.0  # for what is done aside when the service stops


class Handling:
    """The handling loop of one channel; a turn takes milliseconds, sending is elsewhere."""

    def __init__(self, means: Means, store: Store, channel: Channel, inbox: Inbox, wake: Callable[[str], None]) -> None:
        self._means = means
        self._store = store
        self._channel = channel
        self._inbox = inbox
        self._wake = wake
        self._side: set[asyncio.Task[Any]] = set()

    async def run(self) -> None:
        """Handle what waits, then wait for more; what was done aside ends with it."""
        try:
            await self._run()
        finally:
            await ended(self._side, LAST_SECONDS)

    async def _run(self) -> None:
        while True:
            self._inbox.arrived.clear()
            for taken in self._store.waiting(self._channel.name):
                await self._handle(taken)
                await asyncio.sleep(0)
            if not self._inbox.arrived.is_set():
                await self._inbox.arrived.wait()

    async def _handle(self, taken: Taken) -> None:
        """Handle one update; a fault of ours is said to her and never blocks the next one."""
        try:
            raw = json.loads(taken.raw)
            heard = self._channel.to_inbound(raw, now())
            self._aside(self._channel.acknowledge(raw, heard))
            if isinstance(heard, Elsewhere):
                self._store.skip(taken.id)
                return
            self._turn(taken, heard)
        except StoreError as error:
            log.error("store: %s", error)  # noqa: TRY400 - the sentence says all
            await asyncio.sleep(AFTER_A_FAULT)
            self._inbox.arrived.set()
        except Exception as error:  # noqa: BLE001 - whatever it is, the next person must be answered
            log.error("update %s: %s at %s", taken.update, type(error).__name__, place(error))  # noqa: TRY400 - no content
            self._apologise(taken)

    def _turn(self, taken: Taken, inbound: Inbound) -> None:
        inbound = moving.claim(self._store, inbound, inbound.at)
        with self._store.turn(self._channel.name, inbound.chat, inbound.at, taken=taken.id) as turn:
            engine.answer(self._means, turn, degrading.read_mark(inbound, turn.case.state, self._channel.capabilities))
        self._wake(inbound.chat)

    def _apologise(self, taken: Taken) -> None:
        if not taken.chat:
            self._store.skip(taken.id)
            return
        with self._store.turn(self._channel.name, taken.chat, now(), taken=taken.id) as turn:
            words = self._means.knowledge.texts.get("conversation.internal")
            turn.save_state(turn.case.state)
            turn.say("send", {"text": words, "buttons": [], "keys": []})
        self._wake(taken.chat)

    def _aside(self, work: Awaitable[None]) -> None:
        """Do what may fail without harm, without waiting for it."""

        async def quietly() -> None:
            with suppress(DeliveryError):
                await work

        task = asyncio.create_task(quietly())
        self._side.add(task)
        task.add_done_callback(self._side.discard)


def place(error: BaseException) -> str:
    """File and line where it was raised: all that a log may hold of a fault."""
    where = error.__traceback__
    while where is not None and where.tb_next is not None:
        where = where.tb_next
    return f"{where.tb_frame.f_code.co_filename}:{where.tb_lineno}" if where else ""
