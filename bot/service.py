"""`recours run`: take updates durably, handle them in order, send at least once. Nothing personal is ever logged."""

import asyncio
import hmac
import json
import logging
import secrets
import warnings
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from telegram import Bot
from telegram.error import BadRequest, Forbidden, InvalidToken, NetworkError, RetryAfter, TelegramError
from telegram.request import HTTPXRequest
from telegram.warnings import PTBUserWarning

from bot import engine
from bot.channels import telegram
from bot.channels.telegram import CHANNEL, Elsewhere, now
from bot.config import Config
from bot.messages import Inbound
from bot.talk import Means
from cases import backup
from cases.case import Outgoing, Taken
from cases.errors import StoreError
from cases.sqlite import SqliteStore

log = logging.getLogger("recours")
POLL_SECONDS = 30
LONGEST_WAIT = timedelta(minutes=5)
SENT_AT_ONCE = 25  # the Bot API's limit is 30 messages a second for a bot
PURGE_EVERY = timedelta(hours=24)
REMIND_EVERY = 20.0  # seconds
HIDDEN_AFTER = timedelta(hours=48)  # a bot may delete messages for 48 h
FAR = datetime(9999, 1, 1, tzinfo=UTC)
LONGEST_NAP = 2.0  # seconds
NOTICE_EVERY = 1.0  # seconds
GONE = ("chat not found", "user is deactivated", "bot was blocked", "bot can't initiate", "peer_id_invalid")
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the name of a header
LARGEST_UPDATE = 1_000_000  # bytes


async def serve(settings: Config, means: Means, store: SqliteStore, token: str) -> None:
    """Run the Telegram channel until cancelled.

    Raises:
        ConfigError: the token is refused.
    """
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    log.setLevel(logging.INFO)
    request = HTTPXRequest(connection_pool_size=SENT_AT_ONCE + 5, pool_timeout=30, read_timeout=POLL_SECONDS + 10)
    async with Bot(token, base_url=settings.telegram.api, request=request) as bot:
        service = Service(settings, means, store, bot)
        await service.run()


class Service:
    """The three loops of a channel around one case store: take, handle, send."""

    def __init__(self, settings: Config, means: Means, store: SqliteStore, bot: Bot) -> None:
        self._settings = settings
        self._means = means
        self._store = store
        self._bot = bot
        self._arrived = asyncio.Event()
        self._queued = asyncio.Event()
        self._sending: dict[str, asyncio.Task[None]] = {}
        self._side: set[asyncio.Task[Any]] = set()
        self._to_send: set[str] = set()
        self._at_once = asyncio.Semaphore(SENT_AT_ONCE)

    async def run(self) -> None:
        """Run until cancelled; what is taken and not handled, or queued and not sent, waits for the next start."""
        receive = self._poll if self._settings.telegram.mode == "polling" else self._listen
        async with asyncio.TaskGroup() as group:
            for loop in (self._register, receive, self._handle, self._send, self._notice, self._purge, self._remind):
                group.create_task(loop())
            log.info("ready")

    async def _register(self) -> None:
        describe = {
            language: {
                name: self._means.knowledge.texts.get(f"commands.{name}", language or "fr")
                for name in telegram.COMMANDS[language]
            }
            for language in telegram.COMMANDS
        }
        with suppress(TelegramError):  # a menu that is missing stops nobody
            await telegram.register_commands(self._bot, describe)

    async def _poll(self) -> None:
        """Long polling: the offset acknowledges only what is on disk."""
        with suppress(TelegramError):
            await self._bot.delete_webhook()
        offset, failures = 0, 0
        while True:
            try:
                updates = await self._get_updates(offset)
                failures = 0
            except RetryAfter as error:
                await asyncio.sleep(_seconds(error.retry_after))
                continue
            except InvalidToken:
                log.critical("Telegram refuses the token: ask @BotFather for a new one, then start again")
                raise
            except TelegramError as error:
                failures += 1
                log.warning("getUpdates failed: %s", type(error).__name__)
                await asyncio.sleep(_backoff(failures).total_seconds())
                continue
            if await self._take(updates):
                offset = max(int(update["update_id"]) for update in updates) + 1

    async def _get_updates(self, offset: int) -> list[dict[str, Any]]:
        """Raw updates: the library would drop a whole batch for one that it cannot parse."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", PTBUserWarning)  # it advises get_updates, which parses
            answer = await self._bot.do_api_request(
                "getUpdates",
                api_kwargs={"offset": offset, "timeout": POLL_SECONDS, "allowed_updates": telegram.ALLOWED_UPDATES},
                read_timeout=POLL_SECONDS + 10,
            )
        return [update for update in answer if isinstance(update, dict) and "update_id" in update]

    async def _take(self, updates: Sequence[dict[str, Any]]) -> bool:
        """Write a batch to the durable inbox; False when nothing is on disk, and then nothing is acknowledged."""
        if not updates:
            return False
        rows = [(str(u["update_id"]), telegram.chat_of(u), json.dumps(u, ensure_ascii=False)) for u in updates]
        try:
            self._store.take(CHANNEL, rows)
        except StoreError as error:
            log.error("inbox: %s", error)  # noqa: TRY400 - the sentence says all; a traceback would not help
            await asyncio.sleep(5)
            return False
        self._arrived.set()
        return True

    async def _listen(self) -> None:
        """Webhook: 200 only after the commit; the secret is compared in constant time."""
        secret = secrets.token_urlsafe(32)

        async def hook(request: Request) -> Response:
            if not hmac.compare_digest(request.headers.get(SECRET_HEADER, "").encode(), secret.encode()):
                log.warning("webhook: wrong secret")
                return Response(status_code=403)
            content = await request.body()
            try:
                update = json.loads(content) if len(content) <= LARGEST_UPDATE else None
            except ValueError:
                update = None
            if not isinstance(update, dict) or "update_id" not in update:
                return Response(status_code=200)  # never usable: anything else would make it come back for ever
            return Response(status_code=200 if await self._take([update]) else 503)

        settings = self._settings.telegram
        app = Starlette(routes=[Route("/telegram", hook, methods=["POST"])])
        server = uvicorn.Server(
            uvicorn.Config(
                app, host=settings.webhook_listen, port=settings.webhook_port, access_log=False, log_level="warning"
            )
        )
        serving = asyncio.create_task(server.serve())
        try:
            await self._bot.set_webhook(
                f"{settings.webhook_url}/telegram", secret_token=secret, allowed_updates=telegram.ALLOWED_UPDATES
            )
            await asyncio.shield(serving)
        finally:
            server.should_exit = True
            await serving

    async def _handle(self) -> None:
        """One update after the other, in the order of arrival: a turn takes milliseconds, sending is elsewhere."""
        while True:
            self._arrived.clear()
            for taken in self._store.waiting(CHANNEL):
                await self._handle_one(taken)
                await asyncio.sleep(0)
            if not self._arrived.is_set():
                await self._arrived.wait()

    async def _handle_one(self, taken: Taken) -> None:
        """Handle one update; a fault of ours is said to her and never blocks the next one."""
        try:
            raw = json.loads(taken.raw)
            inbound = telegram.to_inbound(raw, now())
            if isinstance(inbound, Elsewhere):
                self._store.skip(taken.id)
                self._aside(self._leave_group(inbound))
                return
            self._acknowledge_button(raw)
            self._turn(taken, inbound)
        except StoreError as error:
            log.error("store: %s", error)  # noqa: TRY400 - see _take
            await asyncio.sleep(5)
            self._arrived.set()
        except Exception as error:  # noqa: BLE001 - whatever it is, the next person must be answered
            where = error.__traceback__
            while where is not None and where.tb_next is not None:
                where = where.tb_next
            place = f"{where.tb_frame.f_code.co_filename}:{where.tb_lineno}" if where else ""
            log.error("update %s: %s at %s", taken.update, type(error).__name__, place)  # noqa: TRY400 - no content
            self._apologise(taken)

    def _turn(self, taken: Taken, inbound: Inbound) -> None:
        with self._store.turn(CHANNEL, inbound.chat, inbound.at, taken=taken.id) as turn:
            engine.answer(self._means, turn, inbound)
        self._wake(inbound.chat)

    def _apologise(self, taken: Taken) -> None:
        if not taken.chat:
            self._store.skip(taken.id)
            return
        with self._store.turn(CHANNEL, taken.chat, now(), taken=taken.id) as turn:
            words = self._means.knowledge.texts.get("conversation.internal")
            turn.save_state(turn.case.state)
            turn.say("send", {"text": words, "buttons": [], "keys": []})
        self._wake(taken.chat)

    def _acknowledge_button(self, raw: dict[str, Any]) -> None:
        query = raw.get("callback_query")
        if isinstance(query, dict) and "id" in query:
            self._aside(self._bot.answer_callback_query(str(query["id"])))

    async def _leave_group(self, elsewhere: Elsewhere) -> None:
        if elsewhere.chat:
            await self._bot.send_message(elsewhere.chat, self._means.knowledge.texts.get("conversation.group_leave"))
            await self._bot.leave_chat(elsewhere.chat)

    def _aside(self, work: Awaitable[Any]) -> None:
        """Do what may fail without harm, without waiting for it."""

        async def quietly() -> None:
            with suppress(TelegramError):
                await work

        task = asyncio.create_task(quietly())
        self._side.add(task)
        task.add_done_callback(self._side.discard)

    async def _send(self) -> None:
        """Each conversation's queue in its order, conversations at the same time; first what an earlier run left."""
        waiting = {outgoing.chat for outgoing in self._store.due(CHANNEL, FAR, limit=1_000_000)}
        while True:
            for chat in waiting - self._sending.keys():
                task = asyncio.create_task(self._send_queue(chat))
                self._sending[chat] = task
                task.add_done_callback(self._sent_callback(chat))
            self._queued.clear()
            if not self._to_send:
                await self._queued.wait()
            waiting, self._to_send = self._to_send, set()

    def _sent_callback(self, chat: str) -> Callable[[asyncio.Task[None]], None]:
        def done(_: asyncio.Task[None]) -> None:
            """What was queued while the last thing left is found again."""
            self._sending.pop(chat, None)
            if self._store.next_out(CHANNEL, chat) is not None:
                self._wake(chat)

        return done

    def _wake(self, chat: str) -> None:
        self._to_send.add(chat)
        self._queued.set()

    async def _send_queue(self, chat: str) -> None:
        """Send what waits in one conversation, in order, each thing not before its time."""
        while (waiting := self._store.next_out(CHANNEL, chat)) is not None:
            outgoing, not_before = waiting
            seconds = (not_before - now()).total_seconds()
            if seconds > 0:
                await asyncio.sleep(min(seconds, LONGEST_NAP))  # it may be replaced meanwhile
                continue
            async with self._at_once:
                await self._send_one(outgoing)

    async def _send_one(self, outgoing: Outgoing) -> None:
        """Send one thing and settle its row: sent, later, or never."""
        try:
            if outgoing.kind == "wipe":
                ids = self._store.thread(CHANNEL, outgoing.chat, now() - HIDDEN_AFTER)
                await telegram.wipe(self._bot, outgoing.chat, ids)
                self._store.forget_thread(CHANNEL, outgoing.chat)
                self._store.sent(outgoing.id, now())
            else:
                sent = await telegram.deliver(self._bot, outgoing, protect=self._settings.telegram.protect_content)
                self._store.sent(outgoing.id, now(), sent)
        except RetryAfter as error:
            self._store.failed(outgoing.id, now() + timedelta(seconds=_seconds(error.retry_after)))
        except Forbidden:
            self._store.give_up(outgoing.id)
        except BadRequest as error:
            log.warning("outbox %d: refused", outgoing.id)
            if any(word in str(error).lower() for word in GONE):
                self._store.give_up(outgoing.id)
            else:
                self._store.sent(outgoing.id, now())
        except (NetworkError, TelegramError) as error:
            log.warning("outbox %d: %s, attempt %d", outgoing.id, type(error).__name__, outgoing.attempts + 1)
            self._store.failed(outgoing.id, now() + _backoff(outgoing.attempts + 1))
        except StoreError as error:
            log.error("outbox: %s", error)  # noqa: TRY400 - see _take
            await asyncio.sleep(5)

    async def _notice(self) -> None:
        """Find what the console queued: it is another process."""
        while True:
            with suppress(StoreError):
                for outgoing in self._store.due(CHANNEL, now(), limit=1000):
                    if outgoing.chat not in self._sending:
                        self._wake(outgoing.chat)
            await asyncio.sleep(NOTICE_EVERY)

    async def _remind(self) -> None:
        """Say the reminders whose hour has come."""
        while True:
            try:
                for reminder in self._store.reminders_due(CHANNEL, now()):
                    with self._store.turn(CHANNEL, reminder.chat, now()) as turn:
                        engine.ring(self._means, turn, reminder, now())
                    self._wake(reminder.chat)
            except StoreError as error:
                log.error("store: %s", error)  # noqa: TRY400 - see _take
            await asyncio.sleep(REMIND_EVERY)

    async def _purge(self) -> None:
        """Apply the retention period once a day."""
        while True:
            for number in self._store.purge(**self._settings.retention.limits(now())):
                log.info("case %s: retention period over, erased", number)
            backup.note_erased(self._settings.path(self._settings.store.path), self._store.erased())
            await asyncio.sleep(PURGE_EVERY.total_seconds())


def _backoff(failures: int) -> timedelta:
    """1 s, 2 s, 4 s, ... at most five minutes."""
    return min(LONGEST_WAIT, timedelta(seconds=2 ** min(failures - 1, 9)))


def _seconds(retry_after: int | timedelta) -> float:
    return retry_after.total_seconds() if isinstance(retry_after, timedelta) else float(retry_after)
