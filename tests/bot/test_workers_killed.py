"""Three real workers on PostgreSQL under fifty messages a second: killed at random instants, and without database."""

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cases.postgres import PostgresStore
from tests.helpline import Helpline, agreed, helpline
from tests.postgres import Server, a_postgres_store

CHATS = [f"336000000{number:02}" for number in range(25)]
A_SECOND = 50  # messages
EVERY = len(CHATS) / A_SECOND  # seconds between two messages of one person
KILLS = 6
AWAY = 10.0  # seconds


@pytest.fixture
def store(postgres_url: str, tmp_path: Path) -> PostgresStore:
    opened = a_postgres_store(postgres_url, tmp_path)
    agreed(opened, CHATS)
    return opened


@pytest.fixture
async def running(store: PostgresStore, postgres_url: str, tmp_path: Path) -> AsyncIterator[Helpline]:
    async with helpline(tmp_path, postgres_url, workers=3) as started:
        yield started
    store.close()


def texts(chat: str, seconds: float) -> list[str]:
    return [f"message {number} de la série de {chat[-2:]}" for number in range(int(seconds / EVERY))]


async def everybody_writes(running: Helpline, seconds: float) -> None:
    await asyncio.gather(*(running.writes(chat, texts(chat, seconds), EVERY) for chat in CHATS))


async def until_handled(store: PostgresStore) -> None:
    async with asyncio.timeout(40):
        while store.waiting("whatsapp"):  # noqa: ASYNC110 - they are handled by other processes
            await asyncio.sleep(0.2)


def nothing_is_lost_counted_twice_or_out_of_order(store: PostgresStore, running: Helpline) -> None:
    assert running.acknowledged.keys() == set(CHATS)
    for chat in CHATS:
        case = store.peek("whatsapp", chat)
        assert case is not None
        assert [exhibit.text for exhibit in case.exhibits] == running.acknowledged[chat]
    assert store.integrity() == []


async def test_any_worker_killed_at_any_instant_loses_nothing_repeats_nothing_and_keeps_the_order(
    running: Helpline, store: PostgresStore
) -> None:
    draw = random.Random(20261125)
    writing = asyncio.create_task(everybody_writes(running, 12))
    killed = set()
    for _ in range(KILLS):
        await asyncio.sleep(draw.uniform(0.5, 2.0))
        worker = draw.choice(running.workers())
        running.kill(worker)
        killed.add(worker)
    await writing
    await until_handled(store)
    nothing_is_lost_counted_twice_or_out_of_order(store, running)
    assert len(killed) == KILLS
    assert not killed & set(running.workers())


async def test_a_database_that_is_away_for_ten_seconds_loses_nothing_repeats_nothing_and_keeps_the_order(
    running: Helpline, store: PostgresStore, postgres_server: Server
) -> None:
    before = set(running.workers())
    writing = asyncio.create_task(everybody_writes(running, 14))
    await asyncio.sleep(2)
    postgres_server.stop()
    await asyncio.sleep(AWAY)
    postgres_server.start()
    await writing
    await until_handled(store)
    nothing_is_lost_counted_twice_or_out_of_order(store, running)
    assert running.refused > 0  # it was noticed
    assert set(running.workers()) == before  # and nobody died of it
    assert running.api.at_once == []
