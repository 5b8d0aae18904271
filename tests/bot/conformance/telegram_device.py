"""Telegram, over the Bot API's HTTP."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from bot.channel import Opened
from bot.channels import telegram
from bot.channels.telegram import CAPABILITIES
from bot.talk import Means
from tests.bot.conformance.device import Device
from tests.bot_api import TOKEN, BotApi, a_message

SHE = 77
FILE = {"file_id": "f", "file_unique_id": "u", "file_size": 10}
PARTS: dict[str, dict[str, Any]] = {
    "photo": {"photo": [{**FILE, "width": 1, "height": 1}]},
    "voice": {"voice": {**FILE, "duration": 3}},
    "video": {"video": {**FILE, "width": 1, "height": 1, "duration": 4}},
    "document": {"document": FILE},
    "sticker": {
        "sticker": {**FILE, "width": 1, "height": 1, "is_animated": False, "is_video": False, "type": "regular"}
    },
    "location": {"location": {"latitude": 1.0, "longitude": 2.0}},
    "contact": {"contact": {"phone_number": "1", "first_name": "A"}},
    "poll": {"poll": {"id": "1"}},
    "service message": {"new_chat_title": "x"},
}


class TelegramDevice(Device):
    channel = "telegram"
    capabilities = CAPABILITIES
    kinds = tuple(PARTS)

    def __init__(self, api: BotApi) -> None:
        self._api = api

    @property
    def chat(self) -> str:
        return str(SHE)

    async def write(self, text: str) -> None:
        self._api.write(SHE, text)

    async def press(self, label: str) -> None:
        buttons = [button for said in self._visible() for row in said["markup"].get("inline_keyboard", [])
                   for button in row if button["text"] == label]  # fmt: skip
        assert buttons, label
        self._api.press(SHE, buttons[-1]["callback_data"])

    async def show(self, text: str, author: str) -> None:
        origin = {"type": "hidden_user", "sender_user_name": author, "date": 1_794_000_000}
        self._api.write(SHE, text, forward_origin=origin)

    async def send(self, kind: str) -> None:
        self._api.push(message=a_message(SHE, 5, **PARTS[kind]))

    def texts(self) -> list[str]:
        return [said["text"] for said in self._visible()]

    def offered(self) -> list[str]:
        boards = [said["markup"]["inline_keyboard"] for said in self._visible() if said["markup"]]
        rows = [board[:-1] for board in boards if len(board) > 1]
        return [button["text"] for row in rows[-1] for button in row] if rows else []

    def files(self) -> list[str]:
        return ["file" for said in self._visible() if "document" in said["fields"]]

    def _visible(self) -> list[dict[str, Any]]:
        gone = set(self._api.deleted)
        return [said for said in self._api.said if (said["chat_id"], said["message_id"]) not in gone]


@asynccontextmanager
async def device(means: Means) -> AsyncIterator[tuple[TelegramDevice, Opened]]:
    """The device, and how the service opens its channel."""
    api = await BotApi().start()
    settings = replace(means.config.telegram, api=api.base_url)
    try:
        yield TelegramDevice(api), lambda: telegram.opened(settings, means.knowledge.texts, TOKEN)
    finally:
        await api.stop()
