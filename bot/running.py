"""`recours run`: which channels the configuration and the secrets allow, opened together around one case store."""

import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from functools import partial

from bot import config
from bot.channel import Channel
from bot.channels import telegram, web
from bot.config import Config
from bot.service import Service
from bot.talk import Means
from cases.sqlite import SqliteStore

Opened = Callable[[], AbstractAsyncContextManager[Channel]]
"""Opens a channel's connections; they close with it."""

log = logging.getLogger("recours")
TELEGRAM_TOKEN = "RECOURS_TELEGRAM_TOKEN"  # noqa: S105 - the name of a variable


def secrets(settings: Config) -> Mapping[str, str]:
    """Every secret that is there, by the name of its variable.

    Raises:
        ConfigError: a file that should hold one is absent or others may read it.
    """
    found = {TELEGRAM_TOKEN: config.secret(TELEGRAM_TOKEN, settings.telegram.token_file)}
    return {name: value for name, value in found.items() if value}


def any_channel(settings: Config, secrets: Mapping[str, str]) -> bool:
    """Whether at least one channel can start."""
    return settings.web.enabled or (settings.telegram.enabled and TELEGRAM_TOKEN in secrets)


async def run(means: Means, store: SqliteStore, secrets: Mapping[str, str]) -> None:
    """Run every channel that is enabled until cancelled."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    log.setLevel(logging.INFO)
    async with AsyncExitStack() as doors:
        channels = [await doors.enter_async_context(opened()) for opened in enabled(means, secrets)]
        await Service(means, store, channels).run()


def enabled(means: Means, secrets: Mapping[str, str]) -> list[Opened]:
    """How to open each channel that the configuration and the secrets allow."""
    settings, texts = means.config, means.knowledge.texts
    found: list[Opened] = []
    if settings.telegram.enabled and TELEGRAM_TOKEN in secrets:
        found.append(partial(telegram.opened, settings.telegram, texts, secrets[TELEGRAM_TOKEN]))
    if settings.web.enabled:
        log.info("web chat: %s", settings.web.url or f"http://{settings.web.listen}:{settings.web.port}/")
        found.append(partial(web.opened, settings, texts))
    return found
