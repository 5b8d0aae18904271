"""`recours run`: every enabled channel takes updates durably, handles them in order, sends at least once.

Nothing personal is ever logged.
"""

import asyncio
import logging
from collections.abc import Sequence

from bot import scheduled
from bot.channel import Channel
from bot.downloads import Downloads
from bot.handling import Handling
from bot.presence import Presence
from bot.receiving import Inbox
from bot.sending import Sending
from bot.talk import Means
from cases.sqlite import SqliteStore

log = logging.getLogger("recours")


class Line:
    """One channel with its loops."""

    def __init__(self, means: Means, store: SqliteStore, channel: Channel) -> None:
        self.channel = channel
        self.inbox = Inbox(store, channel.name)
        self.presence = Presence(store, channel)
        self.sending = Sending(store, channel, Downloads(means, store, channel))
        self.handling = Handling(means, store, channel, self.inbox, self.sending.wake)

    async def receive(self) -> None:
        """Run the channel's own way of receiving."""
        await self.channel.receive(self.inbox.take)


class Service:
    """The loops of all channels around one case store."""

    def __init__(self, means: Means, store: SqliteStore, channels: Sequence[Channel]) -> None:
        self._means = means
        self._store = store
        self.lines = {channel.name: Line(means, store, channel) for channel in channels}

    async def run(self) -> None:
        """Run until cancelled; what is taken and not handled, or queued and not sent, waits for the next start."""
        wake = {name: line.sending.wake for name, line in self.lines.items()}
        async with asyncio.TaskGroup() as group:
            for line in self.lines.values():
                for loop in (line.receive, line.handling.run, line.sending.run, line.presence.run):
                    group.create_task(loop())
            group.create_task(scheduled.purge(self._means.config, self._store))
            group.create_task(scheduled.remind(self._means, self._store, wake))
            log.info("ready")
