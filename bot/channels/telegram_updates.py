"""Telegram's updates as `Inbound`: pure and total. The library's types of messages stop here."""

import os
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from telegram import (
    Chat,
    Message,
    MessageOrigin,
    MessageOriginChannel,
    MessageOriginChat,
    MessageOriginHiddenUser,
    MessageOriginUser,
    Update,
)
from telegram.error import TelegramError

from bot.channel import Elsewhere
from bot.messages import Inbound, Media, MediaKind, Origin, OriginKind

os.environ.setdefault("PTB_TIMEDELTA", "true")  # durations as timedelta, as the library will give them by default

CHANNEL = "telegram"
ALLOWED_UPDATES = [Update.MESSAGE, Update.EDITED_MESSAGE, Update.CALLBACK_QUERY, Update.MY_CHAT_MEMBER]
MEDIA_FIELDS = (
    ("video", MediaKind.VIDEO),
    ("voice", MediaKind.VOICE),
    ("audio", MediaKind.AUDIO),
    ("animation", MediaKind.ANIMATION),
    ("document", MediaKind.DOCUMENT),
    ("sticker", MediaKind.STICKER),
    ("video_note", MediaKind.VIDEO_NOTE),
    ("location", MediaKind.LOCATION),
    ("venue", MediaKind.LOCATION),
    ("contact", MediaKind.CONTACT),
    ("poll", MediaKind.POLL),
    ("dice", MediaKind.STICKER),
    ("story", MediaKind.OTHER),
    ("paid_media", MediaKind.OTHER),
)


def chat_of(raw: Mapping[str, Any]) -> str:
    """The id of the chat a raw update belongs to, or "" when it has none."""
    query = _mapping(raw.get("callback_query"))
    for part in (raw.get("message"), raw.get("edited_message"), query.get("message"), raw.get("my_chat_member")):
        chat = _mapping(_mapping(part).get("chat"))
        if "id" in chat:
            return str(chat["id"])
    return str(_mapping(query.get("from")).get("id", ""))


def _mapping(part: object) -> Mapping[str, Any]:
    return part if isinstance(part, Mapping) else {}


def to_inbound(raw: Mapping[str, Any], received_at: datetime) -> Inbound | Elsewhere:
    """Turn any update into an Inbound; total: what cannot be read becomes an unsupported Inbound, never an error."""
    number = str(raw.get("update_id", ""))
    try:
        return _parsed(Update.de_json(dict(raw), None), number, received_at)
    except (TypeError, KeyError, ValueError, AttributeError, OverflowError, OSError, TelegramError):
        return _unreadable(raw, number, received_at)


def _parsed(update: Update, number: str, received_at: datetime) -> Inbound | Elsewhere:
    """An update that the library could read; its parts may still be of any type."""
    message, chat = update.effective_message, update.effective_chat
    if chat is not None and chat.type != Chat.PRIVATE:
        return Elsewhere(str(chat.id) if chat.type in (Chat.GROUP, Chat.SUPERGROUP) else None)
    if update.callback_query is not None:
        return _button(update, number, received_at)
    if not isinstance(message, Message) or update.channel_post or update.edited_channel_post:
        return Elsewhere(None)
    return _message(message, number, received_at, edited=update.edited_message is not None)


def _unreadable(raw: Mapping[str, Any], number: str, received_at: datetime) -> Inbound | Elsewhere:
    chat = chat_of(raw)
    if not chat or chat.startswith("-"):
        return Elsewhere(None)
    return Inbound(CHANNEL, chat, number, received_at, unsupported="unreadable")


def _button(update: Update, number: str, received_at: datetime) -> Inbound | Elsewhere:
    query = update.callback_query
    if query is None or query.from_user is None:
        return Elsewhere(None)
    return Inbound(
        channel=CHANNEL,
        chat=str(query.from_user.id),
        update=number,
        at=received_at,
        choice=query.data or "",
        language=query.from_user.language_code,
    )


def _message(message: Message, number: str, received_at: datetime, *, edited: bool) -> Inbound:
    text = message.text or message.caption or ""
    media = _media(message)
    return Inbound(
        channel=CHANNEL,
        chat=str(message.chat.id),
        update=number,
        at=received_at,
        text=text,
        origin=_origin(message.forward_origin),
        media=media,
        message_id=str(message.message_id),
        edited=edited,
        unsupported=None if text or media else "service_message",
        language=message.from_user.language_code if message.from_user else None,
    )


def _origin(origin: MessageOrigin | None) -> Origin | None:
    match origin:
        case None:
            return None
        case MessageOriginUser():
            user = origin.sender_user
            return Origin(OriginKind.USER, user.full_name, str(user.id), origin.date)
        case MessageOriginHiddenUser():
            return Origin(OriginKind.HIDDEN_USER, origin.sender_user_name, None, origin.date)
        case MessageOriginChat():
            return Origin(OriginKind.CHAT, origin.sender_chat.title, str(origin.sender_chat.id), origin.date)
        case MessageOriginChannel():
            return Origin(OriginKind.CHANNEL, origin.chat.title, str(origin.chat.id), origin.date)
    return Origin(OriginKind.HIDDEN_USER, None, None, origin.date)


def _media(message: Message) -> tuple[Media, ...]:
    if message.photo:
        largest = message.photo[-1]
        return (Media(MediaKind.PHOTO, largest.file_id, "image/jpeg", largest.file_size),)
    for name, kind in MEDIA_FIELDS:
        part = getattr(message, name, None)
        if part:
            return (
                Media(
                    kind,
                    getattr(part, "file_id", None),
                    getattr(part, "mime_type", None),
                    getattr(part, "file_size", None),
                    _seconds(getattr(part, "duration", None)),
                ),
            )
    return ()


def _seconds(duration: timedelta | None) -> int | None:
    return None if duration is None else int(duration.total_seconds())
