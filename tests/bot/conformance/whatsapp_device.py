"""WhatsApp, by signed webhooks and Graph API calls against the loopback stand-in (`tests/whatsapp_api.py`)."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from bot.channel import Opened
from bot.channels import whatsapp
from bot.channels.whatsapp import CAPABILITIES, Secrets
from bot.talk import Means
from tests.bot.conformance.device import Device
from tests.ports import free_port
from tests.whatsapp_api import APP_SECRET, PHONE_ID, TOKEN, VERIFY_TOKEN, CloudApi

SHE = "33700000001"
FILE = {"id": "1037543291543636", "mime_type": "image/jpeg", "sha256": "x"}
PARTS: dict[str, dict[str, Any]] = {
    "photo": {"type": "image", "image": FILE},
    "video": {"type": "video", "video": FILE},
    "voice": {"type": "audio", "audio": {**FILE, "voice": True}},
    "document": {"type": "document", "document": {**FILE, "filename": "x.pdf"}},
    "sticker": {"type": "sticker", "sticker": FILE},
    "location": {"type": "location", "location": {"latitude": 1.0, "longitude": 2.0}},
    "contact": {"type": "contacts", "contacts": [{"name": {"formatted_name": "A"}}]},
    "unsupported": {"type": "unsupported", "errors": [{"code": 131051, "title": "Message type unknown"}]},
    "order": {"type": "order", "order": {}},
}
KEYS = ("urgent", "skip", "leave")
MARKED = re.compile(r"^(\w{1,2})\. (.+)$", re.MULTILINE)


class WhatsAppDevice(Device):
    channel = "whatsapp"
    capabilities = CAPABILITIES
    kinds = tuple(PARTS)

    def __init__(self, api: CloudApi) -> None:
        self._api = api

    @property
    def chat(self) -> str:
        return SHE

    async def write(self, text: str) -> None:
        await self._push(type="text", text={"body": text})

    async def press(self, label: str) -> None:
        for said in reversed(self._api.said):
            for name, title, listed in _choices(said):
                if title == label:
                    kind = "list_reply" if listed else "button_reply"
                    pressed = {"type": kind, kind: {"id": name, "title": title}}
                    await self._push(type="interactive", interactive=pressed)
                    return
            marks = {words: mark for mark, words in MARKED.findall(_words(said))}
            if label in marks:
                await self.write(marks[label])
                return
        raise AssertionError(label)

    async def show(self, text: str, author: str) -> None:  # noqa: ARG002 - WhatsApp does not say who wrote
        await self._push(type="text", text={"body": text}, context={"forwarded": True})

    async def send(self, kind: str) -> None:
        await self._push(**PARTS[kind])

    def texts(self) -> list[str]:
        assert self._api.refused == []
        assert self._api.fetched == []
        return [_words(said) for said in self._api.said]

    def offered(self) -> list[str]:
        for said in reversed(self._api.said):
            found = [title for name, title, _ in _choices(said) if name not in KEYS]
            found = found or [words for _, words in MARKED.findall(_words(said))]
            if found:
                return found
        return []

    def files(self) -> list[str]:
        headers = [said.get("interactive", {}).get("header", said) for said in self._api.said]
        return [header["document"]["filename"] for header in headers if "document" in header]

    async def _push(self, **message: Any) -> None:
        answer = await self._api.push(SHE, **message)
        assert answer.status_code == 200


def _words(said: dict[str, Any]) -> str:
    match said["type"]:
        case "text":
            return str(said["text"]["body"])
        case "interactive":
            return str(said["interactive"]["body"]["text"])
        case "document":
            return str(said["document"]["caption"])
    return str(said["template"]["name"])


def _choices(said: dict[str, Any]) -> list[tuple[str, str, bool]]:
    """(id, what she reads, whether it is a row of a list)."""
    action = said.get("interactive", {}).get("action", {})
    buttons = [(b["reply"]["id"], b["reply"]["title"], False) for b in action.get("buttons", [])]
    rows = [row for section in action.get("sections", []) for row in section["rows"]]
    return buttons + [(row["id"], row.get("description") or row["title"], True) for row in rows]


@asynccontextmanager
async def device(means: Means) -> AsyncIterator[tuple[WhatsAppDevice, Opened]]:
    """The device, and how the service opens its channel."""
    port = free_port()
    api = await CloudApi(f"http://127.0.0.1:{port}/whatsapp").start()
    settings = replace(
        means.config.whatsapp, phone_id=PHONE_ID, api=f"http://127.0.0.1:{api.port}", port=port, template="rappel"
    )
    secrets = Secrets(TOKEN, APP_SECRET, VERIFY_TOKEN)
    try:
        yield WhatsAppDevice(api), lambda: whatsapp.opened(settings, means.knowledge.texts, secrets, lambda _: None)
    finally:
        await api.stop()
