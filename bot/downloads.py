"""Fetching a file she showed, when that is still allowed: from the channel to memory, then to the conversation."""

import asyncio

from bot import engine, events, fetching, pictures
from bot.channel import Channel, DeliveryError, Fate
from bot.instants import backoff, now
from bot.talk import Means
from cases.case import Outgoing, Store

AT_ONCE = 2  # files: each may be read for a second, and messages must not wait behind them
AT_MOST = 5  # attempts at a file that the network does not give


class Downloads:
    """The files of one channel."""

    def __init__(self, means: Means, store: Store, channel: Channel) -> None:
        self._means = means
        self._store = store
        self._channel = channel
        self.at_once = asyncio.Semaphore(AT_ONCE)

    async def fetch(self, outgoing: Outgoing) -> None:
        """Fetch a file and let the conversation take what it gave; the row is settled in any case."""
        name, chat, position = self._channel.name, outgoing.chat, int(outgoing.body["exhibit"])
        case = self._store.peek(name, chat)
        if case is not None and pictures.still_allowed(case, position):
            found: pictures.Fetched | int = position
            try:
                found = await fetching.take(outgoing, self._channel.download(str(outgoing.body["reference"])))
            except (DeliveryError, fetching.TooLargeError) as error:
                events.tell("file_failed", channel=name, fault=error, attempt=outgoing.attempts + 1)
                lasting = not isinstance(error, DeliveryError) or error.fate is not Fate.LATER
                if not lasting and outgoing.attempts + 1 < AT_MOST:
                    self._store.failed(outgoing.id, now() + backoff(outgoing.attempts + 1))
                    return
            if self._store.peek(name, chat) is not None:  # she may have erased everything meanwhile
                with self._store.turn(name, chat, now(), hers=False) as turn:
                    engine.fetched(self._means, turn, found, now())
        self._store.sent(outgoing.id, now())
