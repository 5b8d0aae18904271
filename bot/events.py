"""Everything the service may say in its log: events of a closed list, with fields that cannot hold a person's words.

A field is a number, one of a few given words, or a fault, of which only the class and the place in the code are kept.
No string that came from outside has a way into a line.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from bot.metrics import STORE_ERRORS
from cases import errors
from cases.errors import StoreError

log = logging.getLogger("recours")
CHANNELS = frozenset({"telegram", "matrix", "whatsapp", "web", "terminal", "desk"})
FATES = frozenset({"later", "refused", "gone"})
WORK = frozenset({"inbox", "turn", "outbox", "reminders", "purge", "health", "claims"})
LED = frozenset({"schedule", *(f"{what}/{name}" for what in ("channel", "receive") for name in CHANNELS)})
NUMBER, FAULT = "number", "fault"
Kind = frozenset[str] | str


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that may be said: how grave it is, which fields it has, and what it means to who reads the log."""

    level: int
    meaning: str
    fields: Mapping[str, Kind]


EVENTS: Mapping[str, Event] = {
    "ready": Event(logging.INFO, "the service takes messages", {}),
    "watching": Event(logging.INFO, "health and metrics are served on this port", {"port": NUMBER}),
    "watch_failed": Event(
        logging.ERROR,
        "the port of health and metrics is taken; the service goes on without",
        {"port": NUMBER, "fault": FAULT},
    ),
    "web_chat": Event(logging.INFO, "the web chat listens on this port", {"port": NUMBER}),
    "stopped": Event(logging.CRITICAL, "the service stopped by a fault", {"fault": FAULT}),
    "store_failed": Event(
        logging.ERROR, "the case store could not be used; tried again", {"during": WORK, "fault": FAULT}
    ),
    "turn_failed": Event(
        logging.ERROR, "one update could not be handled; the person was told so", {"channel": CHANNELS, "fault": FAULT}
    ),
    "delivery_failed": Event(
        logging.WARNING,
        "a reply did not leave",
        {"channel": CHANNELS, "fate": FATES, "fault": FAULT, "attempt": NUMBER},
    ),
    "cut_off": Event(
        logging.WARNING, "a reply on its way was cut off; whoever has its conversation sends it", {"channel": CHANNELS}
    ),
    "worker_ended": Event(logging.ERROR, "a worker ended by itself; another one starts", {"code": NUMBER}),
    "leads": Event(logging.INFO, "this worker does for all what one alone may do", {"work": LED}),
    "lead_lost": Event(logging.WARNING, "another worker may do it now", {"work": LED}),
    "file_failed": Event(
        logging.WARNING,
        "a file that a person showed could not be fetched",
        {"channel": CHANNELS, "fault": FAULT, "attempt": NUMBER},
    ),
    "receive_failed": Event(
        logging.WARNING, "the platform did not answer; tried again", {"channel": CHANNELS, "fault": FAULT}
    ),
    "token_refused": Event(
        logging.CRITICAL, "the platform refuses the token; get a new one, then start again", {"channel": CHANNELS}
    ),
    "address_refused": Event(
        logging.CRITICAL,
        "the platform refuses our public address (telegram.webhook_url); correct it, then start again",
        {"channel": CHANNELS},
    ),
    "webhook_refused": Event(
        logging.WARNING, "somebody knocked at the webhook without the secret", {"channel": CHANNELS}
    ),
    "not_arrived": Event(
        logging.WARNING, "the platform says that a message did not arrive", {"channel": CHANNELS, "code": NUMBER}
    ),
    "purged": Event(logging.INFO, "the retention period was applied", {"cases": NUMBER}),
    "page_failed": Event(logging.ERROR, "a page of the console could not be shown", {"fault": FAULT}),
}
REMEDIES: Mapping[str, str] = {
    errors.DiskFullError.__name__: "make room on the disk; nothing acknowledged is lost",
    errors.StoreLockedError.__name__: "another process holds the case store; stop it",
    errors.StoreDamagedError.__name__: "keep the file aside and restore the last backup",
    errors.StoreTooNewError.__name__: "install the later release again, or restore a backup made before the upgrade",
    errors.KeyMissingError.__name__: "put the key back",
    errors.KeyWrongError.__name__: "put the right key back; nothing is lost",
}


def tell(event: str, **fields: Any) -> None:  # noqa: ANN401 - the list above says what each may be
    """Write one event; what the list does not allow is left out when it is written (`bot.logs`)."""
    log.log(EVENTS[event].level, event, extra={"fields": fields})


def store_failed(during: str, error: StoreError) -> None:
    """The case store could not be used: said and counted."""
    STORE_ERRORS.labels(type(error).__name__).inc()
    tell("store_failed", during=during, fault=error)


def allowed(event: str, fields: Mapping[str, Any]) -> dict[str, int | float | str]:
    """What of these fields may be written."""
    kept: dict[str, int | float | str] = {}
    for name, kind in EVENTS[event].fields.items():
        value = fields.get(name)
        if isinstance(value, BaseException):
            kept |= fault(value) if kind == FAULT else {}
        elif isinstance(kind, frozenset):
            word = value.value if isinstance(value, StrEnum) else value
            kept[name] = word if isinstance(word, str) and word in kind else "other"
        elif kind == NUMBER and isinstance(value, int | float):
            kept[name] = value
    return kept


def fault(error: BaseException) -> dict[str, int | str]:
    """The class of a fault, where it was raised, and the system's number for it; never its sentence."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    found: dict[str, int | str] = {"fault": type(error).__name__}
    if where := place(error):
        found["place"] = where
    if isinstance(error, OSError) and isinstance(error.errno, int):
        found["errno"] = error.errno
    if remedy := REMEDIES.get(type(error).__name__):
        found["remedy"] = remedy
    return found


def place(error: BaseException) -> str:
    """File and line where it was raised: all that a log may hold of a fault."""
    where = error.__traceback__
    while where is not None and where.tb_next is not None:
        where = where.tb_next
    return code(where.tb_frame.f_code.co_filename, where.tb_lineno) if where else ""


def code(file: str, line: int) -> str:
    """A place in the code, without the folders of this machine."""
    return f"{'/'.join(Path(file).parts[-2:])}:{line}"
