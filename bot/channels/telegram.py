"""The Telegram channel: long polling or webhook in, Bot API calls out."""

import asyncio
import hmac
import json
import warnings
from base64 import b64decode
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from telegram import Bot, BotCommand, InlineKeyboardButton, InlineKeyboardMarkup
from telegram.constants import ChatAction
from telegram.error import BadRequest, Forbidden, InvalidToken, RetryAfter, TelegramError
from telegram.request import HTTPXRequest
from telegram.warnings import PTBUserWarning

from bot import config, degrading, events
from bot.capabilities import TABLE
from bot.channel import DeliveryError, Elsewhere, Fate, Raw, Sharing, Take
from bot.channels.telegram_updates import ALLOWED_UPDATES, CHANNEL, chat_of, to_inbound
from bot.instants import backoff
from bot.listening import listening
from bot.messages import Inbound
from cases.case import Outgoing
from flows.texts import Texts

CAPABILITIES = TABLE[CHANNEL]
POLL_SECONDS = 30
GONE = ("chat not found", "user is deactivated", "bot was blocked", "bot can't initiate", "peer_id_invalid")
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the name of a header
LARGEST_UPDATE = 1_000_000  # bytes
DELETED_AT_ONCE = 100  # the Bot API's limit for one deleteMessages
FILE_SECONDS, CHUNK = 30.0, 65_536  # bytes
COMMANDS = {
    "": [
        "urgence",
        "bilan",
        "passer",
        "retour",
        "pause",
        "humain",
        "mot",
        "dossier",
        "courrier",
        "rappel",
        "langue",
        "code",
        "effacer",
        "quitter",
        "aide",
        "privacy",
    ],
    "en": [
        "urgent",
        "assessment",
        "skip",
        "back",
        "pause",
        "human",
        "word",
        "file",
        "letters",
        "remind",
        "language",
        "code",
        "erase",
        "leave",
        "help",
        "privacy",
    ],
}


def file_url(api: str) -> str:
    """Where the Bot API hands over files, from where it takes calls."""
    head, found, tail = api.rpartition("/bot")
    return f"{head}/file/bot{tail}" if found else api


@asynccontextmanager
async def opened(
    settings: config.Telegram, texts: Texts, token: str, *, several: bool = False
) -> AsyncIterator["Telegram"]:
    """The channel with its connection to the Bot API; with `several`, other workers listen on its port too."""
    request = HTTPXRequest(
        connection_pool_size=CAPABILITIES.at_once + 5, pool_timeout=30, read_timeout=POLL_SECONDS + 10
    )
    async with Bot(token, base_url=settings.api, base_file_url=file_url(settings.api), request=request) as bot:
        yield Telegram(bot, settings, texts, several=several)


class Telegram:
    """`bot.channel.Channel` over the Bot API."""

    name = CHANNEL
    capabilities = CAPABILITIES

    def __init__(self, bot: Bot, settings: config.Telegram, texts: Texts, *, several: bool = False) -> None:
        self._several = several
        self._bot = bot
        self._settings = settings
        self._texts = texts
        self.sharing = Sharing.ONE_RECEIVES if settings.mode == "polling" else Sharing.ALL

    async def receive(self, take: Take) -> None:
        """See `Channel.receive`."""
        await self._register()
        await (self._poll(take) if self._settings.mode == "polling" else self._listen(take))

    def to_inbound(self, raw: Mapping[str, Any], at: datetime) -> Inbound | Elsewhere:
        """See `Channel.to_inbound`."""
        return to_inbound(raw, at)

    async def acknowledge(self, raw: Mapping[str, Any], heard: Inbound | Elsewhere) -> None:
        """Stop the clock on a pressed button; leave a group with a sentence."""
        query = raw.get("callback_query")
        with _named_errors():
            if isinstance(query, dict) and "id" in query:
                await self._bot.answer_callback_query(str(query["id"]))
            if isinstance(heard, Elsewhere) and heard.chat:
                await self._bot.send_message(heard.chat, self._texts.get("conversation.group_leave"))
                await self._bot.leave_chat(heard.chat)

    def is_reachable(self, chat: str) -> bool:  # noqa: ARG002 - Telegram keeps what she has not seen
        """Always: Telegram keeps what she has not seen."""
        return True

    async def deliver(self, outgoing: Outgoing) -> list[str]:
        """See `Channel.deliver`."""
        with _named_errors():
            return await deliver(self._bot, outgoing, protect=self._settings.protect_content)

    async def show_typing(self, chat: str) -> None:
        """See `bot.presence.ShowsTyping`; that she types, Telegram tells no program."""
        with _named_errors():
            await self._bot.send_chat_action(chat, ChatAction.TYPING)

    async def wipe(self, chat: str, message_ids: Sequence[str]) -> None:
        """See `Channel.wipe`."""
        await wipe(self._bot, chat, message_ids)

    def drained(self, chat: str) -> None:
        """Nobody waits for the end of a queue here."""

    async def download(self, reference: str) -> AsyncIterator[bytes]:
        """See `Channel.download`."""
        with _named_errors():
            file = await self._bot.get_file(reference)
            async with (
                httpx.AsyncClient(timeout=FILE_SECONDS) as client,
                client.stream("GET", file.file_path or "") as answer,
            ):
                answer.raise_for_status()
                async for chunk in answer.aiter_bytes(CHUNK):
                    yield chunk

    async def _register(self) -> None:
        describe = {
            language: {name: self._texts.get(f"commands.{name}", language or "fr") for name in COMMANDS[language]}
            for language in COMMANDS
        }
        with suppress(TelegramError):  # a menu that is missing stops nobody
            await register_commands(self._bot, describe)

    async def _poll(self, take: Take) -> None:
        """Long polling: the offset acknowledges only what is on disk."""
        with suppress(TelegramError):
            await self._bot.delete_webhook()
        offset, failures = 0, 0
        while True:
            try:
                updates = await self._get_updates(offset)
                failures = 0
            except RetryAfter as error:
                await asyncio.sleep(_wait(error).total_seconds())
                continue
            except InvalidToken:
                events.tell("token_refused", channel=CHANNEL)
                raise
            except TelegramError as error:
                failures += 1
                events.tell("receive_failed", channel=CHANNEL, fault=error)
                await asyncio.sleep(backoff(failures).total_seconds())
                continue
            if await take([_raw(update) for update in updates]):
                offset = max(int(update["update_id"]) for update in updates) + 1

    async def _get_updates(self, offset: int) -> list[dict[str, Any]]:
        """Raw updates: the library would drop a whole batch for one that it cannot parse."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", PTBUserWarning)  # it advises get_updates, which parses
            answer = await self._bot.do_api_request(
                "getUpdates",
                api_kwargs={"offset": offset, "timeout": POLL_SECONDS, "allowed_updates": ALLOWED_UPDATES},
                read_timeout=POLL_SECONDS + 10,
            )
        return [update for update in answer if isinstance(update, dict) and "update_id" in update]

    async def _listen(self, take: Take) -> None:
        """Webhook: 200 only after the commit; the secret is compared in constant time."""
        secret = webhook_secret(self._bot.token)

        async def hook(request: Request) -> Response:
            if not hmac.compare_digest(request.headers.get(SECRET_HEADER, "").encode(), secret.encode()):
                events.tell("webhook_refused", channel=CHANNEL)
                return Response(status_code=403)
            content = await request.body()
            try:
                update = json.loads(content) if len(content) <= LARGEST_UPDATE else None
            except ValueError:
                update = None
            if not isinstance(update, dict) or "update_id" not in update:
                return Response(status_code=200)  # never usable: anything else would make it come back for ever
            return Response(status_code=200 if await take([_raw(update)]) else 503)

        app = Starlette(routes=[Route("/telegram", hook, methods=["POST"])])
        where = (self._settings.webhook_listen, self._settings.webhook_port)
        async with listening(app, *where, several=self._several) as serving:
            await self._set_webhook(secret)
            await asyncio.shield(serving)

    async def _set_webhook(self, secret: str) -> None:
        """Every worker says the same; when they say it at once, Telegram asks some of them to wait."""
        failures = 0
        while True:
            try:
                await self._bot.set_webhook(
                    f"{self._settings.webhook_url}/telegram", secret_token=secret, allowed_updates=ALLOWED_UPDATES
                )
            except InvalidToken:
                events.tell("token_refused", channel=CHANNEL)
                raise
            except BadRequest:
                events.tell("address_refused", channel=CHANNEL)
                raise
            except RetryAfter as error:
                await asyncio.sleep(_wait(error).total_seconds())
            except TelegramError as error:
                failures += 1
                events.tell("receive_failed", channel=CHANNEL, fault=error)
                await asyncio.sleep(backoff(failures).total_seconds())
            else:
                return


def webhook_secret(token: str) -> str:
    """What Telegram must show with every update: the same for all workers, known to who has the token only."""
    return hmac.new(token.encode(), b"recours webhook", "sha256").hexdigest()


def _raw(update: Mapping[str, Any]) -> Raw:
    return Raw(str(update["update_id"]), chat_of(update), json.dumps(update, ensure_ascii=False))


@contextmanager
def _named_errors() -> Iterator[None]:
    """The platform's sentences become one error with a fate, so that nobody above reads its text."""
    try:
        yield
    except RetryAfter as error:
        raise DeliveryError(Fate.LATER, "RetryAfter", _wait(error)) from error
    except Forbidden as error:
        raise DeliveryError(Fate.GONE, "Forbidden") from error
    except BadRequest as error:
        gone = any(word in str(error).lower() for word in GONE)
        raise DeliveryError(Fate.GONE if gone else Fate.REFUSED, "BadRequest") from error
    except (TelegramError, httpx.HTTPError) as error:
        raise DeliveryError(Fate.LATER, type(error).__name__) from error


def _wait(error: RetryAfter) -> timedelta:
    seconds = error.retry_after
    return seconds if isinstance(seconds, timedelta) else timedelta(seconds=seconds)


async def deliver(bot: Bot, outgoing: Outgoing, *, protect: bool) -> list[str]:
    """Send one queued reply; returns the platform's message ids.

    Raises:
        TelegramError: the platform refused it or could not be reached.
    """
    sent = []
    for shown in degrading.show(outgoing.body, CAPABILITIES):
        keyboard = InlineKeyboardMarkup([_row(row) for row in shown.rows]) if shown.rows else None
        if shown.document:
            message = await bot.send_document(
                int(outgoing.chat),
                b64decode(shown.document["base64"]),
                filename=shown.document["name"],
                caption=shown.text,
                reply_markup=keyboard,
                protect_content=protect or None,
            )
        else:
            message = await bot.send_message(
                int(outgoing.chat), shown.text, reply_markup=keyboard, protect_content=protect or None
            )
        sent.append(str(message.message_id))
    return sent


def _row(buttons: Sequence[Sequence[str]]) -> list[InlineKeyboardButton]:
    return [InlineKeyboardButton(label, callback_data=name) for name, label in buttons]


async def wipe(bot: Bot, chat: str, message_ids: Sequence[str]) -> None:
    """Delete both sides of the thread; a message the platform keeps does not stop the others."""
    numbers = [int(message_id) for message_id in message_ids]
    for start in range(0, len(numbers), DELETED_AT_ONCE):
        batch = numbers[start : start + DELETED_AT_ONCE]
        try:
            await bot.delete_messages(int(chat), batch)
        except TelegramError:
            for number in batch:
                await _delete(bot, int(chat), number)


async def _delete(bot: Bot, chat: int, number: int) -> None:
    try:
        await bot.delete_message(chat, number)
    except TelegramError:
        return  # too old, or gone already: said honestly when she comes back


async def register_commands(bot: Bot, describe: Mapping[str, Mapping[str, str]]) -> None:
    """Register the commands in French (for everybody) and in English; `describe` is language to command to words."""
    for language, names in COMMANDS.items():
        words = describe[language]
        commands = [BotCommand(name, words[name]) for name in names]
        await bot.set_my_commands(commands, language_code=language or None)
