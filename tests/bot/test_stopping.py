"""Stopping: nothing of the service outlives its connections, and no connection outlives the server."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route

from bot.channels import telegram
from bot.listening import listening
from cases.sqlite import SqliteStore
from tests.bot_api import TOKEN, BotApi
from tests.builders import the_means
from tests.ports import free_port, until_listening
from tests.serving_service import running

SHE = 77


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    started = await BotApi().start()
    yield started
    await started.stop()


async def test_a_message_that_hangs_is_dropped_with_the_service_and_waits_in_the_outbox(
    api: BotApi, store: SqliteStore
) -> None:
    api.faults["sendMessage"] = deque(["hang"])
    means = the_means()
    settings = replace(means.config.telegram, api=api.base_url)
    before = asyncio.all_tasks()
    async with running(means, store, lambda: telegram.opened(settings, means.knowledge.texts, TOKEN)):
        api.write(SHE, "/start")
        await api.until(lambda: "sendMessage" in api.calls)
    left = [task.get_coro().__qualname__ for task in asyncio.all_tasks() - before]  # type: ignore[union-attr]  # a coroutine has a name
    assert not [name for name in left if name.startswith(("Sending", "Handling"))]
    assert store.next_out("telegram", str(SHE)) is not None


async def test_a_message_on_its_way_arrives_before_the_service_stops(api: BotApi, store: SqliteStore) -> None:
    means = the_means()
    settings = replace(means.config.telegram, api=api.base_url)
    api.slow = asyncio.Event()
    async with running(means, store, lambda: telegram.opened(settings, means.knowledge.texts, TOKEN)):
        api.write(SHE, "/start")
        await api.until(lambda: "sendMessage" in api.calls)
        asyncio.get_running_loop().call_later(0.2, api.slow.set)
    first = store.next_out("telegram", str(SHE))
    assert len(api.said) == 1
    assert first is None or first[0].body["text"] != api.said[0]["text"]


async def test_a_server_that_stops_closes_the_stream_that_never_ends_and_the_line_that_says_nothing() -> None:
    port = free_port()

    async def endless(_: Request) -> StreamingResponse:
        async def words() -> AsyncIterator[str]:
            yield "one\n"
            await asyncio.Event().wait()

        return StreamingResponse(words())

    async with listening(Starlette(routes=[Route("/", endless)]), "127.0.0.1", port):
        await until_listening(port)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        await reader.readuntil(b"one\n")
        silent, silent_writer = await asyncio.open_connection("127.0.0.1", port)
    async with asyncio.timeout(5):
        for end in (reader, silent):
            try:
                await end.read()
            except ConnectionResetError:
                continue
    writer.close()
    silent_writer.close()
    await asyncio.gather(writer.wait_closed(), silent_writer.wait_closed(), return_exceptions=True)
