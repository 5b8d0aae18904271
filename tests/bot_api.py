"""A stand-in for the Bot API over HTTP, strict where Telegram is strict, that fails when told to.

Not Telegram: it keeps what the bot says, serves updates by offset as long polling does, and can answer 429, 5xx,
nothing at all, or cut the connection in the middle of an answer.
"""

import asyncio
import json
import re
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.ports import stop

TOKEN = "424242:stand-in"
BOT = {"id": 424242, "is_bot": True, "first_name": "Recours", "username": "recours_bot"}
MOST_CALLBACK_BYTES = 64


@dataclass
class BotApi:
    """The server and what happened on it.

    Attributes:
        said: every accepted sendMessage, in order.
        deleted: (chat, message id) pairs deleted.
        typing: chats in which the bot was shown typing, once for each sign.
        calls: name of every method called.
        files: file id to bytes, as the platform holds them.
        gate: when set, files wait for it.
        slow: when set, messages wait for it.
        handed_over: ids of the files that were downloaded, in order.
        faults: what to do with the next calls of a method: a number of seconds (429), `500`, `cut` or `hang`.
    """

    said: list[dict[str, Any]] = field(default_factory=list)
    deleted: list[tuple[int, int]] = field(default_factory=list)
    typing: list[int] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    faults: dict[str, deque[str]] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    handed_over: list[str] = field(default_factory=list)
    gate: asyncio.Event | None = None
    slow: asyncio.Event | None = None
    acknowledged: int = 0
    secret: str = ""
    port: int = 0
    _updates: list[dict[str, Any]] = field(default_factory=list)
    _next_update: int = 1
    _next_message: int = 1000
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)
    _runner: web.AppRunner | None = None

    async def start(self, port: int = 0) -> "BotApi":
        """Serve on loopback."""
        app = web.Application()
        app.router.add_route("*", "/bot{token}/{method}", self._handle)
        app.router.add_get("/file/bot{token}/{path:.+}", self._hand_over)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        server = site._server
        self.port = server.sockets[0].getsockname()[1]  # type: ignore[union-attr]  # a started TCP site has sockets
        return self

    async def stop(self) -> None:
        """Stop serving; a poll that is waiting is answered first, so that its connection can close."""
        self._arrived.set()
        if self._runner is not None:
            await stop(self._runner)

    @property
    def base_url(self) -> str:
        """What `telegram.api` is set to."""
        return f"http://127.0.0.1:{self.port}/bot"

    def push(self, **update: Any) -> int:
        """Queue an update; returns its id."""
        number = self._next_update
        self._next_update += 1
        self._updates.append({"update_id": number, **update})
        self._arrived.set()
        return number

    def write(self, chat: int, text: str, **message: Any) -> int:
        """A private message."""
        self._next_message += 1
        return self.push(message=a_message(chat, self._next_message, text=text, **message))

    def show(self, chat: int, content: bytes, **message: Any) -> str:
        """A photo; returns its file id."""
        self._next_message += 1
        name = f"file-{self._next_message}"
        self.files[name] = content
        size = {"file_id": name, "file_unique_id": f"u-{name}", "width": 720, "height": 900, "file_size": len(content)}
        self.push(message=a_message(chat, self._next_message, photo=[size], **message))
        return name

    def press(self, chat: int, data: str) -> int:
        """A button."""
        self._next_message += 1
        query = {
            "id": str(self._next_message),
            "from": {"id": chat, "is_bot": False, "first_name": "A"},
            "chat_instance": "1",
            "data": data,
            "message": a_message(chat, self._next_message, text="?"),
        }
        return self.push(callback_query=query)

    def texts(self, chat: int) -> list[str]:
        """What was said in a chat."""
        return [message["text"] for message in self.said if message["chat_id"] == chat]

    async def until(self, holds: Callable[[], bool], seconds: float = 20) -> None:
        """Wait until something holds."""
        async with asyncio.timeout(seconds):
            while not holds():  # noqa: ASYNC110 - any condition of any test, not one event
                await asyncio.sleep(0.01)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        self.calls.append(method)
        fields = await _fields(request)
        fault = self.faults.get(method)
        if fault:
            return await _fail(request, fault.popleft())
        handler: Callable[[dict[str, Any]], Awaitable[Any]] = getattr(
            self, "_" + re.sub("[A-Z]", lambda letter: f"_{letter[0].lower()}", method), self._anything
        )
        try:
            result = await handler(fields)
        except ValueError as error:
            self.refused.append(str(error))
            return web.json_response({"ok": False, "error_code": 400, "description": str(error)}, status=400)
        return web.json_response({"ok": True, "result": result})

    async def _get_file(self, fields: dict[str, Any]) -> Any:
        name = fields["file_id"]
        if name not in self.files:
            raise ValueError("Bad Request: invalid file_id")
        return {"file_id": name, "file_unique_id": f"u-{name}", "file_path": f"photos/{name}.jpg"}

    async def _hand_over(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["path"].removeprefix("photos/").removesuffix(".jpg")
        fault = self.faults.get("file")
        if fault:
            return await _fail(request, fault.popleft())
        if self.gate is not None:
            await self.gate.wait()
        self.handed_over.append(name)
        return web.Response(body=self.files[name])

    async def _anything(self, _: dict[str, Any]) -> Any:
        return True

    async def _get_me(self, _: dict[str, Any]) -> Any:
        return BOT

    async def _set_webhook(self, fields: dict[str, Any]) -> Any:
        self.secret = fields.get("secret_token", "")
        return True

    async def _get_updates(self, fields: dict[str, Any]) -> Any:
        offset = int(fields.get("offset", 0))
        self.acknowledged = max(self.acknowledged, offset - 1)
        self._updates = [update for update in self._updates if update["update_id"] >= offset]
        if not self._updates:
            self._arrived.clear()
            try:
                await asyncio.wait_for(self._arrived.wait(), min(1.0, float(fields.get("timeout", 0))))
            except TimeoutError:
                return []
        return self._updates[:100]

    async def _send_message(self, fields: dict[str, Any]) -> Any:
        text = fields.get("text", "")
        if not 1 <= len(text) <= 4096:
            raise ValueError("Bad Request: message text is empty or too long")
        markup = json.loads(fields["reply_markup"]) if fields.get("reply_markup") else {}
        for row in markup.get("inline_keyboard", []):
            for button in row:
                if not 1 <= len(button["callback_data"].encode()) <= MOST_CALLBACK_BYTES or not button["text"]:
                    raise ValueError("Bad Request: BUTTON_DATA_INVALID")
        if self.slow is not None:
            await self.slow.wait()
        self._next_message += 1
        message = {"chat_id": int(fields["chat_id"]), "text": text, "markup": markup, "fields": fields}
        self.said.append({**message, "message_id": self._next_message})
        return a_message(int(fields["chat_id"]), self._next_message, text=text, sender=BOT)

    async def _send_document(self, fields: dict[str, Any]) -> Any:
        if not fields.get("document"):
            raise ValueError("Bad Request: there is no document in the request")
        self._next_message += 1
        chat = int(fields["chat_id"])
        self.said.append({"chat_id": chat, "text": fields.get("caption", ""), "markup": {}, "fields": fields,
                          "message_id": self._next_message})  # fmt: skip
        file = {"file_id": f"doc-{self._next_message}", "file_unique_id": f"u-{self._next_message}"}
        return a_message(chat, self._next_message, document=file, sender=BOT)

    async def _send_chat_action(self, fields: dict[str, Any]) -> Any:
        if fields.get("action") != "typing":
            raise ValueError("Bad Request: wrong parameter action in request")
        self.typing.append(int(fields["chat_id"]))
        return True

    async def _delete_messages(self, fields: dict[str, Any]) -> Any:
        numbers = json.loads(fields["message_ids"])
        if not 1 <= len(numbers) <= 100:
            raise ValueError("Bad Request: too many messages")
        self.deleted += [(int(fields["chat_id"]), number) for number in numbers]
        return True

    async def _delete_message(self, fields: dict[str, Any]) -> Any:
        self.deleted.append((int(fields["chat_id"]), int(fields["message_id"])))
        return True


def a_message(chat: int, number: int, *, sender: dict[str, Any] | None = None, **parts: Any) -> dict[str, Any]:
    """A message as Telegram writes it."""
    return {
        "message_id": number,
        "date": 1_795_000_000,
        "chat": {"id": chat, "type": "private", "first_name": "A"},
        "from": sender or {"id": chat, "is_bot": False, "first_name": "A", "language_code": "fr"},
        **parts,
    }


async def _fields(request: web.Request) -> dict[str, Any]:
    if request.content_type == "application/json":
        return dict(await request.json())
    return {
        name: value.file.read().decode() if isinstance(value, web.FileField) else str(value)
        for name, value in (await request.post()).items()
    }


async def _fail(request: web.Request, fault: str) -> web.StreamResponse:
    if fault == "hang":
        await asyncio.sleep(3600)
    if fault == "cut":
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b'{"ok": true, "res')
        if request.transport is not None:
            request.transport.close()
        return response
    if fault == "500":
        return web.json_response({"ok": False, "error_code": 500, "description": "Internal"}, status=500)
    if fault == "401":
        return web.json_response({"ok": False, "error_code": 401, "description": "Unauthorized"}, status=401)
    if fault == "403":
        refusal = {"ok": False, "error_code": 403, "description": "Forbidden: bot was blocked by the user"}
        return web.json_response(refusal, status=403)
    refusal = {
        "ok": False,
        "error_code": 429,
        "description": "Too Many Requests",
        "parameters": {"retry_after": int(fault)},
    }
    return web.json_response(refusal, status=429)
