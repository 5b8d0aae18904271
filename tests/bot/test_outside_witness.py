"""The same service against a Bot API server that we did not write, `lo-bot-api-emulator`, over HTTP.

It does not show what the bot said on the wire to the person, so the journal of its calls is the witness.
"""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from telegram import Bot

from bot.channels.telegram import Telegram
from bot.service import Service
from cases.sql.store import SqlStore
from tests.bot_api import a_message
from tests.builders import means_with
from tests.ports import free_port, until_listening

TOKEN = "1:outside"
SHE = 4321


class Emulator:
    """The emulator's process, its journal and its door for pushing updates."""

    def __init__(self, port: int, journal: Path, client: httpx.AsyncClient) -> None:
        self.base_url = f"http://127.0.0.1:{port}/bot"
        self._port = port
        self._journal = journal
        self._client = client
        self._count = 0

    async def push(self, **update: Any) -> None:
        self._count += 1
        answer = await self._client.post(
            f"http://127.0.0.1:{self._port}/__fixture/updates",
            json={"token": TOKEN, "update": {"update_id": self._count, **update}},
        )
        assert answer.json()["ok"], answer.text

    async def write(self, text: str, **parts: Any) -> None:
        await self.push(message=a_message(SHE, 100 + self._count, text=text, **parts))

    async def press(self, data: str) -> None:
        message = a_message(SHE, 100 + self._count, text="?")
        sender = {"id": SHE, "is_bot": False, "first_name": "A"}
        await self.push(
            callback_query={
                "id": str(self._count),
                "from": sender,
                "chat_instance": "1",
                "data": data,
                "message": message,
            }
        )

    def journal(self) -> list[dict[str, Any]]:
        lines = self._journal.read_text(encoding="utf-8").splitlines() if self._journal.exists() else []
        return [json.loads(line) for line in lines]

    def called(self, method: str) -> int:
        return sum(1 for entry in self.journal() if entry.get("method") == method)

    async def until_called(self, method: str, times: int) -> None:
        async with asyncio.timeout(20):
            while self.called(method) < times:  # noqa: ASYNC110 - another process writes the journal
                await asyncio.sleep(0.05)


@pytest.fixture
async def emulator(tmp_path: Path) -> AsyncIterator[Emulator]:
    port, journal = free_port(), tmp_path / "journal"
    program = Path(sys.executable).parent / "lo-bot-api-emulator"
    process = subprocess.Popen(
        [program, "--port", str(port), "--enable-control", "--journal", str(journal)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"PYTHONWARNINGS": "ignore"},
    )
    await until_listening(port)
    async with httpx.AsyncClient() as client:
        yield Emulator(port, journal, client)
    process.terminate()
    process.wait()


@asynccontextmanager
async def running(emulator: Emulator, store: SqlStore) -> AsyncIterator[None]:
    means = means_with(
        # The emulator refuses protect_content, a gap of its own.
        lambda config: replace(config, telegram=replace(config.telegram, api=emulator.base_url, protect_content=False))
    )
    async with Bot(TOKEN, base_url=emulator.base_url) as bot:
        task = asyncio.create_task(
            Service(means, store, [Telegram(bot, means.config.telegram, means.knowledge.texts)]).run()
        )
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def test_a_conversation_with_forwards_buttons_and_erasure(emulator: Emulator, store: SqlStore) -> None:
    async with running(emulator, store):
        await emulator.write("/start")
        await emulator.until_called("sendMessage", 4)
        await emulator.press("phone_safe:yes")
        await emulator.press("consent:yes")
        await emulator.until_called("sendMessage", 8)
        origin = {
            "type": "user",
            "sender_user": {"id": 9, "is_bot": False, "first_name": "Kevin"},
            "date": 1_794_000_000,
        }
        await emulator.write("je vais te retrouver", forward_origin=origin)
        await emulator.until_called("sendMessage", 9)
        case = store.peek("telegram", str(SHE))
        assert case is not None
        assert case.exhibits[0].origin is not None
        assert case.exhibits[0].origin["name"] == "Kevin"
        await emulator.press("done")
        await emulator.write("effacer")
        await emulator.press("erase")
        await emulator.press("erase_confirm")
        await emulator.until_called("deleteMessage", 5)
    assert store.cases() == []
    assert store.erased()[0][0] == case.number
