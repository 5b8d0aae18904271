"""What is particular to Matrix: rooms that are not encrypted, rooms with others, restarts, keys on disk."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.channel import Elsewhere
from bot.channels.matrix_events import to_inbound
from bot.messages import Inbound
from cases.sql.store import SqlStore
from review.commands import add_account
from tests.bot.conformance import matrix_device
from tests.builders import TUESDAY_AFTERNOON, the_means
from tests.serving_service import running
from tests.synapse import Synapse


async def test_a_room_that_is_not_encrypted_is_said_so(homeserver: Synapse, store: SqlStore, tmp_path: Path) -> None:
    means = the_means()
    async with (
        matrix_device.device(means, homeserver, tmp_path, encrypted=False) as (she, opened),
        running(means, store, opened),
    ):
        await she.write("/start")
        await she.reads("n'est pas chiffré de bout en bout")
        await she.reads("téléphone est-il sûr")


async def test_what_came_while_the_bot_was_down_is_read_once_and_decrypted(
    homeserver: Synapse, store: SqlStore, tmp_path: Path
) -> None:
    means = the_means()
    async with matrix_device.device(means, homeserver, tmp_path) as (she, opened):
        async with running(means, store, opened):
            await she.write("/start")
            await she.reads("téléphone est-il sûr")
        await she.write("oui")
        async with running(means, store, opened):
            await she.reads("Puis-je garder vos réponses")
            assert she.all().count("téléphone est-il sûr") == 1
    assert store.waiting("matrix") == []
    device_file = tmp_path / "data/matrix-device.db"
    assert not device_file.read_bytes().startswith(b"SQLite format 3")
    assert she.chat.encode() not in device_file.read_bytes()


async def test_typing_is_told_in_both_directions_while_somebody_answers(
    homeserver: Synapse, store: SqlStore, tmp_path: Path
) -> None:
    means = the_means()
    async with (
        matrix_device.device(means, homeserver, tmp_path) as (she, opened),
        running(means, store, opened),
    ):
        await she.write("/start")
        await she.reads("téléphone est-il sûr")
        (number,) = store.cases()
        add_account(store, "nour", ["reviewer"], datetime.now(UTC))
        with store.desk.turn(number, 1, datetime.now(UTC)) as turn:
            turn.take_over("Nour")
        await she.types()
        await she.until(lambda: store.typing.person_until(number) is not None)
        assert not she.sees_typing()
        store.typing.staff(number, 1, datetime.now(UTC) + timedelta(seconds=6))
        await she.until(she.sees_typing)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(["msgtype", "body", "url", "file", "info", "m.relates_to", "m.new_content", "geo_uri"])


@given(st.sampled_from(["m.room.message", "m.sticker", "m.reaction", "m.poll.start", ""]), st.dictionaries(NAMES, JSON))
def test_no_event_however_odd_raises(kind: str, content: dict[str, Any]) -> None:
    for message in (content, {**content, "msgtype": "m.image"}, {**content, "msgtype": "m.text"}):
        event = {"event_id": "$1", "room_id": "!r:x", "type": kind, "content": message}
        assert isinstance(to_inbound(event, TUESDAY_AFTERNOON), Elsewhere | Inbound)


def test_a_room_with_others_is_left() -> None:
    event = {"event_id": "$1", "room_id": "!r:x", "type": "m.room.message", "content": {}, "crowd": True}
    assert to_inbound(event, TUESDAY_AFTERNOON) == Elsewhere("!r:x")


def test_an_answer_holds_her_words_and_not_the_quoted_ones() -> None:
    content = {
        "msgtype": "m.text",
        "body": "> <@kevin:x> je vais te tuer\n\nil a écrit ça",
        "m.relates_to": {"m.in_reply_to": {"event_id": "$0"}},
    }
    event = {"event_id": "$1", "room_id": "!r:x", "type": "m.room.message", "content": content}
    heard = to_inbound(event, TUESDAY_AFTERNOON)
    assert isinstance(heard, Inbound)
    assert heard.text == "il a écrit ça"
