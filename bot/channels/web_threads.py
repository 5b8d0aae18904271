"""What stands on the screens of the web chat: in this process's memory only, gone when she leaves or stays away."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.instants import comes

STILL_THERE = timedelta(seconds=60)  # after a page without script was shown
MOST_LINES = 500
MOST_THREADS = 5_000


@dataclass(frozen=True, slots=True)
class Line:
    """One message on the screen: `number` grows within a thread; `rows` are (id, label) pairs; `file` is base64."""

    number: int
    mine: bool
    text: str = field(repr=False)
    rows: Sequence[Sequence[Sequence[str]]] = ()
    file: Mapping[str, str] | None = field(default=None, repr=False)


class Thread:
    """The screen of one person."""

    def __init__(self, at: datetime) -> None:
        self.lines: list[Line] = []
        self.wiped_at = 0
        self.gone = False
        self.streams = 0
        self.seen_at = at
        self.drained = asyncio.Event()
        self.typed = 0  # how often it was said that somebody types
        self._posted: set[str] = set()
        self._pending: set[str] = set()
        self._count = 0
        self._changed = asyncio.Event()

    def add(
        self,
        text: str,
        *,
        mine: bool = False,
        rows: Sequence[Sequence[Sequence[str]]] = (),
        file: Mapping[str, str] | None = None,
    ) -> Line:
        """One more line; the oldest goes when there are too many."""
        self._count += 1
        line = Line(self._count, mine, text, rows, file)
        self.lines = [*self.lines[-MOST_LINES + 1 :], line]
        self.gone = False
        self.touch()
        return line

    def show_typing(self) -> None:
        """Somebody of the team types; nothing of it is a line."""
        self.typed += 1
        self.touch()

    def wipe(self) -> None:
        """Nothing stays on the screen."""
        self._count += 1
        self.lines, self.wiped_at = [], self._count
        self._posted.clear()
        self.touch()

    def expect(self, update: str) -> None:
        """She posted this; a form posted twice is waited for once."""
        if update not in self._posted:
            self._posted.add(update)
            self._pending.add(update)
            self.drained.clear()

    def handled(self, update: str) -> None:
        """The engine has answered it; the answer may still be on its way."""
        self._pending.discard(update)

    def settle(self) -> None:
        """Nothing more is coming for now; a thread wiped and left empty is one that she has left."""
        self.gone = bool(self.wiped_at) and not self.lines
        if not self._pending:
            self.drained.set()
        self.touch()

    def label(self, choice: str) -> str:
        """The words of a button she was shown, the latest first; the id when it is not there any more."""
        return next(
            (label for line in reversed(self.lines) for row in line.rows for name, label in row if name == choice), ""
        )

    def after(self, number: int) -> Iterator[Line]:
        """Lines newer than `number`."""
        return (line for line in self.lines if line.number > number)

    def touch(self) -> None:
        """Wake whoever looks."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def change(self, seconds: float) -> None:
        """Wait for something new, at most so long.

        Raises:
            TimeoutError: nothing came.
        """
        if not await comes(self._changed, seconds):
            raise TimeoutError


class Threads:
    """All screens, by conversation."""

    def __init__(self, kept: timedelta) -> None:
        self._kept = kept
        self._threads: dict[str, Thread] = {}
        self.closing = False

    def get(self, chat: str) -> Thread | None:
        """The screen of a conversation, if there is one."""
        return self._threads.get(chat)

    def open(self, chat: str, at: datetime) -> Thread:
        """The screen of a conversation, a new one if need be; what was left alone too long goes."""
        thread = self._threads.pop(chat, None) or Thread(at)
        thread.seen_at = at
        self._threads[chat] = thread
        self.prune(at)
        return thread

    def is_there(self, chat: str, at: datetime) -> bool:
        """Whether somebody is in front of it."""
        thread = self._threads.get(chat)
        return thread is not None and (thread.streams > 0 or at - thread.seen_at < STILL_THERE)

    def drop(self, chat: str) -> None:
        """Forget the screen of a conversation."""
        thread = self._threads.pop(chat, None)
        if thread is not None:
            thread.wipe()
            thread.settle()

    def close(self) -> None:
        """Let every stream end."""
        self.closing = True
        for thread in self._threads.values():
            thread.touch()

    def prune(self, at: datetime) -> None:
        """What was left alone too long goes, and the oldest when there are too many."""
        old = [
            chat for chat, thread in self._threads.items() if not thread.streams and at - thread.seen_at > self._kept
        ]
        too_many = [chat for chat, thread in self._threads.items() if not thread.streams]
        old += too_many[: max(0, len(self._threads) - MOST_THREADS)]
        for chat in old:
            self._threads.pop(chat, None)
