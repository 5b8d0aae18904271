"""Handling: one update after the other in the order of arrival, each in one transaction with its replies."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

from bot import degrading, engine, events, metrics, moving
from bot.channel import Channel, DeliveryError, Elsewhere
from bot.ending import ended
from bot.instants import comes, now
from bot.messages import Inbound
from bot.receiving import AFTER_A_FAULT, Inbox
from bot.talk import Means
from cases.case import Taken
from cases.errors import ElsewhereError, StoreAwayError, StoreError
from cases.sql.store import SqlStore

AGAIN = 0.3  # seconds until a conversation that another worker must let go of is tried again
LAST_SECONDS = 1.0  # for what is done aside when the service stops


class Handling:
    """The handling loop of one channel; a turn takes milliseconds, sending is elsewhere."""

    def __init__(
        self, means: Means, store: SqlStore, channel: Channel, inbox: Inbox, wake: Callable[[str], None]
    ) -> None:
        self._means = means
        self._store = store
        self._channel = channel
        self._inbox = inbox
        self._wake = wake
        self._side: set[asyncio.Task[Any]] = set()
        self._resting: dict[str, float] = {}  # conversations after a fault of the store, and until when

    async def run(self) -> None:
        """Handle what waits, then wait for more; what was done aside ends with it."""
        try:
            await self._run()
        finally:
            await ended(self._side, LAST_SECONDS)

    async def _run(self) -> None:
        while True:
            self._inbox.arrived.clear()
            if not await self._handle_all(await self._waiting()) and not self._inbox.arrived.is_set():
                await self._more()

    async def _more(self) -> None:
        """Wait until something arrives here, or may have arrived at another worker."""
        await comes(self._inbox.arrived, self._store.claims.look_every)

    async def _handle_all(self, waiting: Sequence[Taken]) -> bool:
        """Handle updates in their order; after a fault of the store the rest of that conversation waits.

        Whether anything was handled.
        """
        instant = asyncio.get_running_loop().time()
        self._resting = {chat: until for chat, until in self._resting.items() if until > instant}
        handled, stuck = False, set(self._resting)
        for taken in waiting:
            if taken.chat in stuck:
                continue
            try:
                await self._handle(taken)
                handled = True
            except StoreAwayError as error:
                await self._store_failed(error)
                return True
            except ElsewhereError:
                self._rest(taken.chat, AGAIN)
                stuck.add(taken.chat)
            except StoreError as error:
                events.store_failed("turn", error)
                self._rest(taken.chat, AFTER_A_FAULT)
                stuck.add(taken.chat)
            await asyncio.sleep(0)
        return handled

    def _rest(self, chat: str, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        self._resting[chat] = loop.time() + seconds
        loop.call_later(seconds, self._inbox.arrived.set)

    async def _waiting(self) -> list[Taken]:
        """What waits; nothing while the store is away, and then it is looked at again."""
        try:
            return self._store.claims.waiting(self._channel.name)
        except StoreError as error:
            await self._store_failed(error)
            return []

    async def _store_failed(self, error: StoreError) -> None:
        events.store_failed("inbox", error)
        await asyncio.sleep(AFTER_A_FAULT)
        self._inbox.arrived.set()

    async def _handle(self, taken: Taken) -> None:
        """Handle one update; a fault of ours is said to her and never blocks the next one.

        Raises:
            StoreError: nothing was written; it is still there.
        """
        try:
            raw = json.loads(taken.raw)
            heard = self._channel.to_inbound(raw, now())
            self._aside(self._channel.acknowledge(raw, heard))
            if isinstance(heard, Elsewhere):
                self._store.skip(taken.id)
                return
            self._turn(taken, heard)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the next person must be answered
            metrics.FAILED_TURNS.labels(self._channel.name).inc()
            events.tell("turn_failed", channel=self._channel.name, fault=error)
            self._apologise(taken)

    def _turn(self, taken: Taken, inbound: Inbound) -> None:
        inbound = moving.claim(self._store, inbound, inbound.at)
        name = self._channel.name
        opened = self._store.turn(name, inbound.chat, inbound.at, taken=taken.id)
        with metrics.TURNS.labels(name).time(), opened as turn:
            before = len(turn.case.alerts)
            engine.answer(self._means, turn, degrading.read_mark(inbound, turn.case.state, self._channel.capabilities))
        metrics.ALERTS.add(turn.case.alerts[before:])
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
