"""The web chat, by plain forms over HTTP as a browser without script posts them (with script: test_web_browser)."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from html.parser import HTMLParser

import httpx

from bot.channel import Opened
from bot.channels import web, web_pages
from bot.channels.web import CAPABILITIES
from bot.talk import Means
from tests.bot.conformance.device import Device, pasted
from tests.ports import free_port, until_listening

MIMES = {"photo": "image/jpeg", "video": "video/mp4", "voice": "audio/ogg", "document": "application/pdf"}


class Page(HTMLParser):
    """Messages, buttons and hidden fields of the page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.theirs: list[str] = []
        self.buttons: list[tuple[int, str, str, str]] = []  # message, id, label, nonce
        self.files: list[str] = []
        self.nonce = ""
        self._where = ""
        self._button: str | None = None
        self._form_nonce = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        fields = dict(attrs)
        if tag == "article":
            self._where = fields.get("class") or ""
            if self._where == "theirs":
                self.theirs.append("")
        if tag == "input" and fields.get("name") == "nonce":
            self._form_nonce = fields["value"] or ""
            self.nonce = self.nonce or self._form_nonce
        if tag == "button" and fields.get("name") == "choice":
            self._button = fields["value"]
            self.buttons.append((len(self.theirs), fields["value"] or "", "", self._form_nonce))
        if tag == "a" and (fields.get("href") or "").startswith("/file/"):
            self.files.append(fields["href"] or "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "article":
            self._where = ""
        if tag == "button":
            self._button = None

    def handle_data(self, data: str) -> None:
        if self._button:
            place, name, label, nonce = self.buttons[-1]
            self.buttons[-1] = (place, name, label + data, nonce)
        elif self._where == "theirs" and data.strip():
            self.theirs[-1] += data


class WebDevice(Device):
    channel = "web"
    capabilities = CAPABILITIES
    kinds = tuple(MIMES)

    def __init__(self, client: httpx.AsyncClient, port: int) -> None:
        self._client = client
        self._port = port
        self._page = Page("")
        self._started = False

    @property
    def chat(self) -> str:
        return web_pages._chat(self._client.cookies[web_pages.COOKIE])

    async def write(self, text: str) -> None:
        await self._post(text=text)

    async def press(self, label: str) -> None:
        found = [button for button in self._page.buttons if button[2] == label]
        assert found, label
        await self._post(choice=found[-1][1], nonce=found[-1][3])

    async def show(self, text: str, author: str) -> None:
        """As the script posts it: nobody pastes sixty times and waits for the answer each time."""
        fields = {"nonce": text, "text": pasted(text, author)}
        answer = await self._client.post("/say", data=fields, headers={"Accept": "text/event-stream"})
        assert answer.status_code == 204

    async def send(self, kind: str) -> None:
        await self._post(mime=MIMES[kind], size="1234", name=f"fichier.{kind}")

    def texts(self) -> list[str]:
        return self._page.theirs

    def offered(self) -> list[str]:
        places = [
            place for place, name, _, _ in self._page.buttons if place and name not in ("urgent", "skip", "leave")
        ]
        return [label for place, _, label, _ in self._page.buttons if places and place == places[-1]]

    def files(self) -> list[str]:
        return self._page.files

    async def until(self, holds: Callable[[], bool], seconds: float = 25) -> None:
        async with asyncio.timeout(seconds):
            while not holds():
                await self._look()
                await asyncio.sleep(0.05)

    async def _look(self) -> None:
        answer = await self._client.get("/")
        assert answer.status_code == 200
        assert not re.search(r"<script(?! src=)| on[a-z]+=|style=", answer.text)
        self._page = Page(answer.text)

    async def _post(self, **fields: str) -> None:
        if not self._started:
            await until_listening(self._port)
            self._started = True
            await self._look()
        answer = await self._client.post("/say", data={"nonce": self._page.nonce, **fields})
        assert answer.status_code == 303, answer.text
        if answer.headers["location"].startswith("/"):
            await self._look()
        else:
            self._page = Page("")


@asynccontextmanager
async def device(means: Means) -> AsyncIterator[tuple[WebDevice, Opened]]:
    """The device, and how the service opens its channel."""
    port = free_port()
    settings = replace(means.config, web=replace(means.config.web, enabled=True, port=port))
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
        yield WebDevice(client, port), lambda: web.opened(settings, means.knowledge)
