"""A loopback stand-in for Meta's Cloud API: not Meta. It refuses what Meta's documentation says is refused, posts
signed webhooks, and keeps what the bot says. The limits and shapes are those of Meta's reference, not observed here.
"""

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from typing import Any

import httpx
from aiohttp import web

from tests.ports import stop, until_listening

PHONE_ID = "106540352242922"
TOKEN, APP_SECRET, VERIFY_TOKEN = "meta-token", "meta-app-secret", "meta-verify"
MOST_BODY, MOST_TEXT, MOST_CAPTION = 1024, 4096, 1024
MOST_BUTTONS, MOST_TITLE, MOST_ID = 3, 20, 256
MOST_ROWS, MOST_ROW_TITLE, MOST_DESCRIPTION, MOST_ROW_ID = 10, 24, 72, 200


def signed(value: dict[str, Any], secret: str = APP_SECRET) -> tuple[bytes, dict[str, str]]:
    """A webhook as Meta posts it: its bytes and its headers."""
    metadata = {"display_phone_number": "15550783881", "phone_number_id": PHONE_ID}
    change = {"field": "messages", "value": {"messaging_product": "whatsapp", "metadata": metadata, **value}}
    content = json.dumps(
        {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [change]}]}, indent=1
    ).encode()  # white space of its own: a signature over anything but the raw bytes would fail
    signature = hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()
    return content, {"X-Hub-Signature-256": f"sha256={signature}", "Content-Type": "application/json"}


@dataclass
class CloudApi:
    """The stand-in and what happened on it."""

    hook: str
    said: list[dict[str, Any]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)
    faults: list[int] = field(default_factory=list)
    port: int = 0
    _count: int = 0
    ready: bool = False
    _runner: web.AppRunner | None = None

    async def start(self) -> "CloudApi":
        """Serve on loopback."""
        app = web.Application()
        app.router.add_post(f"/{PHONE_ID}/messages", self._messages)
        app.router.add_post(f"/{PHONE_ID}/media", self._media)
        app.router.add_get("/{anything:.*}", self._fetch)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]  # a started TCP site has sockets
        return self

    async def stop(self) -> None:
        """Stop serving."""
        if self._runner is not None:
            await stop(self._runner)

    async def push(self, chat: str, **message: Any) -> httpx.Response:
        """A message of hers, as Meta posts it."""
        self._count += 1
        whole = {"from": chat, "id": f"wamid.{self._count}", "timestamp": "1795000000", **message}
        contact = {"profile": {"name": "CANARI-7781"}, "wa_id": chat}
        return await self.post({"contacts": [contact], "messages": [whole]})

    async def post(self, value: dict[str, Any], *, secret: str = APP_SECRET) -> httpx.Response:
        """A webhook, signed."""
        content, headers = signed(value, secret)
        if not self.ready:
            await until_listening(int(self.hook.rsplit(":", 1)[1].split("/")[0]))
            self.ready = True
        async with httpx.AsyncClient() as client:
            return await client.post(self.hook, content=content, headers=headers)

    async def _fetch(self, request: web.Request) -> web.Response:
        self.fetched.append(request.path)
        return web.json_response({}, status=404)

    async def _media(self, request: web.Request) -> web.Response:
        fields = await request.post()
        if fields.get("messaging_product") != "whatsapp" or "file" not in fields:
            return self._refuse(100, "media")
        self._count += 1
        return web.json_response({"id": f"media-{self._count}"})

    async def _messages(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return self._refuse(190, "token")
        if self.faults:
            return self._refuse(self.faults.pop(0), "told to")
        message = await request.json()
        if fault := _fault(message):
            return self._refuse(100, fault)
        self._count += 1
        self.said.append(message)
        return web.json_response({"messaging_product": "whatsapp", "messages": [{"id": f"wamid.out.{self._count}"}]})

    def _refuse(self, code: int, why: str) -> web.Response:
        self.refused.append(f"{code} {why}")
        return web.json_response({"error": {"message": why, "type": "OAuthException", "code": code}}, status=400)


def _fault(message: dict[str, Any]) -> str:
    """What Meta's reference says is wrong with a message; "" when nothing is."""
    match message:
        case {"type": "text", "text": {"body": str(body)}} if 1 <= len(body) <= MOST_TEXT:
            return ""
        case {"type": "document", "document": {"id": str(), "caption": str(words)}} if len(words) <= MOST_CAPTION:
            return ""
        case {"type": "template", "template": {"name": str(), "language": {"code": str()}}}:
            return ""
        case {"type": "interactive", "interactive": interactive}:
            return _interactive_fault(interactive)
    return "shape"


def _interactive_fault(interactive: dict[str, Any]) -> str:
    if not 1 <= len(interactive["body"]["text"]) <= MOST_BODY:
        return "body"
    action = interactive["action"]
    if interactive["type"] == "button":
        replies = [button["reply"] for button in action["buttons"]]
        fits = all(1 <= len(r["title"]) <= MOST_TITLE and 1 <= len(r["id"]) <= MOST_ID for r in replies)
        titles = {reply["title"] for reply in replies}
        return "" if 1 <= len(replies) <= MOST_BUTTONS and fits and len(titles) == len(replies) else "buttons"
    rows = [row for section in action["sections"] for row in section["rows"]]
    fits = all(
        1 <= len(row["title"]) <= MOST_ROW_TITLE
        and len(row.get("description", "")) <= MOST_DESCRIPTION
        and 1 <= len(row["id"]) <= MOST_ROW_ID
        for row in rows
    )
    alone = len({row["id"] for row in rows}) == len(rows)
    named = 1 <= len(action["button"]) <= MOST_TITLE and "header" not in interactive
    return "" if 1 <= len(rows) <= MOST_ROWS and fits and alone and named else "list"
