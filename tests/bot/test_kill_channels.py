"""Killed -9 while people write on the web, WhatsApp and Matrix: nothing acknowledged is lost, nothing counts twice."""

import asyncio
import json
import random
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.channels import web_pages
from bot.state import State
from cases.case import Consent
from cases.sqlite import SqliteStore
from tests.bot.conformance import matrix_device
from tests.bot.conformance.device import pasted
from tests.builders import ROOT
from tests.ports import free_port
from tests.synapse import Synapse
from tests.whatsapp_api import PHONE_ID, CloudApi

PEOPLE = 4
EACH = 20  # messages a person
KILLS = 3
AHEAD = 16  # messages acknowledged and not yet handled
SEED = 20261125

Post = Callable[[int, str], Awaitable[bool]]
"""Send a person's message once; True when the service has acknowledged it."""


class Service:
    """The process, killed and started again."""

    def __init__(self, folder: Path, channel: str, settings: Mapping[str, Any]) -> None:
        self._command = [sys.executable, "-m", "tests.serving_channel", str(folder), channel, json.dumps(settings)]
        self._process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(self._command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def restart(self) -> None:
        self.kill()
        self._process = self._start()


def said_by(person: int) -> list[str]:
    return [f"message {number} de la personne {person}" for number in range(EACH)]


def told_to_keep(store: SqliteStore, channel: str, chats: Sequence[str]) -> None:
    """They have agreed and are at the first question."""
    now = datetime.now(UTC)
    for chat in chats:
        with store.turn(channel, chat, now) as turn:
            turn.set_consent(Consent.YES)
            turn.save_state(State(steps=["question:reporter"], asked=["reporter"], last_at=now).to_json())


async def until(holds: Callable[[], bool], seconds: float = 120) -> None:
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.05)


async def all_write(service: Service, post: Post, handled: Callable[[], int]) -> None:
    """Everybody writes at once, each message again until it is acknowledged, as platforms do; the service is killed.

    Nobody is far ahead of what is handled, so that messages come in, are handled and answered at the instant of a kill.
    """
    draw = random.Random(SEED)
    taken = seen = 0

    async def look() -> None:
        nonlocal seen
        while seen < PEOPLE * EACH:
            seen = handled()
            await asyncio.sleep(0.1)

    async def write(person: int) -> None:
        nonlocal taken
        for text in said_by(person):
            while taken - seen >= AHEAD or not await post(person, text):  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.05)
            taken += 1

    async with asyncio.timeout(300), asyncio.TaskGroup() as group:
        group.create_task(look())
        for person in range(PEOPLE):
            group.create_task(write(person))
        for kill in range(KILLS):
            await until(lambda share=PEOPLE * EACH * kill // KILLS: seen > share)  # type: ignore[misc]  # a lambda with a default
            await asyncio.sleep(draw.random() * 0.2)
            service.restart()


async def nothing_lost(store: SqliteStore, channel: str, chats: Sequence[str]) -> None:
    """Once all is handled, each case holds its messages once and in order."""
    await until(lambda: all_kept(store, channel, chats) >= PEOPLE * EACH)
    await until(lambda: store.waiting(channel) == [])
    for person, chat in enumerate(chats):
        assert kept(store, channel, chat) == said_by(person)
    assert store.integrity() == []


def kept(store: SqliteStore, channel: str, chat: str) -> list[str]:
    case = store.peek(channel, chat)
    return [exhibit.text for exhibit in case.exhibits] if case else []


def all_kept(store: SqliteStore, channel: str, chats: Sequence[str]) -> int:
    return sum(len(kept(store, channel, chat)) for chat in chats)


async def test_the_web_chat_survives_kills_at_random_instants(store: SqliteStore, tmp_path: Path) -> None:
    port = free_port()
    tokens = [f"token-{person}" for person in range(PEOPLE)]
    chats = [web_pages._chat(token) for token in tokens]
    told_to_keep(store, "web", chats)
    service = Service(tmp_path, "web", {"port": port})
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20) as browser:

        async def post(person: int, text: str) -> bool:
            headers = {"Accept": "text/event-stream", "Cookie": f"{web_pages.COOKIE}={tokens[person]}"}
            try:
                answer = await browser.post("/say", data={"nonce": text, "text": pasted(text, "K")}, headers=headers)
            except httpx.TransportError:
                return False
            return answer.status_code == 204

        try:
            await all_write(service, post, lambda: all_kept(store, "web", chats))
            await nothing_lost(store, "web", chats)
        finally:
            service.kill()


@pytest.fixture
async def api() -> AsyncIterator[CloudApi]:
    started = await CloudApi(f"http://127.0.0.1:{free_port()}/whatsapp").start()
    started.ready = True
    yield started
    await started.stop()


async def test_whatsapp_survives_kills_at_random_instants(api: CloudApi, store: SqliteStore, tmp_path: Path) -> None:
    chats = [f"3370000000{person}" for person in range(PEOPLE)]
    told_to_keep(store, "whatsapp", chats)
    port = int(api.hook.rsplit(":", 1)[1].split("/")[0])
    service = Service(tmp_path, "whatsapp", {"port": port, "api": f"http://127.0.0.1:{api.port}", "phone_id": PHONE_ID})

    async def post(person: int, text: str) -> bool:
        message = {"from": chats[person], "id": f"wamid.{person}.{text}", "timestamp": "1795000000", "type": "text"}
        forwarded = {**message, "text": {"body": text}, "context": {"forwarded": True}}
        try:
            return (await api.post({"messages": [forwarded]})).status_code == 200
        except httpx.TransportError:
            return False

    try:
        await all_write(service, post, lambda: all_kept(store, "whatsapp", chats))
        await nothing_lost(store, "whatsapp", chats)
    finally:
        service.kill()


async def test_matrix_survives_kills_at_random_instants(
    homeserver: Synapse, store: SqliteStore, tmp_path: Path
) -> None:
    bot = homeserver.register(f"recours-{SEED}")
    settings = {"homeserver": homeserver.url, "user": bot.user, "device": bot.device, "token": bot.token}
    service = Service(tmp_path, "matrix", settings)
    try:
        async with AsyncExitStack() as doors:
            phones = [
                await doors.enter_async_context(
                    matrix_device.her_phone(homeserver, tmp_path / f"phone {person}", bot, encrypted=True)
                )
                for person in range(PEOPLE)
            ]
            for phone in phones:
                await phone.open_room()
            chats = [phone.chat for phone in phones]
            told_to_keep(store, "matrix", chats)

            async def post(person: int, text: str) -> bool:
                """The homeserver keeps it: there is no other acknowledgement that she sees."""
                await phones[person].write(pasted(text, "K"))
                return True

            await all_write(service, post, lambda: all_kept(store, "matrix", chats))
            await nothing_lost(store, "matrix", chats)
    finally:
        service.kill()
