"""Sending: each conversation's queue in its order, conversations at the same time, at least once."""

import asyncio
from collections.abc import Callable, Sequence

from bot import events, metrics
from bot.channel import Channel, DeliveryError, Fate
from bot.downloads import Downloads
from bot.ending import ended
from bot.holding import NoLongerOursError, while_held
from bot.instants import FAR, backoff, comes, now
from bot.pictures import FETCH
from bot.receiving import AFTER_A_FAULT
from cases.case import Outgoing
from cases.errors import StoreError
from cases.sql.store import SqlStore

RECORD_AGAIN = 1.0  # seconds
LONGEST_NAP = 2.0  # seconds: what waits may be replaced meanwhile
LAST_SECONDS = 2.0  # for what is on its way when the service stops: cut off, it would be said twice
LOOK_EVERY = 1.0  # seconds: a reviewer's reply is put in the outbox by another process, which cannot wake us


class Sending:
    """The sending loop of one channel."""

    def __init__(self, store: SqlStore, channel: Channel, downloads: Downloads) -> None:
        self._store = store
        self._downloads = downloads
        self._channel = channel
        self._queued = asyncio.Event()
        self._sending: dict[str, asyncio.Task[None]] = {}
        self._to_send: set[str] = set()
        self._stopping = asyncio.Event()
        self._at_once = asyncio.Semaphore(channel.capabilities.at_once)

    async def run(self) -> None:
        """First what an earlier run left, then what is queued, by us or by the staff's console.

        Nothing of it runs on afterwards: a message still on its way would use a connection that is being closed.
        """
        try:
            await self._run()
        finally:
            self._stopping.set()
            await ended(self._sending.values(), LAST_SECONDS)

    async def _run(self) -> None:
        waiting = self._left_before()
        while True:
            for chat in waiting - self._sending.keys():
                self._start(chat)
            self._queued.clear()
            if not self._to_send:
                await comes(self._queued, LOOK_EVERY)
            waiting, self._to_send = self._to_send or self._left_by_others(), set()

    def wake(self, chat: str) -> None:
        """Something was queued in this conversation, or its person is there again."""
        self._to_send.add(chat)
        self._queued.set()

    def is_busy(self, chat: str) -> bool:
        """Whether something is on its way in this conversation."""
        return chat in self._sending

    def _left_before(self) -> set[str]:
        try:
            return {outgoing.chat for outgoing in self._store.claims.due(self._channel.name, FAR)}
        except StoreError as error:  # what is due is looked at every second anyway
            events.store_failed("outbox", error)
            return set()

    def _left_by_others(self) -> set[str]:
        try:
            due = self._store.claims.due(self._channel.name, now())
        except StoreError as error:
            events.store_failed("outbox", error)
            return set()
        return {outgoing.chat for outgoing in due if self._may_leave(outgoing)}

    def _may_leave(self, outgoing: Outgoing) -> bool:
        """Words wait until she is there to see them; what is to be deleted or fetched does not."""
        return outgoing.kind != "send" or self._channel.is_reachable(outgoing.chat)

    def _start(self, chat: str) -> None:
        task = asyncio.create_task(self._send_queue(chat))
        self._sending[chat] = task
        task.add_done_callback(self._sent_callback(chat))

    def _sent_callback(self, chat: str) -> Callable[[asyncio.Task[None]], None]:
        def done(_: asyncio.Task[None]) -> None:
            """What was queued while the last thing left is found again."""
            self._sending.pop(chat, None)
            if self._stopping.is_set():
                return
            try:
                self._after(chat)
            except StoreError:
                self.wake(chat)

        return done

    def _after(self, chat: str) -> None:
        if not self._is_ours(chat):
            return
        waiting = self._store.next_out(self._channel.name, chat)
        if waiting is None:
            self._channel.drained(chat)
        elif self._may_leave(waiting[0]):
            self.wake(chat)

    async def _send_queue(self, chat: str) -> None:
        """Send what waits in one conversation; a store that is away is asked again later."""
        try:
            if self._store.claims.take(self._channel.name, chat):
                await self._send_in_order(chat)
        except NoLongerOursError:
            events.tell("cut_off", channel=self._channel.name)
        except StoreError as error:
            events.store_failed("outbox", error)
            await asyncio.sleep(AFTER_A_FAULT)

    async def _send_in_order(self, chat: str) -> None:
        """Send what waits, each thing not before its time."""
        while (
            not self._stopping.is_set()
            and self._is_ours(chat)
            and (waiting := self._store.next_out(self._channel.name, chat)) is not None
        ):
            outgoing, not_before = waiting
            if not self._may_leave(outgoing):
                return
            seconds = (not_before - now()).total_seconds()
            if seconds > 0:
                await comes(self._stopping, min(seconds, LONGEST_NAP))
                continue
            async with self._downloads.at_once if outgoing.kind == FETCH else self._at_once:
                await while_held(self._store.claims, self._channel.name, chat, self._send_one(outgoing))

    def _is_ours(self, chat: str) -> bool:
        return self._store.claims.holds(self._channel.name, chat)

    async def _send_one(self, outgoing: Outgoing) -> None:
        """Send one thing and settle its row: sent, later, or never."""
        try:
            if outgoing.kind == "wipe":
                await self._wipe(outgoing.chat)
                self._store.sent(outgoing.id, now())
            elif outgoing.kind == FETCH:
                await self._downloads.fetch(outgoing)
            else:
                await self._record(outgoing, await self._channel.deliver(outgoing))
                metrics.DELIVERIES.labels(self._channel.name, "sent").inc()
        except DeliveryError as error:
            self._settle(outgoing, error)
        except StoreError as error:
            events.store_failed("outbox", error)
            await asyncio.sleep(AFTER_A_FAULT)
        except Exception as error:  # noqa: BLE001 - a fault of ours must not stop, or hurry, the queue
            self._settle(outgoing, DeliveryError(Fate.LATER, "a fault of ours"), cause=error)

    async def _record(self, outgoing: Outgoing, message_ids: Sequence[str]) -> None:
        """It has left: while the store cannot write that down, it is not sent again by us, nor by anybody."""
        at = now()
        while True:
            try:
                self._store.sent(outgoing.id, at, message_ids)
            except StoreError as error:
                events.store_failed("outbox", error)
                await asyncio.sleep(RECORD_AGAIN)
            else:
                return

    async def _wipe(self, chat: str) -> None:
        deletion = self._channel.capabilities.deletion
        ids = self._store.thread(self._channel.name, chat, now() - deletion) if deletion else []
        await self._channel.wipe(chat, ids)
        self._store.forget_thread(self._channel.name, chat)

    def _settle(self, outgoing: Outgoing, error: DeliveryError, cause: Exception | None = None) -> None:
        name, attempt = self._channel.name, outgoing.attempts + 1
        fault = cause or error.__cause__ or error
        events.tell("delivery_failed", channel=name, fate=error.fate, fault=fault, attempt=attempt)
        metrics.DELIVERIES.labels(name, str(error.fate)).inc()
        match error.fate:
            case Fate.GONE:
                self._store.give_up(outgoing.id)
            case Fate.REFUSED:
                self._store.sent(outgoing.id, now())
            case Fate.LATER:
                self._store.failed(outgoing.id, now() + (error.retry_after or backoff(outgoing.attempts + 1)))
