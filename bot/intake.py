"""Somebody calls or walks in: the staff fills the same conversation for her, through the same engine."""

from collections.abc import Callable
from datetime import datetime
from functools import cache

from bot import engine
from bot.messages import Inbound
from bot.talk import Means
from cases.sql.store import SqlStore

CHANNEL = "desk"


def converser(means: Callable[[], Means]) -> Callable[[SqlStore, str, str, str | None, datetime], None]:
    """What carries one answer of hers to the engine; the models are loaded at the first one."""
    loaded = cache(means)

    def converse(store: SqlStore, chat: str, text: str, choice: str | None, at: datetime) -> None:
        with store.turn(CHANNEL, chat, at) as turn:
            engine.answer(loaded(), turn, Inbound(CHANNEL, chat, f"{chat}-{at.isoformat()}", at, text, choice))

    return converse
