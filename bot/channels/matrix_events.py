"""Matrix room events as `Inbound`: pure and total, over the plain JSON that waits in the inbox."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.channel import Elsewhere
from bot.messages import Inbound, Media, MediaKind

CHANNEL = "matrix"
KINDS = {
    "m.image": MediaKind.PHOTO,
    "m.video": MediaKind.VIDEO,
    "m.audio": MediaKind.AUDIO,
    "m.file": MediaKind.DOCUMENT,
    "m.location": MediaKind.LOCATION,
}
WORDS = ("m.text", "m.notice", "m.emote")
LONGEST_REFERENCE = 300  # characters of an mxc:// address


def to_inbound(raw: Mapping[str, Any], at: datetime) -> Inbound | Elsewhere:
    """Turn any event into an Inbound; reactions, receipts and what is no message are nothing to answer."""
    room, update = str(raw.get("room_id", "")), str(raw.get("event_id", ""))
    if raw.get("crowd"):
        return Elsewhere(room)
    match raw.get("type"):
        case "m.room.message":
            return _message(raw, room, update, at)
        case "m.sticker":
            return Inbound(CHANNEL, room, update, at, media=(Media(MediaKind.STICKER),), message_id=update)
        case "m.room.encrypted":
            return Inbound(CHANNEL, room, update, at, unsupported="encrypted", message_id=update)
        case str(kind) if kind.startswith(("m.poll", "org.matrix.msc3381.poll")):
            return Inbound(CHANNEL, room, update, at, media=(Media(MediaKind.POLL),), message_id=update)
    return Elsewhere(None)


def _message(raw: Mapping[str, Any], room: str, update: str, at: datetime) -> Inbound:
    content = _mapping(raw.get("content"))
    relation = _mapping(content.get("m.relates_to"))
    edited = relation.get("rel_type") == "m.replace"
    if edited:
        content = _mapping(content.get("m.new_content")) or content
    kind, body = content.get("msgtype"), content.get("body")
    text = body if kind in WORDS and isinstance(body, str) else ""
    media = (_media(content),) if isinstance(kind, str) and kind in KINDS else ()
    return Inbound(
        channel=CHANNEL,
        chat=room,
        update=update,
        at=at,
        text=_without_quote(text) if "m.in_reply_to" in relation else text,
        media=media,
        message_id=update,
        edited=edited,
        unsupported=None if text or media else "unreadable",
    )


def _media(content: Mapping[str, Any]) -> Media:
    """The reference only: the key that would open an encrypted file is left behind."""
    info = _mapping(content.get("info"))
    address = content.get("url") or _mapping(content.get("file")).get("url")
    voice = "org.matrix.msc3245.voice" in content or "m.voice" in content
    return Media(
        kind=MediaKind.VOICE if voice else KINDS[content["msgtype"]],
        reference=address[:LONGEST_REFERENCE] if isinstance(address, str) else None,
        mime=info["mimetype"] if isinstance(info.get("mimetype"), str) else None,
        size=info["size"] if isinstance(info.get("size"), int) else None,
        duration=info["duration"] // 1000 if isinstance(info.get("duration"), int) else None,
    )


def _without_quote(text: str) -> str:
    """What she wrote under a message she answers: the quoted lines are not hers."""
    lines = text.split("\n")
    while lines and lines[0].startswith(">"):
        lines.pop(0)
    return "\n".join(lines).strip()


def _mapping(part: object) -> Mapping[str, Any]:
    return part if isinstance(part, Mapping) else {}
