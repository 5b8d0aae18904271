"""WhatsApp's webhook messages as `Inbound`: pure and total, over the JSON that Meta documents for the Cloud API."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from bot.channel import Elsewhere, Raw
from bot.messages import Inbound, Media, MediaKind, Origin, OriginKind

CHANNEL = "whatsapp"
FILES = {
    "image": MediaKind.PHOTO,
    "video": MediaKind.VIDEO,
    "audio": MediaKind.AUDIO,
    "document": MediaKind.DOCUMENT,
    "sticker": MediaKind.STICKER,
}
OTHERS = {"location": MediaKind.LOCATION, "contacts": MediaKind.CONTACT}


def values(payload: object, phone_id: str) -> Iterator[Mapping[str, Any]]:
    """What a webhook says about our own number; one application may serve several."""
    for entry in _list(_mapping(payload).get("entry")):
        for change in _list(_mapping(entry).get("changes")):
            value = _mapping(_mapping(change).get("value"))
            if _mapping(value.get("metadata")).get("phone_number_id") == phone_id:
                yield value


def messages(value: Mapping[str, Any]) -> list[Raw]:
    """Her messages, each with its id; her profile name is left behind."""
    found = [_mapping(message) for message in _list(value.get("messages"))]
    return [
        Raw(str(message["id"]), str(message["from"]), json.dumps(message, ensure_ascii=False))
        for message in found
        if message.get("id") and message.get("from")
    ]


def failures(value: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """(conversation, error code) of each message that Meta says has not arrived."""
    for status in map(_mapping, _list(value.get("statuses"))):
        if status.get("status") == "failed":
            codes = [_mapping(error).get("code") for error in _list(status.get("errors"))]
            yield str(status.get("recipient_id", "")), next((code for code in codes if isinstance(code, int)), 0)


def to_inbound(raw: Mapping[str, Any], at: datetime) -> Inbound | Elsewhere:
    """Turn any message into an Inbound; a reaction or a notice of the platform is nothing to answer."""
    kind, chat, update = raw.get("type"), str(raw.get("from", "")), str(raw.get("id", ""))
    if kind in ("reaction", "system") or not chat:
        return Elsewhere(None)
    part = _mapping(raw.get(kind)) if isinstance(kind, str) else {}
    text = part.get("body") if kind == "text" else part.get("caption")
    text = text if isinstance(text, str) else ""
    choice = _choice(raw)
    media = _media(str(kind), part)
    return Inbound(
        channel=CHANNEL,
        chat=chat,
        update=update,
        at=at,
        text=text,
        choice=choice,
        origin=_origin(_mapping(raw.get("context"))),
        media=media,
        message_id=update,
        unsupported=None if text or media or choice is not None else "unreadable",
    )


def _choice(raw: Mapping[str, Any]) -> str | None:
    """The id of a button, a row of a list, or a button of a template."""
    interactive = _mapping(raw.get("interactive"))
    for pressed in (interactive.get("button_reply"), interactive.get("list_reply")):
        if isinstance(_mapping(pressed).get("id"), str):
            return str(_mapping(pressed)["id"])
    payload = _mapping(raw.get("button")).get("payload")
    return payload if isinstance(payload, str) else None


def _origin(context: Mapping[str, Any]) -> Origin | None:
    """WhatsApp says that a message was forwarded, never who wrote it nor when."""
    if context.get("forwarded") or context.get("frequently_forwarded"):
        return Origin(OriginKind.HIDDEN_USER)
    return None


def _media(kind: str, part: Mapping[str, Any]) -> tuple[Media, ...]:
    if kind in OTHERS:
        return (Media(OTHERS[kind]),)
    if kind not in FILES:
        return ()
    what = MediaKind.VOICE if part.get("voice") is True else FILES[kind]
    reference, mime = part.get("id"), part.get("mime_type")
    return (Media(what, reference if isinstance(reference, str) else None, mime if isinstance(mime, str) else None),)


def _mapping(part: object) -> Mapping[str, Any]:
    return part if isinstance(part, Mapping) else {}


def _list(part: object) -> list[Any]:
    return part if isinstance(part, list) else []
