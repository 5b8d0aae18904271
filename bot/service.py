"""`recours run`: every enabled channel takes updates durably, handles them in order, sends at least once.

Nothing personal is ever logged.
"""

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial

from bot import events, health, scheduled
from bot.channel import Channel, Opened, Sharing
from bot.downloads import Downloads
from bot.handling import Handling
from bot.holding import lead
from bot.presence import Presence
from bot.receiving import Inbox
from bot.sending import Sending
from bot.talk import Means
from cases.claims import Claims, Place
from cases.errors import StoreError
from cases.sql.store import SqlStore

RELEASE_EVERY = 1.0  # seconds
RENEW_EVERY, FORGET_EVERY = 4, 600  # seconds


class Line:
    """One channel with its loops."""

    def __init__(self, means: Means, store: SqlStore, channel: Channel) -> None:
        self.channel = channel
        self.inbox = Inbox(store, channel.name)
        self.presence = Presence(store, channel)
        self.sending = Sending(store, channel, Downloads(means, store, channel))
        self.handling = Handling(means, store, channel, self.inbox, self.sending.wake)

    async def receive(self) -> None:
        """Run the channel's own way of receiving."""
        await self.channel.receive(self.inbox.take)

    async def run(self, claims: Claims) -> None:
        """Run the loops until cancelled; the platform may speak to one worker only."""
        alone = self.channel.sharing is Sharing.ONE_RECEIVES
        receive = partial(lead, claims, f"receive/{self.channel.name}", self.receive) if alone else self.receive
        async with asyncio.TaskGroup() as group:
            for loop in (receive, self.handling.run, self.sending.run, self.presence.run):
                group.create_task(loop())


class Service:
    """The loops of all channels around one case store, in one worker of the helpline.

    Args:
        means: what a turn works with.
        store: the case store, whose claims say what this worker may do.
        channels: channels that each worker runs.
        led: channels that one worker runs for all, opened when it is this one.
        name: what this worker is called while it lives; another one of this name has ended.
    """

    def __init__(
        self,
        means: Means,
        store: SqlStore,
        channels: Sequence[Channel],
        led: Mapping[str, Opened] | None = None,
        name: str = "",
    ) -> None:
        self._means = means
        self._store = store
        self._led = led or {}
        self._name = name
        self.lines = {channel.name: Line(means, store, channel) for channel in channels}

    async def run(self) -> None:
        """Run until cancelled; what is taken and not handled, or queued and not sent, waits for the next start."""
        claims = self._store.claims
        claims.join(self._name)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._keep())
                for line in self.lines.values():
                    group.create_task(line.run(claims))
                for name, opened in self._led.items():
                    group.create_task(lead(claims, f"channel/{name}", partial(self._run_alone, opened)))
                group.create_task(lead(claims, "schedule", self._see_to_the_clock))
                watched = self._means.config.health
                if watched.enabled:
                    group.create_task(health.serve(watched, health.Watch(watched, self._store, self._channels)))
                events.tell("ready")
        finally:
            claims.leave()

    def _channels(self) -> list[Channel]:
        """Those that this worker runs now."""
        return [line.channel for line in self.lines.values()]

    async def _run_alone(self, opened: Opened) -> None:
        """A channel that one worker runs for all."""
        async with opened() as channel:
            line = self.lines[channel.name] = Line(self._means, self._store, channel)
            try:
                await line.run(self._store.claims)
            finally:
                del self.lines[channel.name]

    async def _see_to_the_clock(self) -> None:
        """What is due at an hour, once for all workers."""
        wake = {name: partial(self._wake, name) for name in [*self.lines, *self._led]}
        async with asyncio.TaskGroup() as group:
            group.create_task(scheduled.purge(self._means.config, self._store))
            group.create_task(scheduled.remind(self._means, self._store, wake))

    def _wake(self, name: str, chat: str) -> None:
        """Whoever has the conversation looks within a second; when it is this worker, at once."""
        if line := self.lines.get(name):
            line.sending.wake(chat)

    async def _keep(self) -> None:
        """Keep the claims of this worker alive, and let go of those it does not need."""
        claims, loop = self._store.claims, asyncio.get_running_loop()
        renew_at, forget_at = loop.time() + RENEW_EVERY, loop.time() + FORGET_EVERY
        while True:
            await asyncio.sleep(RELEASE_EVERY)
            try:
                if loop.time() >= renew_at:
                    claims.renew()
                    renew_at = loop.time() + RENEW_EVERY
                claims.release(self._is_busy)
                if loop.time() >= forget_at:
                    self._store.forget_the_erased()
                    forget_at = loop.time() + FORGET_EVERY
            except StoreError as error:  # asked again in a second: the lease must not end before the store is back
                events.store_failed("claims", error)

    def _is_busy(self, place: Place) -> bool:
        line = self.lines.get(place[0])
        return line is not None and line.sending.is_busy(place[1])
