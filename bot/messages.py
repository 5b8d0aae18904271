"""What a channel and the engine share: one `Inbound` in, a list of `Reply` out.

No platform's type comes past this module. Times are aware datetimes in UTC.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class OriginKind(StrEnum):
    """Who the platform says wrote a forwarded message (the four kinds of Telegram's MessageOrigin)."""

    USER = "user"
    HIDDEN_USER = "hidden_user"
    CHAT = "chat"
    CHANNEL = "channel"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a forwarded message comes from.

    Attributes:
        kind: who the platform says wrote it; a hidden user leaves a display name only.
        name: display name as the platform gives it, or None.
        platform_id: the platform's stable id of the author, or None when hidden.
        sent_at: date of the original message (UTC), or None when unknown.
    """

    kind: OriginKind
    name: str | None = None
    platform_id: str | None = None
    sent_at: datetime | None = None


class MediaKind(StrEnum):
    """What a media reference points at. `OTHER` covers what the platform invents after this was written."""

    PHOTO = "photo"
    VIDEO = "video"
    VOICE = "voice"
    AUDIO = "audio"
    DOCUMENT = "document"
    STICKER = "sticker"
    ANIMATION = "animation"
    VIDEO_NOTE = "video_note"
    LOCATION = "location"
    CONTACT = "contact"
    POLL = "poll"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Media:
    """A reference to a file that stays on the platform; it is never downloaded here.

    Attributes:
        kind: what sort of file.
        reference: the platform's id of the file, or None.
        mime: media type as the platform says, or None.
        size: bytes, or None.
        duration: seconds, or None.
    """

    kind: MediaKind
    reference: str | None = None
    mime: str | None = None
    size: int | None = None
    duration: int | None = None


@dataclass(frozen=True, slots=True)
class Inbound:
    """One thing a person sent. Exactly what arrived; the engine decides what it means.

    Attributes:
        channel: `terminal`, `telegram`, ...
        chat: the platform's id of the private conversation.
        update: the platform's id of the update; the same update is handled once.
        at: when it was sent (UTC).
        text: typed, pasted or forwarded text, or a caption; "" when there is none.
        choice: the id of the button pressed, or None.
        origin: set when the message was forwarded.
        media: references of attached files.
        message_id: the platform's id of her message, so that leaving can delete it.
        edited: she changed a message that had arrived before.
        unsupported: a name of what arrived when nothing above describes it (`poll_answer`, ...), or None.
        moved: she wrote a code: True when it brought her case here, False when it did not work. Set by us, never by
            a platform.
        language: the language her platform is set to (`fr`, `en-GB`), or None. Used once, to choose the texts.
    """

    channel: str
    chat: str
    update: str
    at: datetime
    text: str = ""
    choice: str | None = None
    origin: Origin | None = None
    media: tuple[Media, ...] = ()
    message_id: str | None = None
    edited: bool = False
    unsupported: str | None = None
    moved: bool | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Button:
    """One choice under a reply: `id` comes back as `Inbound.choice`; `label` is read by screen readers too."""

    id: str
    label: str


@dataclass(frozen=True, slots=True)
class Document:
    """A file to hand to her."""

    name: str
    mime: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """One message of the bot.

    Attributes:
        text: at most 600 characters (law) or 320 (everything else), plain text.
        buttons: rows of buttons, the answers first.
        keys: the three keys that stand on every message, same place, same order: urgent help, skip, leave.
        document: a file, or None.
    """

    text: str
    buttons: tuple[tuple[Button, ...], ...] = ()
    keys: tuple[Button, ...] = ()
    document: Document | None = None


@dataclass(frozen=True, slots=True)
class WipeThread:
    """Ask the channel to delete both sides of the thread as far as the platform allows. Sent before anything else."""
