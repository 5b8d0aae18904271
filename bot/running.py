"""`recours run`: which channels the configuration and the secrets allow, opened together around one case store."""

import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from datetime import datetime
from functools import partial

from bot import config
from bot.channel import Channel
from bot.channels import matrix, telegram, web, whatsapp
from bot.config import Config
from bot.service import Service
from bot.talk import Means
from cases.sqlite import SqliteStore

Opened = Callable[[], AbstractAsyncContextManager[Channel]]
"""Opens a channel's connections; they close with it."""

log = logging.getLogger("recours")
MATRIX_TOKEN = "RECOURS_MATRIX_TOKEN"  # noqa: S105 - the name of a variable
WHATSAPP = ("RECOURS_WHATSAPP_TOKEN", "RECOURS_WHATSAPP_APP_SECRET", "RECOURS_WHATSAPP_VERIFY_TOKEN")
TELEGRAM_TOKEN = "RECOURS_TELEGRAM_TOKEN"  # noqa: S105 - the name of a variable


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
    wanted = (
        (settings.web.enabled, ()),
        (settings.telegram.enabled, (TELEGRAM_TOKEN,)),
        (settings.matrix.enabled, (MATRIX_TOKEN,)),
        (settings.whatsapp.enabled, WHATSAPP),
    )
    return any(enabled and secrets.keys() >= set(names) for enabled, names in wanted)


async def run(means: Means, store: SqliteStore, secrets: Mapping[str, str]) -> None:
    """Run every channel that is enabled until cancelled."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    log.setLevel(logging.INFO)
    async with AsyncExitStack() as doors:
        channels = [await doors.enter_async_context(opened()) for opened in enabled(means, store, secrets)]
        await Service(means, store, channels).run()


def enabled(means: Means, store: SqliteStore, secrets: Mapping[str, str]) -> list[Opened]:
    """How to open each channel that the configuration and the secrets allow."""
    settings, texts = means.config, means.knowledge.texts
    found: list[Opened] = []
    if settings.telegram.enabled and TELEGRAM_TOKEN in secrets:
        found.append(partial(telegram.opened, settings.telegram, texts, secrets[TELEGRAM_TOKEN]))
    if settings.matrix.enabled and MATRIX_TOKEN in secrets:
        found.append(partial(matrix.opened, settings, texts, secrets[MATRIX_TOKEN]))
    if settings.whatsapp.enabled and secrets.keys() >= set(WHATSAPP):
        ours = whatsapp.Secrets(*(secrets[name] for name in WHATSAPP))
        found.append(partial(whatsapp.opened, settings.whatsapp, texts, ours, partial(_last_heard, store)))
    if settings.web.enabled:
        log.info("web chat: %s", settings.web.url or f"http://{settings.web.listen}:{settings.web.port}/")
        found.append(partial(web.opened, settings, means.knowledge))
    return found


def _last_heard(store: SqliteStore, chat: str) -> datetime | None:
    """When a person last wrote on WhatsApp, from the state of her conversation."""
    case = store.peek(whatsapp.WhatsApp.name, chat)
    last_at = case.state.get("last_at") if case else None
    return datetime.fromisoformat(last_at) if last_at else None
