"""Live arrival: one look a second at the store for everybody, and who looks at which case right now."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress

from cases.desk import Desk
from cases.errors import StoreError

LOOK_EVERY = 1.0  # seconds
KEEP_ALIVE = 20.0  # seconds: proxies close a silent stream
COMMENT = b": still here\n\n"


class Live:
    """Tells the streams that something changed; never what."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._changed = asyncio.Condition()
        self._beat = 0
        self.queue = (0, 0)  # changes with the lines of the queue
        self._viewers: dict[str, Counter[str]] = {}
        self._closing = False

    async def watch(self) -> None:
        """Look until cancelled."""
        before, self.queue = self._desk.pulse(), self._desk.queue_pulse()
        while True:
            await asyncio.sleep(LOOK_EVERY)
            with suppress(StoreError):
                now = self._desk.pulse()
                if now != before:
                    before, self.queue = now, self._desk.queue_pulse()
                    await self.poke()

    async def poke(self) -> None:
        """Something changed in this process (who looks at what)."""
        async with self._changed:
            self._beat += 1
            self._changed.notify_all()

    async def close(self) -> None:
        """End every stream."""
        self._closing = True
        await self.poke()

    async def beats(self) -> AsyncIterator[bool]:
        """True for each change, False when nothing changed for a while."""
        seen = self._beat
        while not self._closing:
            try:
                async with asyncio.timeout(KEEP_ALIVE), self._changed:
                    while self._beat == seen:
                        await self._changed.wait()
                seen = self._beat
                yield not self._closing
            except TimeoutError:
                yield False

    @contextmanager
    def looking(self, number: str, name: str) -> Iterator[None]:
        """Somebody has a case open."""
        viewers = self._viewers.setdefault(number, Counter())
        viewers[name] += 1
        try:
            yield
        finally:
            viewers[name] -= 1
            if not +viewers:
                self._viewers.pop(number, None)

    def viewers(self, number: str) -> list[str]:
        """Who has a case open."""
        return sorted(+self._viewers.get(number, Counter()))
