"""What is particular to WhatsApp: the signature, the subscription, the 24 hours, the limits, files never fetched."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channel import DeliveryError, Elsewhere, Fate
from bot.channels import whatsapp
from bot.channels.whatsapp import CAPABILITIES, Secrets, WhatsApp
from bot.channels.whatsapp_updates import messages, to_inbound, values
from bot.degrading import show
from bot.messages import Inbound
from cases.case import Outgoing
from cases.sql.store import SqlStore
from tests.builders import TUESDAY_AFTERNOON, the_knowledge, the_means
from tests.ports import free_port
from tests.serving_service import running
from tests.whatsapp_api import APP_SECRET, PHONE_ID, TOKEN, VERIFY_TOKEN, CloudApi

SHE = "33700000001"
HELLO = {"type": "text", "text": {"body": "bonjour"}}
A_DAY_AGO = datetime.now(UTC) - timedelta(hours=25)


@asynccontextmanager
async def serving(store: SqlStore) -> AsyncIterator[CloudApi]:
    """The service behind its webhook."""
    port = free_port()
    api = await CloudApi(f"http://127.0.0.1:{port}/whatsapp").start()
    async with channel_of(api, port, None) as channel:

        @asynccontextmanager
        async def opened() -> AsyncIterator[WhatsApp]:
            yield channel

        async with running(the_means(), store, opened):
            yield api
    await api.stop()


@asynccontextmanager
async def channel_of(api: CloudApi, port: int, heard_at: datetime | None) -> AsyncIterator[WhatsApp]:
    settings = replace(
        the_means().config.whatsapp, phone_id=PHONE_ID, api=f"http://127.0.0.1:{api.port}", port=port, template="rappel"
    )
    secrets = Secrets(TOKEN, APP_SECRET, VERIFY_TOKEN)
    async with whatsapp.opened(settings, the_knowledge().texts, secrets, lambda _: heard_at) as channel:
        yield channel


def a_reply(text: str = "Bonjour") -> Outgoing:
    return Outgoing(1, "whatsapp", SHE, "send", {"text": text, "buttons": [], "keys": []}, 0)


async def test_only_what_meta_signed_is_read(store: SqlStore) -> None:
    async with serving(store) as api:
        message = {"from": SHE, "id": "wamid.1", **HELLO}
        forged = await api.post({"messages": [message]}, secret="another")
        assert forged.status_code == 403
        async with httpx.AsyncClient() as client:
            unsigned = await client.post(api.hook, json={"entry": []})
        assert unsigned.status_code == 403
        assert store.cases() == []
        signed = await api.post({"messages": [message]})
        again = await api.post({"messages": [message]})
        assert (signed.status_code, again.status_code) == (200, 200)
    assert len(store.cases()) == 1


async def test_the_subscription_is_confirmed_with_the_word_that_was_chosen(store: SqlStore) -> None:
    async with serving(store) as api:
        await api.post({"statuses": []})
        async with httpx.AsyncClient() as client:
            asked = {"hub.mode": "subscribe", "hub.challenge": "1158201444"}
            right = await client.get(api.hook, params={**asked, "hub.verify_token": VERIFY_TOKEN})
            wrong = await client.get(api.hook, params={**asked, "hub.verify_token": "x"})
    assert (right.status_code, right.text, wrong.status_code) == (200, "1158201444", 403)


def test_messages_for_another_number_and_profile_names_are_left_behind() -> None:
    message = {"from": SHE, "id": "wamid.1", **HELLO}
    value = {
        "metadata": {"phone_number_id": "other"},
        "messages": [message],
        "contacts": [{"profile": {"name": "Léa"}}],
    }
    payload = {"entry": [{"changes": [{"value": value}]}]}
    assert list(values(payload, PHONE_ID)) == []
    (ours,) = values(payload, "other")
    assert "Léa" not in messages(ours)[0].content


async def test_after_24_hours_one_template_leaves_and_the_words_wait() -> None:
    api = await CloudApi("").start()
    async with channel_of(api, 1, A_DAY_AGO) as channel:
        with pytest.raises(DeliveryError) as error:
            await channel.deliver(a_reply("des mots à elle"))
        assert error.value.fate is Fate.LATER
        assert [said["type"] for said in api.said] == ["template"]
        assert not channel.is_reachable(SHE)
        heard = to_inbound({"from": SHE, "id": "wamid.2", **HELLO}, TUESDAY_AFTERNOON)
        await channel.acknowledge({}, heard)
        assert channel.is_reachable(SHE)
    await api.stop()


@pytest.mark.parametrize(
    ("code", "fate"), [(130429, Fate.LATER), (131047, Fate.LATER), (131026, Fate.GONE), (131009, Fate.REFUSED)]
)
async def test_each_error_of_meta_has_its_fate(code: int, fate: Fate) -> None:
    api = await CloudApi("").start()
    api.faults = [code]
    async with channel_of(api, 1, datetime.now(UTC)) as channel:
        with pytest.raises(DeliveryError) as error:
            await channel.deliver(a_reply())
    assert error.value.fate is fate
    await api.stop()


LABELS = st.text(st.characters(min_codepoint=32, max_codepoint=1000), min_size=1, max_size=64)
KEYS = [["urgent", "Aide urgente"], ["skip", "Passer"], ["leave", "Quitter"]]


@given(st.text(min_size=1, max_size=6_000), st.lists(LABELS, max_size=16, unique=True))
def test_whatever_is_said_fits_the_limits_and_offers_every_answer(text: str, labels: list[str]) -> None:
    rows = [[[f"a:{number}", label]] for number, label in enumerate(labels)]
    parts = show({"text": text, "buttons": rows, "keys": KEYS}, CAPABILITIES)
    last = parts[-1]
    pairs = [pair for row in last.rows for pair in row]
    assert all(len(part.text) <= CAPABILITIES.text for part in parts)
    assert len(last.text) <= CAPABILITIES.text_with_buttons
    assert len(pairs) <= (CAPABILITIES.list_rows if last.as_list else CAPABILITIES.buttons)
    everything = "".join(part.text for part in parts) + "".join(label for _, label in pairs)
    assert all("".join(label.split()) in "".join(everything.split()) for label in labels)
    assert pairs[-3:] == KEYS


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.sampled_from(
    ["type", "from", "id", "text", "image", "interactive", "button", "context", "audio", "contacts"]
)


@given(st.dictionaries(FIELDS, JSON), st.sampled_from(["text", "image", "audio", "interactive", "reaction", "x"]))
def test_no_message_however_odd_raises(message: dict[str, Any], kind: str) -> None:
    for raw in (message, {**message, "type": kind, "from": SHE, "id": "1"}):
        assert isinstance(to_inbound(raw, TUESDAY_AFTERNOON), Elsewhere | Inbound)


@given(JSON)
def test_no_webhook_however_odd_raises(payload: object) -> None:
    for value in values({"entry": [{"changes": [payload]}], "x": payload}, PHONE_ID):
        messages(value)
