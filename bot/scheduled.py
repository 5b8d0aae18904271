"""Scheduled work: reminders whose hour has come, and the retention period once a day."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import timedelta

from bot import engine
from bot.config import Config
from bot.instants import now
from bot.talk import Means
from cases import backup
from cases.case import Store
from cases.errors import StoreError
from cases.sql.store import SqlStore

log = logging.getLogger("recours")
PURGE_EVERY = timedelta(hours=24)
PURGE_AGAIN = timedelta(minutes=10)  # after a fault of the store
REMIND_EVERY = timedelta(seconds=20)


async def remind(means: Means, store: Store, wake: Mapping[str, Callable[[str], None]]) -> None:
    """Say the reminders of every channel (`wake` holds the channels' names) until cancelled."""
    while True:
        for channel, wake_chat in wake.items():
            try:
                for reminder in store.reminders_due(channel, now()):
                    with store.turn(channel, reminder.chat, now(), hers=False) as turn:
                        if turn.is_due(reminder):  # nobody has said it meanwhile
                            engine.ring(means, turn, reminder, now())
                    wake_chat(reminder.chat)
            except StoreError as error:
                log.error("store: %s", error)  # noqa: TRY400 - the sentence says all
        await asyncio.sleep(REMIND_EVERY.total_seconds())


async def purge(settings: Config, store: SqlStore) -> None:
    """Apply the retention period until cancelled."""
    while True:
        try:
            for number in store.purge(**settings.retention.limits(now())):
                log.info("case %s: retention period over, erased", number)
            backup.note_erased(settings.path(settings.store.path), store.erased())
        except StoreError as error:
            log.error("purge: %s", error)  # noqa: TRY400 - the sentence says all
            await asyncio.sleep(PURGE_AGAIN.total_seconds())
            continue
        await asyncio.sleep(PURGE_EVERY.total_seconds())
