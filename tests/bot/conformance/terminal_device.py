"""The terminal, by the JSON lines of `recours chat --script`; it shares the store so that staff can write into it."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from bot.channels import terminal
from bot.channels.terminal import CAPABILITIES, CHANNEL, CHAT, Conversation
from bot.talk import Means
from cases.sql.store import SqlStore
from tests.bot.conformance.device import Device


class TerminalDevice(Device):
    channel = CHANNEL
    capabilities = CAPABILITIES
    kinds = ("photo", "voice", "video", "document", "sticker", "location")

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation
        self._seen: list[dict[str, Any]] = []

    @property
    def chat(self) -> str:
        return CHAT

    async def write(self, text: str) -> None:
        self._line(text=text)

    async def press(self, label: str) -> None:
        ids = [button["id"] for said in self._visible() for button in (*said["buttons"], *said["keys"])
               if button["label"] == label]  # fmt: skip
        assert ids, label
        self._line(choice=ids[-1])

    async def show(self, text: str, author: str) -> None:
        self._line(**{"forward": text, "from": author})

    async def send(self, kind: str) -> None:
        self._line(**{kind: ""})

    def texts(self) -> list[str]:
        return [said["text"] for said in self._visible()]

    def offered(self) -> list[str]:
        buttons = [said["buttons"] for said in self._visible() if said["buttons"]]
        return [button["label"] for button in buttons[-1]] if buttons else []

    def files(self) -> list[str]:
        return [said["document"]["name"] for said in self._visible() if "document" in said]

    def _line(self, **row: str) -> None:
        self._conversation.hear(**terminal.parse(json.dumps(row), 1))
        self._visible()

    def _visible(self) -> list[dict[str, Any]]:
        for outgoing in self._conversation.said():
            said = json.loads(json.dumps(terminal.to_json(outgoing)))
            self._seen = [] if "wipe" in said else [*self._seen, said]
        return self._seen


@asynccontextmanager
async def device(means: Means, store: SqlStore) -> AsyncIterator[TerminalDevice]:
    """The device; the terminal needs no service."""
    yield TerminalDevice(Conversation(means, store, None))
