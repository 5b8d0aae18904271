"""The WhatsApp channel over Meta's Cloud API: a signed webhook in, Graph API calls out. No file is ever fetched."""

import asyncio
import hashlib
import hmac
import json
from base64 import b64decode
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot import config, degrading, events
from bot.capabilities import TABLE
from bot.channel import DeliveryError, Elsewhere, Fate, Sharing, Take, WithoutFiles
from bot.channels.whatsapp_updates import CHANNEL, failures, messages, to_inbound, values
from bot.degrading import Pair, Shown
from bot.instants import now
from bot.listening import listening
from bot.messages import Inbound
from cases.case import Outgoing
from flows.texts import Texts

CAPABILITIES = TABLE[CHANNEL]
ROW_TITLE, ROW_DESCRIPTION = 24, 72  # characters of a row of a list
SIGNATURE = "X-Hub-Signature-256"
LARGEST_UPDATE = 3_000_000  # bytes: Meta's largest webhook
WINDOW_CLOSED = 131047
BUSY = frozenset({4, 80007, 130429, 131016, 131048, 131056, 190})  # limits, outages, a token to renew
GONE = frozenset({131026, 131030, 131045})  # not a WhatsApp number, not allowed, not registered


@dataclass(frozen=True, slots=True)
class Secrets:
    """What Meta gave and what was chosen in Meta's form."""

    token: str = field(repr=False)
    app_secret: str = field(repr=False)
    verify_token: str = field(repr=False)


@asynccontextmanager
async def opened(
    settings: config.WhatsApp,
    texts: Texts,
    secrets: Secrets,
    last_heard: Callable[[str], datetime | None],
    *,
    several: bool = False,
) -> AsyncIterator["WhatsApp"]:
    """The channel; `last_heard` says when a person last wrote, whatever this process remembers.

    With `several`, other workers listen on its port too.
    """
    headers = {"Authorization": f"Bearer {secrets.token}"}
    async with httpx.AsyncClient(base_url=settings.api, headers=headers, timeout=30) as client:
        yield WhatsApp(client, settings, texts, secrets, last_heard, several=several)


class WhatsApp(WithoutFiles):
    """`bot.channel.Channel` over the Cloud API."""

    name = CHANNEL
    capabilities = CAPABILITIES
    sharing = Sharing.ALL

    def __init__(
        self,
        client: httpx.AsyncClient,
        settings: config.WhatsApp,
        texts: Texts,
        secrets: Secrets,
        last_heard: Callable[[str], datetime | None],
        *,
        several: bool = False,
    ) -> None:
        self._several = several
        self._client = client
        self._settings = settings
        self._texts = texts
        self._secrets = secrets
        self._last_heard = last_heard
        self._closed: dict[str, datetime] = {}  # when conversations were told by template that something waits

    async def receive(self, take: Take) -> None:
        """Listen for the webhook: 200 only after the commit."""

        async def subscribe(request: Request) -> Response:
            given = request.query_params.get("hub.verify_token", "").encode()
            if not hmac.compare_digest(given, self._secrets.verify_token.encode()):
                return Response(status_code=403)
            return PlainTextResponse(request.query_params.get("hub.challenge", ""))

        async def hook(request: Request) -> Response:
            content = await request.body()
            if len(content) > LARGEST_UPDATE or not self._is_signed(content, request.headers.get(SIGNATURE, "")):
                events.tell("webhook_refused", channel=CHANNEL)
                return Response(status_code=403)
            return Response(status_code=200 if await self._keep(content, take) else 503)

        routes = [
            Route("/whatsapp", subscribe, methods=["GET"]),
            Route("/whatsapp", hook, methods=["POST"]),
        ]
        where = (self._settings.listen, self._settings.port)
        async with listening(Starlette(routes=routes), *where, several=self._several) as serving:
            await asyncio.shield(serving)

    def _is_signed(self, content: bytes, signature: str) -> bool:
        """Over the bytes as they came: a JSON read and written again would not be what Meta signed."""
        made = hmac.new(self._secrets.app_secret.encode(), content, hashlib.sha256).hexdigest()
        return hmac.compare_digest(f"sha256={made}".encode(), signature.encode())

    async def _keep(self, content: bytes, take: Take) -> bool:
        """What is signed and unusable is accepted: anything else would make it come back for days."""
        try:
            payload = json.loads(content)
        except ValueError:
            return True
        for value in values(payload, self._settings.phone_id):
            for chat, code in failures(value):
                events.tell("not_arrived", channel=CHANNEL, code=code)
                if code == WINDOW_CLOSED:
                    self._closed[chat] = now()
            if (raws := messages(value)) and not await take(raws):
                return False
        return True

    def to_inbound(self, raw: Mapping[str, Any], at: datetime) -> Inbound | Elsewhere:
        """See `Channel.to_inbound`."""
        return to_inbound(raw, at)

    async def acknowledge(self, raw: Mapping[str, Any], heard: Inbound | Elsewhere) -> None:  # noqa: ARG002 - no blue tick is sent
        """Her message opens the window again. No blue tick: whoever holds the phone would see one."""
        if isinstance(heard, Inbound):
            self._closed.pop(heard.chat, None)

    def is_reachable(self, chat: str) -> bool:
        """Not when the 24 hours are over and she was told, by template, that something waits."""
        if chat in self._closed and (heard_at := self._last_heard(chat)) and heard_at > self._closed[chat]:
            del self._closed[chat]  # another worker has heard her
        return chat not in self._closed

    async def deliver(self, outgoing: Outgoing) -> list[str]:
        """See `Channel.deliver`; outside the window only the neutral template leaves, the words wait for her."""
        heard_at = self._last_heard(outgoing.chat)
        if CAPABILITIES.window and heard_at is not None and now() - heard_at > CAPABILITIES.window:
            await self._say_that_something_waits(outgoing.chat)
            raise DeliveryError(Fate.LATER, "window closed", timedelta(0))
        return [
            await self._post(outgoing.chat, await self._message(shown))
            for shown in degrading.show(outgoing.body, CAPABILITIES)
        ]

    async def _say_that_something_waits(self, chat: str) -> None:
        self._closed[chat] = now()
        if self._settings.template:
            language = {"code": self._settings.template_language}
            template = {"name": self._settings.template, "language": language}
            await self._post(chat, {"type": "template", "template": template})

    async def _message(self, shown: Shown) -> dict[str, Any]:
        """One message in the form that Meta documents."""
        header = None
        if shown.document:
            file = {"id": await self._upload(shown.document), "filename": shown.document["name"]}
            if not shown.rows:
                return {"type": "document", "document": {**file, "caption": shown.text}}
            header = {"type": "document", "document": file}
        pairs = [pair for row in shown.rows for pair in row]
        if not pairs:
            return {"type": "text", "text": {"preview_url": False, "body": shown.text}}
        if shown.as_list:
            rows = [_row(pair) for pair in pairs]
            action: dict[str, Any] = {"button": self._texts.get("buttons.choose"), "sections": [{"rows": rows}]}
        else:
            action = {"buttons": [{"type": "reply", "reply": {"id": name, "title": label}} for name, label in pairs]}
        kind = "list" if shown.as_list else "button"
        body = {"type": kind, "body": {"text": shown.text}, "action": action}
        return {"type": "interactive", "interactive": {**body, **({"header": header} if header else {})}}

    async def _upload(self, document: Mapping[str, str]) -> str:
        fields = {"messaging_product": "whatsapp", "type": document["mime"]}
        files = {"file": (document["name"], b64decode(document["base64"]), document["mime"])}
        answer = await self._call("media", data=fields, files=files)
        return str(answer["id"])

    async def _post(self, chat: str, message: Mapping[str, Any]) -> str:
        to = {"messaging_product": "whatsapp", "recipient_type": "individual", "to": chat}
        answer = await self._call("messages", json={**to, **message})
        return str(answer["messages"][0]["id"])

    async def _call(self, method: str, **content: Any) -> Mapping[str, Any]:  # noqa: ANN401 - the parts of a request
        try:
            response = await self._client.post(f"/{self._settings.phone_id}/{method}", **content)
            answer = response.json()
        except (httpx.HTTPError, ValueError) as error:
            raise DeliveryError(Fate.LATER, type(error).__name__) from error
        if response.is_error:
            raise _failure(response.status_code, answer)
        return dict(answer)

    async def wipe(self, chat: str, message_ids: Sequence[str]) -> None:
        """WhatsApp lets a business delete nothing; she is told so."""

    def drained(self, chat: str) -> None:
        """Nobody waits for the end of a queue here."""


def _row(pair: Pair) -> dict[str, str]:
    """A row of a list: a long label is cut in the title and stands whole in the description."""
    name, label = pair
    if len(label) <= ROW_TITLE:
        return {"id": name, "title": label}
    return {"id": name, "title": f"{label[: ROW_TITLE - 1]}…", "description": label[:ROW_DESCRIPTION]}


def _failure(status: int, answer: object) -> DeliveryError:
    """What Meta's error code means for the outbox."""
    error = answer.get("error") if isinstance(answer, Mapping) else None
    code = error.get("code") if isinstance(error, Mapping) else None
    reason = f"code {code}"
    if code in GONE:
        return DeliveryError(Fate.GONE, reason)
    if code in BUSY or code == WINDOW_CLOSED or status >= httpx.codes.INTERNAL_SERVER_ERROR:
        return DeliveryError(Fate.LATER, reason)
    return DeliveryError(Fate.REFUSED, reason)
