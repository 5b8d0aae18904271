"""The web chat as a channel: what is posted goes to the inbox, what is delivered stands on the screen in memory.

A message for somebody who is not in front of the page waits in the outbox, on disk and encrypted.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

from bot import config, degrading
from bot.capabilities import TABLE
from bot.channel import Elsewhere, Sharing, Take, WithoutFiles
from bot.channels.web_pages import Pages
from bot.channels.web_threads import Threads
from bot.instants import now
from bot.listening import listening
from bot.messages import Inbound, Media, MediaKind
from cases.case import Outgoing
from flows.knowledge import Knowledge

CHANNEL = "web"
CAPABILITIES = TABLE[CHANNEL]
PRUNE_SECONDS = 600.0


@asynccontextmanager
async def opened(settings: config.Config, knowledge: Knowledge) -> AsyncIterator["Web"]:
    """The channel; it listens while it receives."""
    yield Web(settings, knowledge)


class Web(WithoutFiles):
    """`bot.channel.Channel` for a browser."""

    name = CHANNEL
    capabilities = CAPABILITIES
    sharing = Sharing.ONE  # the screens stand in its memory

    def __init__(self, settings: config.Config, knowledge: Knowledge) -> None:
        self._settings = settings.web
        self._threads = Threads(timedelta(hours=settings.conversation.resume_after_hours))
        self.typed: Callable[[str], None] = lambda _: None  # see `bot.presence.HearsTyping`
        self._pages = Pages(settings, knowledge, self._threads, self._hear)

    def _hear(self, chat: str) -> None:
        self.typed(chat)

    async def receive(self, take: Take) -> None:
        """See `Channel.receive`."""
        async with listening(self._pages.app(take), self._settings.listen, self._settings.port) as serving:
            forgetting = asyncio.create_task(self._forget_the_absent())
            try:
                await asyncio.shield(serving)
            finally:
                forgetting.cancel()
                self._threads.close()

    async def _forget_the_absent(self) -> None:
        """What stood on the screen of somebody who stays away goes, also when nobody else comes."""
        while True:
            await asyncio.sleep(PRUNE_SECONDS)
            self._threads.prune(now())

    def to_inbound(self, raw: Mapping[str, Any], at: datetime) -> Inbound | Elsewhere:
        """See `Channel.to_inbound`; what is read here was written by `web_pages`."""
        media = raw.get("media")
        return Inbound(
            channel=CHANNEL,
            chat=str(raw["chat"]),
            update=str(raw["update"]),
            at=at,
            text=str(raw.get("text", "")),
            choice=raw.get("choice") or None,
            media=(Media(MediaKind(media["kind"]), None, media["mime"], media["size"]),) if media else (),
            language=raw.get("language"),
        )

    async def acknowledge(self, raw: Mapping[str, Any], heard: Inbound | Elsewhere) -> None:  # noqa: ARG002 - its id is in heard
        """A page without script waits for the answer to what it posted."""
        if isinstance(heard, Inbound) and (thread := self._threads.get(heard.chat)):
            thread.handled(heard.update)

    def is_reachable(self, chat: str) -> bool:
        """Whether somebody is in front of the page."""
        return self._threads.is_there(chat, now())

    async def deliver(self, outgoing: Outgoing) -> list[str]:
        """Put it on the screen."""
        thread = self._threads.open(outgoing.chat, now())
        keys = outgoing.body["keys"]  # they stand once, at the top of the page
        return [
            str(thread.add(shown.text, rows=[row for row in shown.rows if row != keys], file=shown.document).number)
            for shown in degrading.show(outgoing.body, CAPABILITIES)
        ]

    async def show_typing(self, chat: str) -> None:
        """See `bot.presence.ShowsTyping`."""
        if thread := self._threads.get(chat):
            thread.show_typing()

    async def wipe(self, chat: str, message_ids: Sequence[str]) -> None:  # noqa: ARG002 - the whole screen goes
        """Empty the screen, and the memory of it."""
        if thread := self._threads.get(chat):
            thread.wipe()

    def drained(self, chat: str) -> None:
        """A page without script waits for this to be shown whole."""
        if thread := self._threads.get(chat):
            thread.settle()
