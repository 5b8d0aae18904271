"""Which worker has a conversation: one at a time, for what comes in, what goes out, and what is in memory only."""

import math
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Protocol

from cases.case import Outgoing, Store, Taken

Place = tuple[str, str]
"""A conversation: (channel, chat)."""
LEAD = "lead"
"""Channel of the claims on what one worker does for all: they stay with it until it ends."""


class Claims(Protocol):
    """What this worker may work on. One thread uses it."""

    worker: int | None
    """Which worker this is; another one after everything was lost."""
    look_every: float | None
    """Seconds after which what others have written is looked at; None when nobody else writes updates."""

    def join(self, name: str = "") -> None:
        """Begin to work. What a worker of the same name had, which must have ended, is free at once.

        Raises:
            StoreError: the store is away.
        """

    def renew(self) -> None:
        """Say that this worker is alive, and free what belongs to those that were not for a while; call it often.

        Raises:
            StoreError: the store is away.
        """

    def leave(self) -> None:
        """End: what it had is free at once. The store may be away."""

    def take(self, channel: str, chat: str) -> bool:
        """Make a conversation ours, unless another worker has it.

        Raises:
            StoreError: the store is away.
        """

    def holds(self, channel: str, chat: str) -> bool:
        """Whether a conversation is ours, for long enough to begin something outside of the store."""

    def seconds_left(self, channel: str) -> float:
        """How long what was begun outside of the store may go on; others may begin it after that."""

    def waiting(self, channel: str) -> list[Taken]:
        """Updates of our conversations, taken and not handled, oldest first; free conversations become ours.

        Raises:
            StoreError: the store is away.
        """

    def due(self, channel: str, now: datetime) -> list[Outgoing]:
        """Like `Store.due`, of our conversations; free ones with something to send become ours.

        Raises:
            StoreError: the store is away.
        """

    def release(self, busy: Callable[[Place], bool]) -> None:
        """Let go of conversations where nothing happens, or that another worker asks for; not of those that are busy.

        Raises:
            StoreError: the store is away.
        """

    def hold_both(self, old: Place, new: Place) -> None:
        """Inside a transaction, before a case moves: both its conversations are ours until it ends.

        Raises:
            ElsewhereError: another worker has one of them.
        """

    def ask_for(self, place: Place) -> None:
        """Let the worker that has a conversation know that it must let go of it.

        Raises:
            StoreError: the store is away.
        """


class Alone:
    """One worker has everything: the embedded store."""

    worker: int | None = None
    look_every: float | None = None

    def __init__(self, store: Store) -> None:
        self._store = store

    def join(self, name: str = "") -> None:
        """See `Claims.join`."""

    def renew(self) -> None:
        """See `Claims.renew`."""

    def leave(self) -> None:
        """See `Claims.leave`."""

    def take(self, channel: str, chat: str) -> bool:  # noqa: ARG002 - everything is ours
        """See `Claims.take`."""
        return True

    def holds(self, channel: str, chat: str) -> bool:  # noqa: ARG002 - everything is ours
        """See `Claims.holds`."""
        return True

    def seconds_left(self, channel: str) -> float:  # noqa: ARG002 - everything is ours
        """See `Claims.seconds_left`."""
        return math.inf

    def waiting(self, channel: str) -> list[Taken]:
        """See `Claims.waiting`."""
        return self._store.waiting(channel)

    def due(self, channel: str, now: datetime) -> list[Outgoing]:
        """See `Claims.due`."""
        return self._store.due(channel, now, limit=1_000_000)

    def release(self, busy: Callable[[Place], bool]) -> None:
        """See `Claims.release`."""

    def hold_both(self, old: Place, new: Place) -> None:
        """See `Claims.hold_both`."""

    def ask_for(self, place: Place) -> None:
        """See `Claims.ask_for`."""


Forget = Callable[[Collection[Place] | None], None]
"""Drop what is in memory only, of these conversations or of all."""
