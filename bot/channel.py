"""What every platform looks like to the service: one `Channel`, its `Capabilities`, and how a delivery may fail."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from bot.messages import Inbound
from cases.case import Outgoing

WITHOUT_LIMIT = timedelta(days=36_500)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a platform can show and do; it decides how a reply degrades (see `bot.degrading`).

    Attributes:
        text: characters of one message.
        text_with_buttons: characters of a message that carries buttons.
        buttons: buttons under one message, the three keys included; 0 when the platform has none.
        label: characters of a button.
        list_rows: rows of a list that opens, the three keys included; 0 when the platform has none.
        documents: a file can be handed over in the conversation.
        deletion: how long a message can be deleted; None when the platform deletes nothing.
        deletes_hers: her messages can be deleted as ours can.
        forwards: a message can be forwarded to us and is known as such.
        forward_authors: a forwarded message says who wrote it, and when.
        media: a file she sends reaches us as a reference.
        files: the platform hands over the file behind a reference, if the rules allow to ask for it.
        receipts: the platform says when a message has arrived on her device.
        window: how long after her last message the platform lets us write freely; None when it sets no limit.
        at_once: messages on their way at the same time.
    """

    text: int
    text_with_buttons: int
    buttons: int
    label: int
    list_rows: int
    documents: bool
    deletion: timedelta | None
    forwards: bool
    forward_authors: bool
    media: bool
    files: bool
    receipts: bool
    window: timedelta | None
    at_once: int
    deletes_hers: bool = True

    @property
    def wiping(self) -> str:
        """What leaving and erasing take from the thread: `none`, `ours`, both sides for some `hours`, or `all`."""
        if self.deletion is None:
            return "none"
        if self.deletion < WITHOUT_LIMIT:
            return "hours"
        return "all" if self.deletes_hers else "ours"

    @property
    def hours(self) -> int:
        """`deletion` in hours, 0 when there is none."""
        return self.deletion // timedelta(hours=1) if self.deletion else 0


@dataclass(frozen=True, slots=True)
class Raw:
    """An update as the platform wrote it: its id (handled once), the conversation ("" for none), the JSON text."""

    update: str
    chat: str
    content: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """An update that is no private message: `chat` is a group to leave, or None when there is nothing to do."""

    chat: str | None


class Fate(StrEnum):
    """What becomes of a message that did not leave."""

    LATER = "later"  # the platform is down or asks for patience: the outbox tries again
    REFUSED = "refused"  # this message will never be accepted, the next ones may
    GONE = "gone"  # the conversation is closed to us (blocked, deleted): its queue is dropped


class DeliveryError(Exception):
    """The platform did not take a message; never holds a word of it."""

    def __init__(self, fate: Fate, reason: str, retry_after: timedelta | None = None) -> None:
        super().__init__(reason)
        self.fate = fate
        self.retry_after = retry_after


Take = Callable[[Sequence[Raw]], Awaitable[bool]]
"""Write a batch to the durable inbox; False when nothing is on disk, and then nothing may be acknowledged."""


class Sharing(StrEnum):
    """How several workers share one channel."""

    ALL = "all"  # each receives, handles and sends
    ONE_RECEIVES = "one_receives"  # the platform speaks to one of them; each handles and sends
    ONE = "one"  # it has something in memory that cannot be shared: one worker does everything


class Channel(Protocol):
    """One platform. Nothing of it comes past its module; nothing of the law or of a case goes into it."""

    name: str
    capabilities: Capabilities
    sharing: Sharing

    async def receive(self, take: Take) -> None:
        """Run until cancelled: hand over what arrives, and acknowledge to the platform only what `take` kept."""

    def to_inbound(self, raw: Mapping[str, Any], at: datetime) -> Inbound | Elsewhere:
        """Total: every update gives an Inbound or a named refusal. `at` is when it was received (UTC)."""

    async def acknowledge(self, raw: Mapping[str, Any], heard: Inbound | Elsewhere) -> None:
        """What the platform likes to be told once an update is read (button pressed, group left); may fail."""

    def is_reachable(self, chat: str) -> bool:
        """Whether a message would be seen now; when not, it waits in the outbox."""

    async def deliver(self, outgoing: Outgoing) -> list[str]:
        """Send one queued reply; the platform's ids of what was sent.

        Raises:
            DeliveryError: it was not taken.
        """

    async def wipe(self, chat: str, message_ids: Sequence[str]) -> None:
        """Delete both sides of a thread as far as the platform allows; what it keeps does not stop the rest."""

    def drained(self, chat: str) -> None:
        """Nothing more waits for this conversation."""

    def download(self, reference: str) -> AsyncIterator[bytes]:
        """The bytes of a file as they come; nothing is written anywhere.

        Raises:
            DeliveryError: the platform does not have it any more, never hands it over, or the connection failed.
        """


Opened = Callable[[], AbstractAsyncContextManager[Channel]]
"""Opens a channel's connections; they close with it."""


class WithoutFiles:
    """A channel whose platform hands over no file."""

    async def download(self, reference: str) -> AsyncIterator[bytes]:  # noqa: ARG002 - there is none
        """See `Channel.download`."""
        raise DeliveryError(Fate.REFUSED, "this channel hands over no file")
        yield b""
