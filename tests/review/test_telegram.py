"""A reviewer and a victim on Telegram: two processes' worth of stores on one file, the Bot API over HTTP between."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cases.sql.store import SqlStore
from tests.bot.test_service import SHE, running
from tests.bot_api import BotApi
from tests.builders import a_store
from tests.review.serving import House, a_house, post


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    started = await BotApi().start()
    yield started
    await started.stop()


def number_of(store: SqlStore) -> str:
    case = store.peek("telegram", str(SHE))
    assert case is not None
    return case.number


async def test_she_writes_on_telegram_and_a_person_answers(api: BotApi, tmp_path: Path) -> None:
    with a_house(tmp_path) as house:
        service_store = a_store(tmp_path)
        try:
            async with running(api, service_store):
                await _talk(api, house, service_store)
        finally:
            service_store.close()
    assert api.refused == []


async def _talk(api: BotApi, house: House, service_store: SqlStore) -> None:
    api.write(SHE, "/start")
    api.press(SHE, "phone_safe:yes")
    api.press(SHE, "consent:yes")
    api.write(SHE, "je veux parler à quelqu'un")
    await api.until(lambda: any("C'est demandé" in text or "Ici, seul" in text for text in api.texts(SHE)))
    number = number_of(service_store)
    client = house.signed_in(house.hire("lina", "reviewer"))

    def reviewer(what: str, **data: str) -> None:
        post(client, f"/cases/{number}/{what}", **data)

    assert "attend une personne" in (await asyncio.to_thread(client.get, "/")).text
    await asyncio.to_thread(reviewer, "take", name="Camille")
    await api.until(lambda: any("Camille, de" in text for text in api.texts(SHE)))
    api.write(SHE, "vous êtes là ?")
    await api.until(lambda: any(line[1] == "vous êtes là ?" for line in service_store.transcript(number)))
    assert api.typing == []
    await asyncio.to_thread(reviewer, "typing")
    await api.until(lambda: api.typing == [SHE])
    await asyncio.to_thread(reviewer, "answer", words="Oui, je suis là.")
    await api.until(lambda: "Camille : Oui, je suis là." in api.texts(SHE))
    await asyncio.to_thread(reviewer, "hand-back")
    await api.until(lambda: any("reprendre" in text for text in api.texts(SHE)))
    asked = len(api.texts(SHE))
    api.write(SHE, "reprendre")
    await api.until(lambda: len(api.texts(SHE)) > asked)
    spoken = house.store.desk.conversation(number)
    assert [line.who for line in spoken if line.text in ("vous êtes là ?", "Oui, je suis là.")] == ["person", "Camille"]
    client.close()
