"""The adapter is total: every kind of update gives an Inbound or a named refusal, never an error."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.channel import Elsewhere
from bot.channels.telegram_updates import chat_of, to_inbound
from bot.messages import Inbound, MediaKind, OriginKind
from tests.bot_api import a_message

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
USER = {"id": 9, "is_bot": False, "first_name": "Kevin", "last_name": "D"}
CHAT = {"id": -100, "type": "supergroup", "title": "Groupe"}
CHANNEL = {"id": -200, "type": "channel", "title": "Canal"}


def read(**update: Any) -> Inbound:
    found = to_inbound({"update_id": 1, **update}, NOW)
    assert isinstance(found, Inbound)
    return found


@pytest.mark.parametrize(
    ("origin", "kind", "name", "platform_id"),
    [
        ({"type": "user", "sender_user": USER, "date": 1}, OriginKind.USER, "Kevin D", "9"),
        ({"type": "hidden_user", "sender_user_name": "K", "date": 1}, OriginKind.HIDDEN_USER, "K", None),
        ({"type": "chat", "sender_chat": CHAT, "date": 1}, OriginKind.CHAT, "Groupe", "-100"),
        ({"type": "channel", "chat": CHANNEL, "message_id": 3, "date": 1}, OriginKind.CHANNEL, "Canal", "-200"),
    ],
)
def test_all_four_kinds_of_forward_keep_what_the_platform_says(
    origin: dict[str, Any], kind: OriginKind, name: str, platform_id: str | None
) -> None:
    inbound = read(message=a_message(7, 1, text="x", forward_origin=origin))
    assert inbound.origin is not None
    assert (inbound.origin.kind, inbound.origin.name, inbound.origin.platform_id) == (kind, name, platform_id)
    assert inbound.origin.sent_at == datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)


FILE = {"file_id": "f", "file_unique_id": "u", "file_size": 10}
STICKER = {**FILE, "width": 1, "height": 1, "is_animated": False, "is_video": False, "type": "regular"}


@pytest.mark.parametrize(
    ("parts", "kind"),
    [
        ({"photo": [{**FILE, "width": 1, "height": 1}]}, MediaKind.PHOTO),
        ({"voice": {**FILE, "duration": 3}}, MediaKind.VOICE),
        ({"video": {**FILE, "width": 1, "height": 1, "duration": 4}}, MediaKind.VIDEO),
        ({"document": FILE}, MediaKind.DOCUMENT),
        ({"audio": {**FILE, "duration": 3}}, MediaKind.AUDIO),
        ({"sticker": STICKER}, MediaKind.STICKER),
        ({"video_note": {**FILE, "length": 2, "duration": 3}}, MediaKind.VIDEO_NOTE),
        ({"animation": {**FILE, "width": 1, "height": 1, "duration": 3}}, MediaKind.ANIMATION),
        ({"location": {"latitude": 1.0, "longitude": 2.0}}, MediaKind.LOCATION),
        ({"contact": {"phone_number": "1", "first_name": "A"}}, MediaKind.CONTACT),
        ({"dice": {"value": 3, "emoji": "🎲"}}, MediaKind.STICKER),
    ],
)  # fmt: skip
def test_every_kind_of_media_is_a_reference(parts: dict[str, Any], kind: MediaKind) -> None:
    inbound = read(message=a_message(7, 1, caption="légende", **parts))
    assert inbound.media[0].kind is kind
    assert inbound.text == "légende"


@pytest.mark.parametrize(
    "parts", [{"new_chat_title": "x"}, {"delete_chat_photo": True}, {"pinned_message": a_message(7, 2, text="p")}, {}]
)
def test_service_messages_are_named_and_answered(parts: dict[str, Any]) -> None:
    assert read(message=a_message(7, 1, **parts)).unsupported == "service_message"


def test_an_edited_message_says_so() -> None:
    assert read(edited_message=a_message(7, 1, text="x")).edited


def test_groups_channels_and_foreign_updates_are_refused_by_name() -> None:
    group = {**a_message(-5, 1, text="x"), "chat": {"id": -5, "type": "group", "title": "G"}}
    assert to_inbound({"update_id": 1, "message": group}, NOW) == Elsewhere("-5")
    post = {**a_message(-200, 1, text="x"), "chat": CHANNEL}
    assert to_inbound({"update_id": 1, "channel_post": post}, NOW) == Elsewhere(None)
    others: list[dict[str, Any]] = [{"poll": {}}, {"inline_query": {}}, {}, {"message": None}, {"message": "x"}]
    for other in others:
        assert isinstance(to_inbound({"update_id": 1, **other}, NOW), Elsewhere | Inbound)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=8,
)
PARTS = st.dictionaries(
    st.sampled_from(
        [
            "text",
            "caption",
            "forward_origin",
            "photo",
            "voice",
            "sticker",
            "location",
            "entities",
            "from",
            "chat",
            "date",
            "dice",
        ]
    ),
    JSON,
    max_size=5,
)


@settings(max_examples=10_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(["message", "edited_message", "callback_query", "my_chat_member", "channel_post"]),
    PARTS,
    st.booleans(),
)
def test_no_update_however_odd_raises(kind: str, parts: dict[str, Any], whole: bool) -> None:  # noqa: FBT001
    content = {**a_message(7, 1), **parts} if whole else parts
    update = {"update_id": 1, kind: content}
    chat_of(update)
    assert isinstance(to_inbound(update, NOW), Elsewhere | Inbound)
