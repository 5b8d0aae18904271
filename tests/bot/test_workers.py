"""Several workers of one helpline inside a test: what each does, what one does for all, and what a fault changes."""

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from bot import cli, slots
from bot.channels import telegram
from bot.holding import NoLongerOursError, lead, while_held
from bot.service import Service
from cases.case import Consent
from cases.errors import StoreLockedError
from cases.postgres import PostgresStore
from cases.sql.store import SqlStore
from tests.bot_api import TOKEN, BotApi, a_message
from tests.builders import ROOT, the_means
from tests.cases.test_store import NOON
from tests.ports import free_port, until_listening
from tests.postgres import a_postgres_store

SHE = 77


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    started = await BotApi().start()
    yield started
    await started.stop()


@pytest.fixture
def stores(postgres_url: str, tmp_path: Path) -> Iterator[list[PostgresStore]]:
    """One for each of two workers."""
    opened = [a_postgres_store(postgres_url, tmp_path) for _ in range(2)]
    yield opened
    for store in opened:
        store.close()


@asynccontextmanager
async def worker(store: SqlStore, api: BotApi, **settings: object) -> AsyncIterator[Service]:
    """One worker that speaks Telegram."""
    means = the_means()
    ours = replace(means.config.telegram, api=api.base_url, **settings)  # type: ignore[arg-type]  # fields of Telegram
    async with telegram.opened(ours, means.knowledge.texts, TOKEN, several=True) as channel:
        service = Service(means, store, [channel])
        task = asyncio.create_task(service.run())
        try:
            yield service
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - of other loops
            await asyncio.sleep(0.02)


async def test_workers_behind_one_address_take_the_webhook_of_telegram_in_turn(
    api: BotApi, stores: list[PostgresStore]
) -> None:
    port = free_port()
    webhook = {"mode": "webhook", "webhook_url": "https://bot.example", "webhook_port": port}
    secret = telegram.webhook_secret(TOKEN)
    headers = {"X-Telegram-Bot-Api-Secret-Token": secret}
    async with worker(stores[0], api, **webhook), worker(stores[1], api, **webhook):
        await until_listening(port)
        await until(lambda: api.secret == secret)
        url = f"http://127.0.0.1:{port}/telegram"
        for update in range(12):  # each on a connection of its own: the kernel gives them to both
            chat = SHE + update % 4
            async with httpx.AsyncClient() as client:
                message = a_message(chat, update, text="/start")
                answer = await client.post(url, json={"update_id": update, "message": message}, headers=headers)
                assert answer.status_code == 200
        async with httpx.AsyncClient() as client:
            wrong = await client.post(url, json={}, headers={"X-Telegram-Bot-Api-Secret-Token": secret[:-1]})
            assert wrong.status_code == 403
        for chat in range(SHE, SHE + 4):
            await until(lambda chat=chat: any("téléphone est-il sûr" in text for text in api.texts(chat)))  # type: ignore[misc]  # a lambda with a default
        await until(lambda: not stores[0].waiting("telegram"))
    assert len(stores[0].cases()) == 4


async def test_one_worker_asks_telegram_and_another_goes_on_when_it_ends(
    api: BotApi, stores: list[PostgresStore]
) -> None:
    async with worker(stores[1], api):
        async with worker(stores[0], api):
            api.write(SHE, "/start")
            await api.until(lambda: len(api.texts(SHE)) >= 4)
        api.write(SHE + 1, "/start")
        await api.until(lambda: len(api.texts(SHE + 1)) >= 4)


async def test_what_she_said_before_agreeing_is_known_whichever_worker_hears_it(
    api: BotApi, stores: list[PostgresStore]
) -> None:
    """It is in the memory of one worker, who stays the one that answers her."""
    async with worker(stores[0], api), worker(stores[1], api):
        api.write(SHE, "/start")
        await api.until(lambda: len(api.texts(SHE)) >= 4)
        api.press(SHE, "phone_safe:yes")
        api.press(SHE, "consent:no")
        api.press(SHE, "a:reporter:victim")
        place = ("telegram", str(SHE))
        await until(lambda: any("reporter" in store._memories[place].facts for store in stores if store._memories))
        remembering = [store for store in stores if place in store._memories]
        assert len(remembering) == 1
        assert remembering[0].claims.holds(*place)
        said = len(api.texts(SHE))
        api.write(SHE, "bilan")
        await api.until(lambda: len(api.texts(SHE)) > said)
        assert "reporter" in remembering[0]._memories[place].facts
    assert "reporter" not in str(stores[0]._rows("SELECT fact FROM facts").fetchall())


async def test_after_a_fault_of_the_store_the_rest_of_that_conversation_waits(
    api: BotApi, store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise what she wrote second would be answered first."""
    faults, handled = iter([True]), []
    turn = store.turn

    def failing(channel: str, chat: str, *rest: object, **named: object) -> object:
        if chat == str(SHE) and next(faults, False):
            raise StoreLockedError("held")
        handled.append((chat, named.get("taken")))
        return turn(channel, chat, *rest, **named)  # type: ignore[arg-type]  # as they came

    monkeypatch.setattr("bot.handling.AFTER_A_FAULT", 0.05)
    monkeypatch.setattr(store, "turn", failing)
    for number, chat in enumerate((SHE, SHE, SHE + 1)):
        update = {"update_id": number, "message": a_message(chat, number, text="/start")}
        store.take("telegram", [(str(number), str(chat), json.dumps(update))])
    async with worker(store, api):
        await until(lambda: len(handled) == 3)
    assert [chat for chat, _ in handled] == [str(SHE + 1), str(SHE), str(SHE)]
    assert [taken for _, taken in handled] == [3, 1, 2]


async def test_what_is_on_its_way_is_cut_off_when_the_conversation_is_no_longer_ours(
    stores: list[PostgresStore],
) -> None:
    claims = stores[0].claims
    claims.join()
    assert claims.take("test", "a")
    ended = asyncio.Event()

    async def send() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    sending = asyncio.create_task(while_held(claims, "test", "a", send(), every=0.01))
    await asyncio.sleep(0.05)
    assert not sending.done()
    claims.leave()
    with pytest.raises(NoLongerOursError):
        await sending
    assert ended.is_set()


async def test_of_two_that_want_to_lead_one_does_and_the_other_when_it_ends(stores: list[PostgresStore]) -> None:
    led: list[int] = []

    async def work(number: int) -> None:
        led.append(number)
        await asyncio.Event().wait()

    tasks = []
    for number, store in enumerate(stores):
        store.claims.join()
        tasks.append(asyncio.create_task(lead(store.claims, "x", lambda number=number: work(number))))  # type: ignore[misc]  # a lambda with a default
        await asyncio.sleep(0.05)
    assert led == [0]
    tasks[0].cancel()
    stores[0].claims.leave()
    await until(lambda: led == [0, 1])
    tasks[1].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_reminder_that_another_worker_has_said_is_not_said_again(stores: list[PostgresStore]) -> None:
    with stores[0].turn("telegram", "1", NOON) as turn:
        turn.set_consent(Consent.YES)
        turn.remind(NOON)
    (reminder,) = stores[0].reminders_due("telegram", NOON)
    with stores[1].turn("telegram", "1", NOON, hers=False) as turn:
        assert turn.is_due(reminder)
        turn.settle_reminder(reminder.id, again=NOON)
    with stores[0].turn("telegram", "1", NOON, hers=False) as turn:
        assert not turn.is_due(reminder)


def test_several_workers_on_a_file_are_refused_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config.toml").write_text('[association]\nname = "Essai"\ncontact = "a@b.example"\n')
    monkeypatch.setenv("RECOURS_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.setenv("RECOURS_TELEGRAM_TOKEN", TOKEN)
    assert cli.main(["run", "--workers", "2"]) == 2
    assert "store.url" in capsys.readouterr().err


def test_a_worker_takes_the_place_of_one_that_has_ended_and_of_no_other(tmp_path: Path) -> None:
    with slots.slot(tmp_path) as first:
        with slots.slot(tmp_path) as second:
            assert second != first
        with slots.slot(tmp_path) as third:
            assert third == second
    assert {path.stat().st_mode & 0o777 for path in tmp_path.glob("worker-*")} == {0o600}
    code = "import os, signal, sys, pathlib; from bot import slots\n"
    code += "with slots.slot(pathlib.Path(sys.argv[1])) as name: print(name, flush=True); os.kill(os.getpid(), 9)"
    command = [sys.executable, "-c", code, str(tmp_path)]
    killed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert killed.returncode == -signal.SIGKILL
    with slots.slot(tmp_path) as after:
        assert after == killed.stdout.strip() == first
