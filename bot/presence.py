"""Typing of both sides: what the platform tells of her goes to the desk, what the desk tells goes to the platform.

Telegram and WhatsApp tell programs nothing of a person who types; the web chat and Matrix do.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from bot.channel import Channel, DeliveryError
from bot.instants import now
from cases.errors import StoreError
from cases.sql.store import SqlStore

STILL_TYPING = timedelta(seconds=6)  # after one sign
SIGN_EVERY = timedelta(seconds=3)
SHOW_EVERY = timedelta(seconds=4)  # a platform shows it for five or six seconds
LOOK_EVERY = 1.0  # seconds
MOST_CHATS = 10_000


@runtime_checkable
class HearsTyping(Protocol):
    """A channel whose platform says that she types; it calls `typed` with the conversation."""

    typed: Callable[[str], None]


@runtime_checkable
class ShowsTyping(Protocol):
    """A channel whose platform can show her that somebody types."""

    async def show_typing(self, chat: str) -> None:
        """Show it for a few seconds.

        Raises:
            DeliveryError: the platform did not take it; nobody minds.
        """


class Presence:
    """The signs of one channel, in both directions."""

    def __init__(self, store: SqlStore, channel: Channel) -> None:
        self._store = store
        self._channel = channel
        self._signs: dict[str, datetime] = {}
        self._shown: dict[str, datetime] = {}
        if isinstance(channel, HearsTyping):
            channel.typed = self.hear

    def hear(self, chat: str) -> None:
        """She types; said again within seconds it is not noted again."""
        at = now()
        if at - self._signs.get(chat, datetime.min.replace(tzinfo=at.tzinfo)) < SIGN_EVERY:
            return
        if len(self._signs) > MOST_CHATS:
            self._signs.clear()
        self._signs[chat] = at
        with suppress(StoreError):
            self._store.typing.person(self._channel.name, chat, at + STILL_TYPING)

    async def run(self) -> None:
        """Show what the desk tells, until cancelled."""
        channel = self._channel
        while isinstance(channel, ShowsTyping):
            await asyncio.sleep(LOOK_EVERY)
            with suppress(StoreError):
                for chat in self._store.typing.answered(channel.name, now()):
                    await self._show(channel, chat)

    async def _show(self, channel: ShowsTyping, chat: str) -> None:
        at = now()
        self._shown = {known: shown for known, shown in self._shown.items() if at - shown < SHOW_EVERY}
        if chat not in self._shown:
            self._shown[chat] = at
            with suppress(DeliveryError):
                await channel.show_typing(chat)
