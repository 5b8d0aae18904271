"""The Telegram channel: updates to `Inbound`, the outbox to Bot API calls. The library's types stop here."""

import os
from base64 import b64decode
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from telegram import (
    Bot,
    BotCommand,
    Chat,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    Message,
    MessageOrigin,
    MessageOriginChannel,
    MessageOriginChat,
    MessageOriginHiddenUser,
    MessageOriginUser,
    Update,
)
from telegram.constants import MessageLimit
from telegram.error import TelegramError

from bot.messages import Inbound, Media, MediaKind, Origin, OriginKind
from cases.case import Outgoing

os.environ.setdefault("PTB_TIMEDELTA", "true")  # durations as timedelta, as the library will give them by default

CHANNEL = "telegram"
ALLOWED_UPDATES = [Update.MESSAGE, Update.EDITED_MESSAGE, Update.CALLBACK_QUERY, Update.MY_CHAT_MEMBER]
COMMANDS = {
    "": [
        "urgence",
        "bilan",
        "passer",
        "retour",
        "pause",
        "humain",
        "mot",
        "dossier",
        "courrier",
        "rappel",
        "langue",
        "effacer",
        "quitter",
        "aide",
        "privacy",
    ],
    "en": [
        "urgent",
        "assessment",
        "skip",
        "back",
        "pause",
        "human",
        "word",
        "file",
        "letters",
        "remind",
        "language",
        "erase",
        "leave",
        "help",
        "privacy",
    ],
}
FILE_SECONDS, CHUNK = 30.0, 65_536  # bytes
DELETED_AT_ONCE = 100  # the Bot API's limit for one deleteMessages
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


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """An update that is no private message: `chat` is a group to leave, or None when there is nothing to do."""

    chat: str | None


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


async def deliver(bot: Bot, outgoing: Outgoing, *, protect: bool) -> list[str]:
    """Send one queued reply; returns the platform's message ids.

    Raises:
        TelegramError: the platform refused it or could not be reached.
    """
    body = outgoing.body
    document = body.get("document")
    if document:
        message = await bot.send_document(
            int(outgoing.chat),
            b64decode(document["base64"]),
            filename=document["name"],
            caption=body["text"],
            reply_markup=InlineKeyboardMarkup([_row(body["keys"])]),
            protect_content=protect or None,
        )
        return [str(message.message_id)]
    rows = [*body["buttons"], *([body["keys"]] if body["keys"] else [])]
    keyboard = [_row(row) for row in rows]
    parts = _parts(body["text"])
    sent = []
    for number, part in enumerate(parts, 1):
        last = number == len(parts)
        message = await bot.send_message(
            int(outgoing.chat),
            part,
            reply_markup=InlineKeyboardMarkup(keyboard) if keyboard and last else None,
            protect_content=protect or None,
        )
        sent.append(str(message.message_id))
    return sent


def _row(buttons: Sequence[Sequence[str]]) -> list[InlineKeyboardButton]:
    return [InlineKeyboardButton(label, callback_data=name) for name, label in buttons]


def _parts(text: str) -> list[str]:
    """A text cut to the platform's limit, at a line or a space where there is one."""
    limit = int(MessageLimit.MAX_TEXT_LENGTH)
    parts = []
    while len(text) > limit:
        cut = max(text.rfind("\n", 1, limit), text.rfind(" ", 1, limit))
        cut = cut if cut > 0 else limit
        parts.append(text[:cut])
        text = text[cut:].lstrip()
    return [*parts, text]


def file_url(api: str) -> str:
    """Where the Bot API hands over files, from where it takes calls."""
    head, found, tail = api.rpartition("/bot")
    return f"{head}/file/bot{tail}" if found else api


async def download(bot: Bot, reference: str) -> AsyncIterator[bytes]:
    """The bytes of a file as they come; nothing is written anywhere.

    Raises:
        TelegramError: the platform does not have it any more, or it is too large for a bot.
        httpx.HTTPError: the connection failed.
    """
    file = await bot.get_file(reference)
    async with (
        httpx.AsyncClient(timeout=FILE_SECONDS) as client,
        client.stream("GET", file.file_path or "") as answer,
    ):
        answer.raise_for_status()
        async for chunk in answer.aiter_bytes(CHUNK):
            yield chunk


async def wipe(bot: Bot, chat: str, message_ids: list[str]) -> None:
    """Delete both sides of the thread; a message the platform keeps does not stop the others."""
    numbers = [int(message_id) for message_id in message_ids]
    for start in range(0, len(numbers), DELETED_AT_ONCE):
        batch = numbers[start : start + DELETED_AT_ONCE]
        try:
            await bot.delete_messages(int(chat), batch)
        except TelegramError:
            for number in batch:
                await _delete(bot, int(chat), number)


async def _delete(bot: Bot, chat: int, number: int) -> None:
    try:
        await bot.delete_message(chat, number)
    except TelegramError:
        return  # too old, or gone already: said honestly when she comes back


async def register_commands(bot: Bot, describe: Mapping[str, Mapping[str, str]]) -> None:
    """Register the commands in French (for everybody) and in English; `describe` is language to command to words."""
    for language, names in COMMANDS.items():
        words = describe[language]
        commands = [BotCommand(name, words[name]) for name in names]
        await bot.set_my_commands(commands, language_code=language or None)


def now() -> datetime:
    """This instant."""
    return datetime.now(UTC)
