"""`recours run`: which channels the configuration and the secrets allow, opened together around one case store."""

import asyncio
import signal
from collections.abc import Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from bot import config, events, logs
from bot.channel import Opened, Sharing
from bot.channels import matrix, telegram, web, whatsapp
from bot.config import Config
from bot.service import Service
from bot.talk import Means
from cases.sql.store import SqlStore

MATRIX_TOKEN = "RECOURS_MATRIX_TOKEN"  # noqa: S105 - the name of a variable
WHATSAPP = ("RECOURS_WHATSAPP_TOKEN", "RECOURS_WHATSAPP_APP_SECRET", "RECOURS_WHATSAPP_VERIFY_TOKEN")
TELEGRAM_TOKEN = "RECOURS_TELEGRAM_TOKEN"  # noqa: S105 - the name of a variable


@dataclass(frozen=True, slots=True)
class Door:
    """A channel that can be opened, and how workers share it."""

    name: str
    sharing: Sharing
    opened: Opened


def secrets(settings: Config) -> Mapping[str, str]:
    """Every secret that is there, by the name of its variable.

    Raises:
        ConfigError: a file that should hold one is absent or others may read it.
    """
    found = {
        TELEGRAM_TOKEN: config.secret(TELEGRAM_TOKEN, settings.telegram.token_file),
        MATRIX_TOKEN: config.secret(MATRIX_TOKEN, settings.matrix.token_file),
    }
    files = (settings.whatsapp.token_file, settings.whatsapp.app_secret_file, settings.whatsapp.verify_token_file)
    found |= {name: config.secret(name, file) for name, file in zip(WHATSAPP, files, strict=True)}
    return {name: value for name, value in found.items() if value}


def any_channel(settings: Config, secrets: Mapping[str, str]) -> bool:
    """Whether at least one channel can start."""
    return any(ready_channels(settings, secrets).values())


def ready_channels(settings: Config, secrets: Mapping[str, str]) -> dict[str, bool]:
    """Name of each channel that is switched on, and whether it has what it takes to start."""
    wanted = {
        "telegram": (settings.telegram.enabled, {TELEGRAM_TOKEN}),
        "matrix": (settings.matrix.enabled, {MATRIX_TOKEN}),
        "whatsapp": (settings.whatsapp.enabled, set(WHATSAPP)),
        "web": (settings.web.enabled, set()),
    }
    return {name: secrets.keys() >= needed for name, (enabled, needed) in wanted.items() if enabled}


async def run(means: Means, store: SqlStore, secrets: Mapping[str, str], name: str = "") -> None:
    """Run every channel that is enabled until cancelled, or told to stop (SIGTERM).

    Of the name of this worker no other is alive.
    """
    logs.set_up(means.config.logs.format)
    told = _stop_when_told()
    doors = enabled(means, store, secrets)
    several = store.claims.look_every is not None
    led = {door.name: door.opened for door in doors if door.sharing is Sharing.ONE and several}
    try:
        async with AsyncExitStack() as opened:
            channels = [await opened.enter_async_context(door.opened()) for door in doors if door.name not in led]
            await Service(means, store, channels, led, name).run()
    except asyncio.CancelledError:
        if not told.is_set():
            raise


def _stop_when_told() -> asyncio.Event:
    """End on SIGTERM, also as the first process of a container, where the kernel ignores it otherwise."""
    told, task = asyncio.Event(), asyncio.current_task()
    assert task is not None  # noqa: S101 - called from a coroutine

    def stop() -> None:
        told.set()
        task.cancel()

    with suppress(NotImplementedError):  # Windows
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop)
    return told


def enabled(means: Means, store: SqlStore, secrets: Mapping[str, str]) -> list[Door]:
    """How to open each channel that the configuration and the secrets allow."""
    settings, texts = means.config, means.knowledge.texts
    several = store.claims.look_every is not None  # workers on this machine listen on one port together
    found: list[Door] = []
    if settings.telegram.enabled and TELEGRAM_TOKEN in secrets:
        token = secrets[TELEGRAM_TOKEN]
        opened: Opened = partial(telegram.opened, settings.telegram, texts, token, several=several)
        found.append(Door("telegram", Sharing.ALL, opened))
    if settings.matrix.enabled and MATRIX_TOKEN in secrets:
        opened = partial(matrix.opened, settings, texts, secrets[MATRIX_TOKEN])
        found.append(Door("matrix", matrix.Matrix.sharing, opened))
    if settings.whatsapp.enabled and secrets.keys() >= set(WHATSAPP):
        ours = whatsapp.Secrets(*(secrets[name] for name in WHATSAPP))
        heard = partial(_last_heard, store)
        opened = partial(whatsapp.opened, settings.whatsapp, texts, ours, heard, several=several)
        found.append(Door("whatsapp", whatsapp.WhatsApp.sharing, opened))
    if settings.web.enabled:
        events.tell("web_chat", port=settings.web.port)
        found.append(Door("web", web.Web.sharing, partial(web.opened, settings, means.knowledge)))
    return found


def _last_heard(store: SqlStore, chat: str) -> datetime | None:
    """When a person last wrote on WhatsApp, from the state of her conversation."""
    case = store.peek(whatsapp.WhatsApp.name, chat)
    last_at = case.state.get("last_at") if case else None
    return datetime.fromisoformat(last_at) if last_at else None
