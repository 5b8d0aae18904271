"""Matrix, with a second matrix-nio device as her phone, through a real Synapse on loopback; the room is encrypted."""

import asyncio
import re
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import nio

from bot.channel import Opened
from bot.channels import matrix
from bot.channels.matrix import CAPABILITIES
from bot.talk import Means
from tests.bot.conformance.device import Device, pasted
from tests.synapse import Account, Synapse

MEDIA = {"mimetype": "image/png", "size": 1234}
CONTENTS: dict[str, tuple[str, dict[str, Any]]] = {
    "photo": ("m.room.message", {"msgtype": "m.image", "body": "x.png", "url": "mxc://localhost/a", "info": MEDIA}),
    "video": ("m.room.message", {"msgtype": "m.video", "body": "x.mp4", "url": "mxc://localhost/b"}),
    "voice": ("m.room.message", {"msgtype": "m.audio", "body": "x", "url": "mxc://localhost/c", "m.voice": {}}),
    "document": ("m.room.message", {"msgtype": "m.file", "body": "x.pdf", "url": "mxc://localhost/d"}),
    "location": ("m.room.message", {"msgtype": "m.location", "body": "x", "geo_uri": "geo:1,2"}),
    "sticker": ("m.sticker", {"body": "x", "url": "mxc://localhost/e", "info": {}}),
    "unknown": ("m.room.message", {"msgtype": "org.example.odd", "body": "x"}),
}
KEYS = ("Aide urgente", "Passer", "Quitter")
MARKED = re.compile(r"^(\w{1,2})\. (.+)$", re.MULTILINE)


class MatrixDevice(Device):
    channel = "matrix"
    capabilities = CAPABILITIES
    kinds = tuple(CONTENTS)

    def __init__(self, client: nio.AsyncClient, bot: str, *, encrypted: bool) -> None:
        self._client = client
        self._bot = bot
        self._encrypted = encrypted
        self._room = ""
        self._said: dict[str, tuple[str, str]] = {}  # event id: kind, words
        client.add_event_callback(self._hear, (nio.RoomMessageText, nio.RoomMessageFile, nio.RoomEncryptedFile))
        client.add_event_callback(self._forget, nio.RedactionEvent)

    @property
    def chat(self) -> str:
        return self._room

    async def _hear(self, _: nio.MatrixRoom, event: nio.RoomMessage) -> None:
        if event.sender == self._bot:
            kind = "text" if isinstance(event, nio.RoomMessageText) else "file"
            self._said[event.event_id] = kind, event.body

    async def _forget(self, _: nio.MatrixRoom, event: nio.RedactionEvent) -> None:
        self._said.pop(event.redacts, None)

    async def open_room(self) -> None:
        """Invite the bot and wait until it has come, so that its device gets the room's keys."""
        state = [nio.EnableEncryptionBuilder().as_dict()] if self._encrypted else []
        room = await self._client.room_create(is_direct=True, invite=[self._bot], initial_state=state)
        assert isinstance(room, nio.RoomCreateResponse), room
        self._room = room.room_id
        await self.until(self._has_come)

    def _has_come(self) -> bool:
        room = self._client.rooms.get(self._room)
        return room is not None and self._bot in room.users and not room.invited_users.get(self._bot)

    async def write(self, text: str) -> None:
        await self._send("m.room.message", {"msgtype": "m.text", "body": text})

    async def press(self, label: str) -> None:
        marks = {words: mark for text in self.texts() for mark, words in MARKED.findall(text)}
        assert label in marks or label in KEYS, label
        await self.write(marks.get(label, label))

    async def show(self, text: str, author: str) -> None:
        await self.write(pasted(text, author))

    async def send(self, kind: str) -> None:
        await self._send(*CONTENTS[kind])

    async def types(self) -> None:
        """Her phone tells that she types."""
        await self._client.room_typing(self._room, typing_state=True, timeout=6000)

    def sees_typing(self) -> bool:
        """Whether her phone shows that the bot types."""
        return self._bot in self._client.rooms[self._room].typing_users

    def texts(self) -> list[str]:
        return [words for kind, words in self._said.values() if kind == "text"]

    def offered(self) -> list[str]:
        offers = [[words for _, words in MARKED.findall(text)] for text in self.texts()]
        return next((offer for offer in reversed(offers) if offer), [])

    def files(self) -> list[str]:
        return [words for kind, words in self._said.values() if kind == "file"]

    async def _send(self, kind: str, content: dict[str, Any]) -> None:
        if not self._room:
            await self.open_room()
        sent = await self._client.room_send(self._room, kind, content, ignore_unverified_devices=True)
        assert isinstance(sent, nio.RoomSendResponse), sent


@asynccontextmanager
async def her_phone(server: Synapse, folder: Path, bot: Account, *, encrypted: bool) -> AsyncIterator[MatrixDevice]:
    """A signed-in client that syncs."""
    account = server.register(f"elle-{uuid.uuid4().hex[:8]}")
    options = nio.AsyncClientConfig(encryption_enabled=True, store_sync_tokens=False)
    folder.mkdir()  # noqa: ASYNC240 - a test
    client = nio.AsyncClient(server.url, account.user, account.device, str(folder), options)
    client.restore_login(account.user, account.device, account.token)
    syncing = asyncio.create_task(client.sync_forever(timeout=10_000, full_state=True))
    try:
        yield MatrixDevice(client, bot.user, encrypted=encrypted)
    finally:
        syncing.cancel()
        await asyncio.gather(syncing, return_exceptions=True)
        await client.close()


@asynccontextmanager
async def device(
    means: Means, server: Synapse, folder: Path, *, encrypted: bool = True
) -> AsyncIterator[tuple[MatrixDevice, Opened]]:
    """The device, and how the service opens its channel."""
    bot = server.register(f"recours-{uuid.uuid4().hex[:8]}")
    settings = replace(
        means.config,
        root=folder,
        matrix=replace(means.config.matrix, homeserver=server.url, user=bot.user, device=bot.device),
    )
    async with her_phone(server, folder / "phone", bot, encrypted=encrypted) as phone:
        yield phone, lambda: matrix.opened(settings, means.knowledge.texts, bot.token)
