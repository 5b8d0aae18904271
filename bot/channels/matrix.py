"""The Matrix channel, end-to-end encrypted where the room is, by matrix-nio over vodozemac.

The keys of the bot's device stand in an SQLCipher file of their own, under a key derived from its token. The place
in the stream of events is saved only after the inbox has kept what came before it.
"""

import asyncio
import json
import logging
from base64 import b64decode
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import nio
from aiohttp import ClientError
from nio.crypto.attachments import encrypt_attachment
from nio.store.database import SqliteStore as DeviceStore
from playhouse.sqlcipher_ext import SqlCipherDatabase

from bot import config, degrading, events
from bot.capabilities import TABLE
from bot.channel import DeliveryError, Elsewhere, Fate, Raw, Sharing, Take, WithoutFiles
from bot.channels.matrix_events import CHANNEL, to_inbound
from bot.instants import backoff
from bot.messages import Inbound
from cases.case import Outgoing
from flows.texts import Texts

CAPABILITIES = TABLE[CHANNEL]
SYNC_MILLISECONDS = 30_000
TYPING_MILLISECONDS = 6_000
TIMELINE = {
    "room": {"timeline": {"limit": 100}, "ephemeral": {"types": ["m.typing"]}},
    "presence": {"not_types": ["*"]},
}
PAIR = 2  # members of a conversation


@asynccontextmanager
async def opened(settings: config.Config, texts: Texts, token: str) -> AsyncIterator["Matrix"]:
    """The channel with its device; what encrypts the device's keys is derived from its token."""
    key = sha256(b"recours matrix device\0" + token.encode()).hexdigest()
    matrix = settings.matrix
    folder = settings.path(settings.store.path).parent
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    options = nio.AsyncClientConfig(
        store=_encrypted_store(key), pickle_key=key, store_sync_tokens=False, max_limit_exceeded=0, max_timeouts=0
    )
    logging.getLogger("nio").setLevel(logging.CRITICAL)  # it would name rooms and people
    client = nio.AsyncClient(matrix.homeserver, matrix.user, matrix.device, str(folder), options)
    client.restore_login(matrix.user, matrix.device, token)
    try:
        yield Matrix(client, texts)
    finally:
        await client.close()


def _encrypted_store(key: str) -> type[DeviceStore]:
    """The library's own store, in an encrypted file: it also holds who wrote, which is personal."""

    @dataclass
    class EncryptedStore(DeviceStore):  # type: ignore[misc]  # nio ships no types
        def _create_database(self) -> SqlCipherDatabase:
            Path(self.database_path).touch(mode=0o600)
            return SqlCipherDatabase(
                self.database_path, passphrase=key, pragmas={"foreign_keys": 1, "secure_delete": 1}
            )

        def __post_init__(self) -> None:
            self.database_name = "matrix-device.db"  # the name of a file would name the account
            super().__post_init__()

    return EncryptedStore


class Matrix(WithoutFiles):
    """`bot.channel.Channel` over the client-server API of one homeserver."""

    name = CHANNEL
    capabilities = CAPABILITIES
    sharing = Sharing.ONE  # the keys of its device belong to one process

    def __init__(self, client: nio.AsyncClient, texts: Texts) -> None:
        self._client = client
        self._texts = texts
        self.typed: Callable[[str], None] = lambda _: None  # see `bot.presence.HearsTyping`

    async def receive(self, take: Take) -> None:
        """See `Channel.receive`."""
        since = self._client.store.load_sync_token() if self._client.store else None
        failures = 0
        while True:
            response = await self._sync(since)
            if isinstance(response, nio.SyncResponse) and await self._keep(response, since, take):
                since, failures = response.next_batch, 0
                if self._client.store:
                    self._client.store.save_sync_token(since)
                continue
            failures += 1
            events.tell("receive_failed", channel=CHANNEL)
            await asyncio.sleep(backoff(failures).total_seconds())

    async def _sync(self, since: str | None) -> object:
        """One long poll, then what the device owes: its keys, and the keys of those it writes to."""
        try:
            response = await self._client.sync(SYNC_MILLISECONDS, TIMELINE, since=since)
            if self._client.should_upload_keys:
                await self._client.keys_upload()
            if self._client.should_query_keys:
                await self._client.keys_query()
            if self._client.should_claim_keys:
                await self._client.keys_claim(self._client.get_users_for_key_claiming())
            await self._client.send_to_device_messages()
        except (ClientError, TimeoutError) as error:
            return error
        return response

    async def _keep(self, response: nio.SyncResponse, since: str | None, take: Take) -> bool:
        """Write what came in one answer to the inbox; False when it is not on disk."""
        for room_id in response.rooms.invite:
            await self._join(room_id)
        raws: list[Raw] = []
        for room_id, joined in response.rooms.join.items():
            if any(self._is_typing(event) for event in joined.ephemeral):
                self.typed(room_id)
            events = list(joined.timeline.events)
            if joined.timeline.limited and since:
                events = [*await self._missed(room_id, joined.timeline.prev_batch, since), *events]
            raws += [self._raw(room_id, event) for event in events if self._is_hers(event)]
        return not raws or await take(raws)

    async def _join(self, room_id: str) -> None:
        await self._client.join(room_id)

    async def _missed(self, room_id: str, start: str | None, since: str) -> list[nio.Event]:
        """What a long silence or a raid left out of the answer, oldest first."""
        found: list[nio.Event] = []
        while start:
            page = await self._client.room_messages(room_id, start, since, nio.MessageDirection.back, 100)
            if not isinstance(page, nio.RoomMessagesResponse) or not page.chunk:
                break
            found = [*reversed(page.chunk), *found]
            start = page.end
        return found

    def _is_typing(self, event: object) -> bool:
        users = event.users if isinstance(event, nio.TypingNoticeEvent) else []
        return any(user != self._client.user_id for user in users)

    def _is_hers(self, event: nio.Event) -> bool:
        return event.sender != self._client.user_id and "state_key" not in event.source

    def _raw(self, room_id: str, event: nio.Event) -> Raw:
        """The event, decrypted where the room is encrypted, as plain JSON."""
        room = self._client.rooms.get(room_id)
        source = {
            "event_id": event.event_id,
            "room_id": room_id,
            "type": event.source.get("type"),
            "content": event.source.get("content"),
            "crowd": room is not None and room.member_count > PAIR,
            "encrypted": bool(room and room.encrypted),
        }
        return Raw(event.event_id, room_id, json.dumps(source, ensure_ascii=False))

    def to_inbound(self, raw: Mapping[str, Any], at: datetime) -> Inbound | Elsewhere:
        """See `Channel.to_inbound`."""
        return to_inbound(raw, at)

    async def acknowledge(self, raw: Mapping[str, Any], heard: Inbound | Elsewhere) -> None:
        """Leave a room where there are others; say once, plainly, when a room is not encrypted."""
        if isinstance(heard, Elsewhere):
            if heard.chat:
                await self._send(heard.chat, self._texts.get("conversation.group_leave"))
                await self._client.room_leave(heard.chat)
        elif not raw.get("encrypted") and heard.text.strip() in ("/start", "start"):
            await self._send(heard.chat, self._texts.get("conversation.room_not_encrypted"))

    def is_reachable(self, chat: str) -> bool:  # noqa: ARG002 - the homeserver keeps what she has not seen
        """Always: the homeserver keeps what she has not seen."""
        return True

    async def deliver(self, outgoing: Outgoing) -> list[str]:
        """See `Channel.deliver`."""
        sent = []
        for shown in degrading.show(outgoing.body, CAPABILITIES):
            sent.append(await self._send(outgoing.chat, shown.text))
            if shown.document:
                sent.append(await self._send_file(outgoing.chat, shown.document))
        return sent

    async def _send(self, room_id: str, text: str) -> str:
        return await self._send_content(room_id, {"msgtype": "m.text", "body": text})

    async def _send_file(self, room_id: str, document: Mapping[str, str]) -> str:
        room = self._client.rooms.get(room_id)
        content = b64decode(document["base64"])
        info = {"mimetype": document["mime"], "size": len(content)}
        if room and room.encrypted:
            hidden, keys = encrypt_attachment(content)
            place: dict[str, Any] = {"file": {**keys, "url": await self._upload(hidden, "application/octet-stream")}}
        else:
            place = {"url": await self._upload(content, document["mime"])}
        return await self._send_content(room_id, {"msgtype": "m.file", "body": document["name"], "info": info, **place})

    async def _upload(self, content: bytes, mime: str) -> str:
        """Give a file to the homeserver, without its name; the library's own upload breaks off here."""
        headers = {"Authorization": f"Bearer {self._client.access_token}", "Content-Type": mime}
        try:
            async with httpx.AsyncClient(timeout=60) as client:
                answer = await client.post(
                    f"{self._client.homeserver}/_matrix/media/v3/upload", content=content, headers=headers
                )
        except httpx.HTTPError as error:
            raise DeliveryError(Fate.LATER, type(error).__name__) from error
        if answer.status_code == httpx.codes.REQUEST_ENTITY_TOO_LARGE:
            raise DeliveryError(Fate.REFUSED, "M_TOO_LARGE")
        if answer.is_error:
            raise DeliveryError(Fate.LATER, f"upload {answer.status_code}")
        return str(answer.json()["content_uri"])

    async def _send_content(self, room_id: str, content: Mapping[str, Any]) -> str:
        try:
            answer = await self._client.room_send(
                room_id, "m.room.message", dict(content), ignore_unverified_devices=True
            )
        except (ClientError, TimeoutError, nio.exceptions.ProtocolError) as error:
            raise DeliveryError(Fate.LATER, type(error).__name__) from error
        if not isinstance(answer, nio.RoomSendResponse):
            raise _failure(answer)
        return str(answer.event_id)

    async def show_typing(self, chat: str) -> None:
        """See `bot.presence.ShowsTyping`."""
        with suppress(ClientError, TimeoutError):
            await self._client.room_typing(chat, typing_state=True, timeout=TYPING_MILLISECONDS)

    async def wipe(self, chat: str, message_ids: Sequence[str]) -> None:
        """Redact both sides; hers stay where she did not give us the power."""
        for event_id in message_ids:
            with suppress(ClientError, TimeoutError):
                await self._client.room_redact(chat, event_id)

    def drained(self, chat: str) -> None:
        """Nobody waits for the end of a queue here."""


def _failure(answer: object) -> DeliveryError:
    """What the homeserver's refusal means for the outbox."""
    code = str(getattr(answer, "status_code", "") or type(answer).__name__)
    if code in ("M_FORBIDDEN", "M_NOT_FOUND", "M_UNKNOWN_ROOM"):
        return DeliveryError(Fate.GONE, code)
    if code == "M_TOO_LARGE":
        return DeliveryError(Fate.REFUSED, code)
    wait = getattr(answer, "retry_after_ms", None)
    return DeliveryError(Fate.LATER, code, timedelta(milliseconds=wait) if wait else None)
