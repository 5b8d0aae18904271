"""`recours run`: which channels the configuration and the secrets allow, opened together around one case store."""

import logging
from collections.abc import Mapping
from contextlib import AsyncExitStack

from bot import config
from bot.channel import Channel
from bot.channels import telegram
from bot.config import Config
from bot.service import Service
from bot.talk import Means
from cases.sqlite import SqliteStore

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
    return settings.telegram.enabled and TELEGRAM_TOKEN in secrets


async def run(means: Means, store: SqliteStore, secrets: Mapping[str, str]) -> None:
    """Run every channel that is enabled until cancelled."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    log.setLevel(logging.INFO)
    async with AsyncExitStack() as doors:
        await Service(means, store, await _opened(means, secrets, doors)).run()


async def _opened(means: Means, secrets: Mapping[str, str], doors: AsyncExitStack) -> list[Channel]:
    settings, texts = means.config, means.knowledge.texts
    channels: list[Channel] = []
    if settings.telegram.enabled and TELEGRAM_TOKEN in secrets:
        opening = telegram.opened(settings.telegram, texts, secrets[TELEGRAM_TOKEN])
        channels.append(await doors.enter_async_context(opening))
    return channels
