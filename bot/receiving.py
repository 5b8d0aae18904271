"""Receiving: what arrives is on disk before the platform is told so."""

import asyncio
from collections.abc import Sequence

from bot import events, metrics
from bot.channel import Raw
from cases.case import Store
from cases.errors import StoreError

AFTER_A_FAULT = 5.0  # seconds: a full disk or a locked file is not asked again at once


class Inbox:
    """The durable inbox of one channel."""

    def __init__(self, store: Store, channel: str) -> None:
        self._store = store
        self._channel = channel
        self.arrived = asyncio.Event()

    async def take(self, updates: Sequence[Raw]) -> bool:
        """See `bot.channel.Take`."""
        if not updates:
            return False
        try:
            new = self._store.take(self._channel, [(raw.update, raw.chat, raw.content) for raw in updates])
        except StoreError as error:
            events.store_failed("inbox", error)
            await asyncio.sleep(AFTER_A_FAULT)
            return False
        metrics.RECEIVED.labels(self._channel).inc(new)
        self.arrived.set()
        return True
