"""What is particular to the web chat without a browser: erased from elsewhere, closed pages, too many conversations."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest
from starlette.requests import Request

from bot import commands
from bot.capabilities import TABLE
from bot.channel import WITHOUT_LIMIT
from bot.channels.web import Web
from bot.channels.web_limit import Newcomers
from bot.channels.web_threads import Threads
from bot.instants import now
from bot.state import State
from cases.sqlite import SqliteStore
from tests.bot.conformance import web_device
from tests.bot.conformance.test_conformance import begin, case_of
from tests.bot.conformance.web_device import WebDevice
from tests.builders import TUESDAY_AFTERNOON, a_store, means_with, the_means
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


def newcomers(most: int = 2, header: str = "") -> Newcomers:
    return Newcomers(replace(the_means().config.web, conversations_an_hour=most, address_header=header))


def asks(limit: Newcomers, peer: str, at: datetime = TUESDAY_AFTERNOON, **headers: str) -> bool:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return limit.may_begin(Request({"type": "http", "client": (peer, 1), "headers": raw}), at)


def test_one_address_opens_so_many_conversations_an_hour_and_no_more() -> None:
    limit = newcomers()
    assert [asks(limit, "192.0.2.7") for _ in range(3)] == [True, True, False]
    assert asks(limit, "192.0.2.8")
    assert asks(limit, "192.0.2.7", TUESDAY_AFTERNOON + timedelta(minutes=61))
    assert [asks(newcomers(0), "192.0.2.7") for _ in range(3)] == [True] * 3


def test_a_household_counts_as_one_whatever_address_it_draws_in_ipv6() -> None:
    limit = newcomers()
    assert [asks(limit, f"2001:db8:1:2::{last}") for last in range(1, 4)] == [True, True, False]
    assert asks(limit, "2001:db8:1:3::1")
    assert [asks(limit, peer) for peer in ("::ffff:192.0.2.7", "192.0.2.7", "192.0.2.7")] == [True, True, False]


def test_behind_a_proxy_everybody_is_told_apart_by_what_the_proxy_itself_wrote() -> None:
    limit = newcomers(header="X-Forwarded-For")
    forged = [asks(limit, "127.0.0.1", x_forwarded_for=f"203.0.113.{n}, 192.0.2.7") for n in range(3)]
    assert forged == [True, True, False]
    assert asks(limit, "127.0.0.1", x_forwarded_for="192.0.2.8")
    assert [asks(newcomers(), "127.0.0.1", x_forwarded_for="192.0.2.7") for _ in range(3)] == [True] * 3
    assert [asks(limit, "127.0.0.1", x_forwarded_for="not an address") for _ in range(3)] == [True] * 3


def test_no_address_stays_in_memory_and_nothing_after_an_hour() -> None:
    limit = newcomers()
    asks(limit, "192.0.2.77")
    held = str(vars(limit)) + repr(limit._recent)
    assert "192.0.2.77" not in held
    assert bytes([192, 0, 2, 77]) not in b"".join(digest for _, digest in limit._recent)
    asks(limit, "127.0.0.1", TUESDAY_AFTERNOON + timedelta(minutes=61))
    assert not limit._recent
    assert not limit._count


async def test_who_is_refused_sees_the_numbers_and_goes_on_if_she_had_begun(store: SqliteStore) -> None:
    means = means_with(lambda config: replace(config, web=replace(config.web, conversations_an_hour=1,
                                                                  address_header="X-Real-IP")))  # fmt: skip
    headers = {"X-Real-IP": "192.0.2.7"}
    async with web_device.device(means) as (she, opened), running(means, store, opened):
        she._client.headers.update(headers)
        await she.write("/start")
        await she.reads("téléphone est-il sûr")
        async with httpx.AsyncClient(base_url=she._client.base_url, headers=headers) as another:
            for accept in ("text/html", "text/event-stream"):
                told = await another.post("/say", data={"text": "/start"}, headers={"Accept": accept})
                assert told.status_code == 429
                assert all(number in told.text for number in ("3114", "17", "114"))
                assert "set-cookie" not in told.headers
        await she.write("oui")
        await she.reads("garder vos réponses")
        assert len(store.cases()) == 1
