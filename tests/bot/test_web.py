"""What is particular to the web chat without a browser: erased from elsewhere, closed pages, too many conversations."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from bot import commands
from bot.capabilities import TABLE
from bot.channel import WITHOUT_LIMIT
from bot.channels.web import Web
from bot.channels.web_threads import Threads
from bot.instants import now
from bot.state import State
from cases.sqlite import SqliteStore
from tests.bot.conformance import web_device
from tests.bot.conformance.test_conformance import begin, case_of
from tests.bot.conformance.web_device import WebDevice
from tests.builders import TUESDAY_AFTERNOON, a_store, the_means
from tests.serving_service import running

HERS = "il a dit qu'il publierait tout"


@asynccontextmanager
async def chatting(store: SqliteStore) -> AsyncIterator[tuple[WebDevice, Web]]:
    """A browser on the page, and the channel behind it."""
    async with web_device.device(the_means()) as (she, opened), running(the_means(), store, opened) as service:
        channel = service.lines["web"].channel
        assert isinstance(channel, Web)
        yield she, channel


def erase_from_elsewhere(folder: Path, number: str) -> None:
    """What `recours erase` and the console do, in a process of their own."""
    other = a_store(folder)
    case = other.by_number(number)
    assert case is not None
    tell = commands._farewell(State.from_json(case.state), TABLE["web"])
    assert other.erase(number, tell=tell, since=now() - WITHOUT_LIMIT)
    other.close()


@pytest.mark.parametrize("there", [True, False], ids=["in front of the page", "page closed"])
async def test_a_conversation_erased_from_elsewhere_leaves_the_screen_at_once(
    *, there: bool, store: SqliteStore, tmp_path: Path
) -> None:
    async with chatting(store) as (she, channel):
        await begin(she)
        await she.write(HERS)
        await she.reads("?")
        thread = channel._threads.get(she.chat)
        assert thread is not None
        assert HERS in str([line.text for line in thread.lines])
        case = case_of(she, store)
        if not there:
            thread.seen_at -= timedelta(hours=1)
            assert not channel.is_reachable(she.chat)
        erase_from_elsewhere(tmp_path, case.number)
        await she_is_not_needed(she, lambda: HERS not in str([line.text for line in thread.lines]))
        await she.until(lambda: "Tout est effacé" in she.all())
        assert len(she.texts()) == 1
        assert store.cases() == []


async def she_is_not_needed(she: WebDevice, holds: object) -> None:
    """Wait without loading her page."""
    await super(WebDevice, she).until(holds)  # type: ignore[arg-type]  # a condition


async def test_what_lived_in_memory_before_consent_goes_with_a_case_erased_from_elsewhere(
    store: SqliteStore, tmp_path: Path
) -> None:
    async with chatting(store) as (she, _):
        await she.write("/start")
        await she.reads("téléphone est-il sûr")
        await she.press("Oui, il est sûr")
        await she.until(lambda: "Non, ne gardez rien" in she.offered() or len(she.offered()) == 2)
        await she.press(she.offered()[1])
        await she.reads("Qui êtes-vous")
        await she.press("Cela m'arrive à moi")
        await she.until(lambda: "reporter" in case_of(she, store).facts)
        case = case_of(she, store)
        erase_from_elsewhere(tmp_path, case.number)
        await she.until(lambda: "Tout est effacé" in she.all())
        await she.write("/start")
        await she.until(lambda: store.peek("web", she.chat) is not None)
        again = case_of(she, store)
        assert again.number != case.number
        assert "reporter" not in again.facts


def test_what_stood_on_a_screen_goes_when_she_stays_away_though_nobody_else_comes() -> None:
    threads = Threads(timedelta(hours=12))
    threads.open("she", TUESDAY_AFTERNOON).add("des mots")
    threads.prune(TUESDAY_AFTERNOON + timedelta(hours=11))
    assert threads.get("she") is not None
    threads.prune(TUESDAY_AFTERNOON + timedelta(hours=13))
    assert threads.get("she") is None
