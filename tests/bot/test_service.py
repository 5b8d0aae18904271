"""`recours run` over HTTP against a Bot API stand-in: nothing lost, order kept, faults of the platform survived."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from telegram import Bot

from bot import cli, handling, receiving, sending
from bot.channel import Raw
from bot.channels.telegram import Telegram, file_url
from bot.service import Service
from bot.state import State
from bot.talk import Means
from cases.case import Consent
from cases.sql.store import SqlStore
from tests.bot_api import TOKEN, BotApi, a_message
from tests.builders import a_file, a_store, the_means
from tests.ports import free_port, until_listening
from tests.postgres import Server, a_postgres_store

SHE = 77
A_WEEK_AGO = datetime.now(UTC) - timedelta(days=7)  # the service lives on the real clock: older, it is purged


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    started = await BotApi().start()
    yield started
    await started.stop()


@asynccontextmanager
async def running(
    api: BotApi, store: SqlStore, with_means: Means | None = None, **telegram: object
) -> AsyncIterator[Service]:
    """The service with its loops, stopped at the end."""
    means = with_means or the_means()
    settings = replace(means.config.telegram, api=api.base_url, **telegram)  # type: ignore[arg-type]  # fields of Telegram
    means = replace(means, config=replace(means.config, telegram=settings))
    async with Bot(TOKEN, base_url=api.base_url, base_file_url=file_url(api.base_url)) as bot:
        started = Service(means, store, [Telegram(bot, settings, means.knowledge.texts)])
        task = asyncio.create_task(started.run())
        try:
            yield started
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def test_a_whole_conversation_over_http(api: BotApi, store: SqlStore) -> None:
    async with running(api, store):
        api.write(SHE, "/start")
        await api.until(lambda: any("téléphone est-il sûr" in text for text in api.texts(SHE)))
        api.press(SHE, "phone_safe:yes")
        api.press(SHE, "consent:yes")
        await api.until(lambda: any("Qui êtes-vous" in text for text in api.texts(SHE)))
        api.press(SHE, "a:reporter:victim")
        api.write(SHE, "il me menace")
        await api.until(lambda: any("Quel âge" in text for text in api.texts(SHE)))
        api.write(SHE, "bilan")
        await api.until(lambda: any("Voici votre bilan" in text for text in api.texts(SHE)))
    assert api.refused == []
    assert api.said[0]["fields"]["protect_content"] == "True" or api.said[0]["fields"]["protect_content"] == "true"


async def test_a_letter_is_sent_as_a_document_with_the_three_keys(api: BotApi, store: SqlStore) -> None:
    async with running(api, store):
        api.write(SHE, "/start")
        api.press(SHE, "phone_safe:yes")
        api.press(SHE, "consent:yes")
        api.write(SHE, "bilan")
        api.press(SHE, "letters")
        api.press(SHE, "letter:prosecutor")
        await api.until(lambda: any("document" in said["fields"] for said in api.said))
    sent = next(said["fields"] for said in api.said if "document" in said["fields"])
    assert "Objet : plainte" in sent["document"]
    assert "Relisez-le" in sent["caption"]
    assert '"urgent"' in sent["reply_markup"]
    assert api.refused == []


async def test_every_message_carries_its_keyboard_with_the_three_keys_last(api: BotApi, store: SqlStore) -> None:
    async with running(api, store):
        api.write(SHE, "/start")
        await api.until(lambda: len(api.said) >= 4)
    for message in api.said:
        last_row = message["markup"]["inline_keyboard"][-1]
        assert [button["callback_data"] for button in last_row] == ["urgent", "skip", "leave"]


async def test_the_inbox_is_emptied_once_handled(api: BotApi, store: SqlStore) -> None:
    async with running(api, store):
        api.write(SHE, "une phrase très reconnaissable")
        await api.until(lambda: len(api.said) >= 4)
    rows = store._rows("SELECT raw, chat FROM inbox").fetchall()
    assert rows == [(None, "")]


async def test_an_update_delivered_twice_is_handled_once(api: BotApi, store: SqlStore) -> None:
    async with running(api, store) as service:
        update = {"update_id": 5, "message": a_message(SHE, 1, text="/start")}
        for _ in range(2):
            await service.lines["telegram"].inbox.take([Raw("5", str(SHE), json.dumps(update))])
        await api.until(lambda: len(api.said) >= 4)
        await asyncio.sleep(0)
    assert len([text for text in api.texts(SHE) if "programme, pas une personne" in text]) == 1


@pytest.mark.parametrize("fault", ["1", "500", "cut"])
async def test_a_refused_or_broken_send_is_tried_again_and_order_is_kept(
    api: BotApi, store: SqlStore, fault: str
) -> None:
    api.faults["sendMessage"] = deque([fault])
    async with running(api, store):
        api.write(SHE, "/start")
        await api.until(lambda: len(api.said) >= 4)
    assert "programme, pas une personne" in api.texts(SHE)[0]
    assert "téléphone est-il sûr" in api.texts(SHE)[-1]


async def test_a_person_who_blocked_the_bot_stops_nobody_else(api: BotApi, store: SqlStore) -> None:
    api.faults["sendMessage"] = deque(["403"])
    async with running(api, store):
        api.write(SHE, "/start")
        await api.until(lambda: api.calls.count("sendMessage") >= 1)
        api.write(88, "/start")
        await api.until(lambda: len(api.texts(88)) >= 4)
    assert api.texts(SHE) == []


async def test_polling_survives_the_platform_being_down(api: BotApi, store: SqlStore) -> None:
    api.faults["getUpdates"] = deque(["500", "1", "cut"])
    async with running(api, store):
        api.write(SHE, "/start")
        await api.until(lambda: len(api.said) >= 4)


async def test_leaving_deletes_both_sides_of_the_thread(api: BotApi, store: SqlStore) -> None:
    async with running(api, store):
        api.write(SHE, "/start")
        await api.until(lambda: len(api.said) >= 4)
        api.press(SHE, "leave")
        await api.until(lambda: len(api.deleted) >= 5)
        said = len(api.said)
        await asyncio.sleep(0.1)
    ours = {(SHE, message["message_id"]) for message in api.said}
    assert ours <= set(api.deleted)
    assert len(api.deleted) == len(ours) + 1
    assert len(api.said) == said
    assert store.thread("telegram", str(SHE), store.peek("telegram", str(SHE)).opened_at) == []  # type: ignore[union-attr]  # it exists


async def test_in_a_group_it_says_so_and_leaves(api: BotApi, store: SqlStore) -> None:
    async with running(api, store):
        group = a_message(-5, 1, text="salut")
        group["chat"] = {"id": -5, "type": "group", "title": "G"}
        api.push(message=group)
        await api.until(lambda: "leaveChat" in api.calls)
    assert store.cases() == []


async def test_a_malformed_update_does_not_take_its_neighbours_with_it(api: BotApi, store: SqlStore) -> None:
    async with running(api, store):
        api.push(message={"message_id": 1, "chat": {"id": 99, "type": "private"}, "date": "yesterday"})
        api.push(nonsense=True)
        api.write(SHE, "/start")
        await api.until(lambda: len(api.texts(SHE)) >= 4)


async def test_a_burst_of_forwards_gets_one_message(api: BotApi, store: SqlStore) -> None:
    async with running(api, store):
        api.write(SHE, "/start")
        api.press(SHE, "phone_safe:yes")
        api.press(SHE, "consent:yes")
        await api.until(lambda: any("Qui êtes-vous" in text for text in api.texts(SHE)))
        for number in range(30):
            origin = {"type": "hidden_user", "sender_user_name": "K", "date": 1_794_000_000 + number * 3600}
            api.write(SHE, f"réponds moi {number}", forward_origin=origin)
        await api.until(lambda: any("messages reçus" in text for text in api.texts(SHE)))
    counts = [text for text in api.texts(SHE) if "reçu" in text]
    assert len(counts) == 1
    assert counts[0].startswith("30 messages reçus")


async def test_what_was_queued_before_a_stop_is_sent_after_the_next_start(api: BotApi, tmp_path: Path) -> None:
    store = a_store(tmp_path)
    with store.turn("telegram", str(SHE), A_WEEK_AGO) as turn:
        turn.say("send", {"text": "resté en file", "buttons": [], "keys": []})
    store.close()
    reopened = a_store(tmp_path)
    async with running(api, reopened):
        await api.until(lambda: api.texts(SHE) == ["resté en file"])
    reopened.close()


async def test_the_webhook_takes_only_what_carries_the_secret(api: BotApi, store: SqlStore) -> None:
    port = free_port()
    async with (
        running(api, store, mode="webhook", webhook_url="https://bot.example", webhook_port=port),
        httpx.AsyncClient() as client,
    ):
        await api.until(lambda: bool(api.secret))
        await until_listening(port)
        update = {"update_id": 9, "message": a_message(SHE, 1, text="/start")}
        url = f"http://127.0.0.1:{port}/telegram"
        refused = await client.post(url, json=update, headers={"X-Telegram-Bot-Api-Secret-Token": "wrong"})
        assert refused.status_code == 403
        accepted = await client.post(url, json=update, headers={"X-Telegram-Bot-Api-Secret-Token": api.secret})
        twice = await client.post(url, json=update, headers={"X-Telegram-Bot-Api-Secret-Token": api.secret})
        assert (accepted.status_code, twice.status_code) == (200, 200)
        await api.until(lambda: len(api.texts(SHE)) >= 4)
    assert len([text for text in api.texts(SHE) if "programme, pas une personne" in text]) == 1


async def test_her_words_appear_in_no_log(api: BotApi, store: SqlStore, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    api.faults["sendMessage"] = deque(["500"])
    async with running(api, store):
        api.write(SHE, "CANARI-7781 il me menace")
        await api.until(lambda: len(api.said) >= 4)
    ours = [record for record in caplog.records if record.name.startswith(("recours", "bot", "cases", "nlp"))]
    assert ours
    assert all("CANARI" not in record.getMessage() for record in ours)


async def test_a_reminder_leaves_at_its_hour_and_once(api: BotApi, store: SqlStore) -> None:
    with store.turn("telegram", str(SHE), A_WEEK_AGO) as turn:
        turn.set_consent(Consent.YES)
        turn.save_state(State(steps=["consent"]).to_json())
        turn.remind(A_WEEK_AGO)
    async with running(api, store):
        await api.until(lambda: any("rappel que vous avez demandé" in text for text in api.texts(SHE)))
    assert len(api.texts(SHE)) == 1
    assert store.reminders_due("telegram", datetime.now(UTC)) == []


async def test_what_the_command_line_erases_leaves_the_chat_too(
    api: BotApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config.toml").write_text(
        '[association]\nname = "Essai"\ncontact = "a@b.example"\n[store]\npath = "cases.db"\nkey_file = "key"\n'
    )
    monkeypatch.setenv("RECOURS_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.delenv("RECOURS_KEY", raising=False)
    store = a_file(tmp_path)
    async with running(api, store):
        api.write(SHE, "/start")
        await api.until(lambda: len(api.said) >= 4)
        await api.until(lambda: store.next_out("telegram", str(SHE)) is None)
        ours = {(SHE, message["message_id"]) for message in api.said}
        number = store.cases()[0]
        assert await asyncio.to_thread(cli.main, ["erase", number]) == 0
        await api.until(lambda: any("Tout est effacé" in text for text in api.texts(SHE)))
    assert ours <= set(api.deleted)
    assert store.cases() == []
    assert store._rows("SELECT count(*) FROM outbox").fetchone() == (0,)
    store.close()


async def test_a_database_that_goes_away_for_a_while_loses_no_message_and_no_answer(
    api: BotApi, postgres_server: Server, postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (receiving, handling, sending):
        monkeypatch.setattr(module, "AFTER_A_FAULT", 0.05)
    store = a_postgres_store(postgres_url, tmp_path)
    async with running(api, store):
        api.write(SHE, "/start")
        await api.until(lambda: any("téléphone est-il sûr" in text for text in api.texts(SHE)))
        await api.until(lambda: store.next_out("telegram", str(SHE)) is None)
        postgres_server.stop()
        api.press(SHE, "phone_safe:yes")
        api.press(SHE, "consent:yes")
        await asyncio.sleep(1)  # several attempts of each loop
        postgres_server.start()
        await api.until(lambda: any("Qui êtes-vous" in text for text in api.texts(SHE)))
        await api.until(lambda: store.next_out("telegram", str(SHE)) is None)
        case = store.peek("telegram", str(SHE))
    assert case is not None
    assert case.consent is Consent.YES
    asked = [text for text in api.texts(SHE) if "Qui êtes-vous" in text]
    assert len(asked) == 1
    store.close()
