"""A helpline of several real workers on PostgreSQL, and the people who write to it through the WhatsApp stand-in."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx
from aiohttp import web

from bot.state import State
from cases.case import Consent
from cases.sql.store import SqlStore
from tests.builders import ROOT
from tests.ports import free_port, until_listening
from tests.whatsapp_api import APP_SECRET, PHONE_ID, TOKEN, VERIFY_TOKEN, CloudApi, signed

CONFIG = """
[association]
name = "Essai"
contact = "a@b.example"
[store]
url = "{url}"
path = "{folder}/cases.db"
key_file = "{folder}/key"
[telegram]
enabled = false
[whatsapp]
enabled = true
phone_id = "{phone}"
api = "http://127.0.0.1:{api}"
port = {port}
"""
COMMAND = "import sys; from bot.cli import main; sys.exit(main())"


class SlowCloudApi(CloudApi):
    """Takes a moment for each message, and notices two on their way to one person at once."""

    def __init__(self, hook: str) -> None:
        super().__init__(hook)
        self.at_once: list[str] = []
        self._on_their_way: Counter[str] = Counter()

    async def _messages(self, request: web.Request) -> web.Response:
        to = (await request.json())["to"]
        self.at_once += [to] if self._on_their_way[to] else []
        self._on_their_way[to] += 1
        try:
            await asyncio.sleep(0.02)
            return await super()._messages(request)
        finally:
            self._on_their_way[to] -= 1


@dataclass
class Helpline:
    """The processes and what was written to them."""

    process: subprocess.Popen[bytes]
    api: SlowCloudApi
    client: httpx.AsyncClient
    acknowledged: dict[str, list[str]] = field(default_factory=dict)
    refused: int = 0

    def workers(self) -> list[int]:
        """Process ids of the workers that run."""
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text()
        return [int(child) for child in children.split()]

    def kill(self, worker: int) -> None:
        """As when its memory runs out."""
        with suppress(ProcessLookupError):
            os.kill(worker, signal.SIGKILL)

    async def writes(self, chat: str, texts: Sequence[str], every: float, *, forwarded: bool = True) -> None:
        """Somebody writes one message after the other; the platform posts each until it is acknowledged."""
        for number, text in enumerate(texts):
            due = time.monotonic() + every
            message = {"from": chat, "id": f"wamid.{chat}.{number}.{text}", "timestamp": "1795000000", "type": "text"}
            context = {"context": {"forwarded": True}} if forwarded else {}
            content, headers = signed({"messages": [{**message, "text": {"body": text}, **context}]})
            while not await self._posted(content, headers):
                self.refused += 1
                await asyncio.sleep(0.2)
            self.acknowledged.setdefault(chat, []).append(text)
            await asyncio.sleep(max(0.0, due - time.monotonic()))

    async def _posted(self, content: bytes, headers: dict[str, str]) -> bool:
        try:
            return (await self.client.post(self.api.hook, content=content, headers=headers)).status_code == 200
        except httpx.HTTPError:
            return False


def agreed(store: SqlStore, chats: Sequence[str]) -> None:
    """People who have agreed and are at the first question."""
    now = datetime.now(UTC)
    for chat in chats:
        with store.turn("whatsapp", chat, now) as turn:
            turn.set_consent(Consent.YES)
            turn.save_state(State(steps=["question:reporter"], asked=["reporter"], last_at=now).to_json())


@asynccontextmanager
async def helpline(folder: Path, url: str, workers: int) -> AsyncIterator[Helpline]:
    """`recours run --workers N` on this database; the key is in the folder already."""
    port = free_port()
    api = SlowCloudApi(f"http://127.0.0.1:{port}/whatsapp")
    await api.start()
    (folder / "config.toml").write_text(
        CONFIG.format(url=url, folder=folder, phone=PHONE_ID, api=api.port, port=port), encoding="utf-8"
    )
    names = ("TOKEN", "APP_SECRET", "VERIFY_TOKEN")
    secrets = {f"RECOURS_WHATSAPP_{n}": v for n, v in zip(names, (TOKEN, APP_SECRET, VERIFY_TOKEN), strict=True)}
    environment = {**os.environ, **secrets, "RECOURS_CONFIG": str(folder / "config.toml")}
    environment.pop("RECOURS_KEY", None)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", COMMAND, "run", "--workers", str(workers)], cwd=ROOT, env=environment, stderr=log
        )
    # no connection is kept alive: a load balancer asks another worker when one is gone
    limits = httpx.Limits(max_keepalive_connections=0)
    try:
        await until_listening(port, 60)
        async with httpx.AsyncClient(limits=limits, timeout=30) as client:
            yield Helpline(process, api, client)
    finally:
        process.terminate()
        process.wait(30)
        await api.stop()
