"""Scheduled work: reminders whose hour has come, and the retention period once a day."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import timedelta

from bot import engine, events, metrics
from bot.config import Config
from bot.instants import now
from bot.talk import Means
from cases import backup
from cases.case import Store
from cases.errors import StoreError
from cases.sql.store import SqlStore

PURGE_EVERY = timedelta(hours=24)
PURGE_AGAIN = timedelta(minutes=10)  # after a fault of the store, or a full disk
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
                events.store_failed("reminders", error)
        await asyncio.sleep(REMIND_EVERY.total_seconds())


async def purge(settings: Config, store: SqlStore) -> None:
    """Apply the retention period until cancelled."""
    while True:
        try:
            gone = purge_once(settings, store)
        except (StoreError, OSError) as error:  # a full disk must not stop the conversations
            events.tell("store_failed", during="purge", fault=error)
            await asyncio.sleep(PURGE_AGAIN.total_seconds())
            continue
        metrics.PURGED.inc(len(gone))
        metrics.PURGED_AT.set(now().timestamp())
        events.tell("purged", cases=len(gone))
        await asyncio.sleep(PURGE_EVERY.total_seconds())


def purge_once(settings: Config, store: SqlStore) -> list[str]:
    """Apply the retention period now and note beside the store that it was; the numbers of the cases that went.

    Raises:
        StoreError: it could not be done.
    """
    gone = store.purge(**settings.retention.limits(now()))
    path = settings.path(settings.store.path)
    backup.note_erased(path, store.erased())
    backup.note_purged(path, now())
    return gone
