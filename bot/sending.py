"""Sending: each conversation's queue in its order, conversations at the same time, at least once."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

from bot.channel import Channel, DeliveryError, Fate
from bot.downloads import Downloads
from bot.handling import place
from bot.instants import FAR, backoff, now
from bot.pictures import FETCH
from bot.receiving import AFTER_A_FAULT
from cases.case import Outgoing, Store
from cases.errors import StoreError

log = logging.getLogger("recours")
LONGEST_NAP = 2.0  # seconds: what waits may be replaced meanwhile
LOOK_EVERY = 1.0  # seconds: a reviewer's reply is put in the outbox by another process, which cannot wake us
MOST = 1_000_000


class Sending:
    """The sending loop of one channel."""

    def __init__(self, store: Store, channel: Channel, downloads: Downloads) -> None:
        self._store = store
        self._downloads = downloads
        self._channel = channel
        self._queued = asyncio.Event()
        self._sending: dict[str, asyncio.Task[None]] = {}
        self._to_send: set[str] = set()
        self._at_once = asyncio.Semaphore(channel.capabilities.at_once)

    async def run(self) -> None:
        """First what an earlier run left, then what is queued, by us or by the staff's console."""
        waiting = {outgoing.chat for outgoing in self._store.due(self._channel.name, FAR, limit=MOST)}
        while True:
            for chat in waiting - self._sending.keys():
                self._start(chat)
            self._queued.clear()
            if not self._to_send:
                with suppress(TimeoutError):  # Python 3.11's wait_for loses a cancellation that meets a wake-up
                    async with asyncio.timeout(LOOK_EVERY):
                        await self._queued.wait()
            waiting, self._to_send = self._to_send or self._left_by_others(), set()

    def wake(self, chat: str) -> None:
        """Something was queued in this conversation, or its person is there again."""
        self._to_send.add(chat)
        self._queued.set()

    def _left_by_others(self) -> set[str]:
        try:
            due = self._store.due(self._channel.name, now(), limit=MOST)
        except StoreError as error:
            log.error("outbox: %s", error)  # noqa: TRY400 - the sentence says all
            return set()
        return {outgoing.chat for outgoing in due if self._channel.is_reachable(outgoing.chat)}

    def _start(self, chat: str) -> None:
        task = asyncio.create_task(self._send_queue(chat))
        self._sending[chat] = task
        task.add_done_callback(self._sent_callback(chat))

    def _sent_callback(self, chat: str) -> Callable[[asyncio.Task[None]], None]:
        def done(_: asyncio.Task[None]) -> None:
            """What was queued while the last thing left is found again."""
            self._sending.pop(chat, None)
            if self._store.next_out(self._channel.name, chat) is None:
                self._channel.drained(chat)
            elif self._channel.is_reachable(chat):
                self.wake(chat)

        return done

    async def _send_queue(self, chat: str) -> None:
        """Send what waits in one conversation, in order, each thing not before its time."""
        while (waiting := self._store.next_out(self._channel.name, chat)) is not None:
            outgoing, not_before = waiting
            if outgoing.kind == "send" and not self._channel.is_reachable(chat):
                return
            seconds = (not_before - now()).total_seconds()
            if seconds > 0:
                await asyncio.sleep(min(seconds, LONGEST_NAP))
                continue
            async with self._downloads.at_once if outgoing.kind == FETCH else self._at_once:
                await self._send_one(outgoing)

    async def _send_one(self, outgoing: Outgoing) -> None:
        """Send one thing and settle its row: sent, later, or never."""
        try:
            if outgoing.kind == "wipe":
                await self._wipe(outgoing.chat)
                self._store.sent(outgoing.id, now())
            elif outgoing.kind == FETCH:
                await self._downloads.fetch(outgoing)
            else:
                self._store.sent(outgoing.id, now(), await self._channel.deliver(outgoing))
        except DeliveryError as error:
            self._settle(outgoing, error)
        except StoreError as error:
            log.error("outbox: %s", error)  # noqa: TRY400 - the sentence says all
            await asyncio.sleep(AFTER_A_FAULT)
        except Exception as error:  # noqa: BLE001 - a fault of ours must not stop, or hurry, the queue
            self._settle(outgoing, DeliveryError(Fate.LATER, f"{type(error).__name__} at {place(error)}"))

    async def _wipe(self, chat: str) -> None:
        deletion = self._channel.capabilities.deletion
        ids = self._store.thread(self._channel.name, chat, now() - deletion) if deletion else []
        await self._channel.wipe(chat, ids)
        self._store.forget_thread(self._channel.name, chat)

    def _settle(self, outgoing: Outgoing, error: DeliveryError) -> None:
        log.warning("outbox %d: %s (%s), attempt %d", outgoing.id, error.fate, error, outgoing.attempts + 1)
        match error.fate:
            case Fate.GONE:
                self._store.give_up(outgoing.id)
            case Fate.REFUSED:
                self._store.sent(outgoing.id, now())
            case Fate.LATER:
                self._store.failed(outgoing.id, now() + (error.retry_after or backoff(outgoing.attempts + 1)))
