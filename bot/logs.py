"""How the log is written: one event a line, for people or as JSON. Libraries are not let to write sentences."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import IO

from bot import events

FORMATS = ("text", "json")
OURS = "recours"
LIBRARIES = frozenset(
    {
        "aiohttp",
        "asyncio",
        "h11",
        "hpack",
        "httpcore",
        "httpx",
        "nio",
        "peewee",
        "PIL",
        "py",
        "starlette",
        "telegram",
        "uvicorn",
    }
)
ELSEWHERE = "other"


def set_up(form: str, stream: IO[str] | None = None) -> None:
    """Write events to `stream` (standard error), as `text` or `json`; what a library says loses its words."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Lines(as_json=form == "json"))
    root = logging.getLogger()
    for former in root.handlers[:]:
        if isinstance(former.formatter, Lines):
            root.removeHandler(former)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger(OURS).setLevel(logging.INFO)
    logging.captureWarnings(capture=True)
    logging.raiseExceptions = False  # it would print the arguments of a line that cannot be written
    sys.excepthook = lambda _, error, __: events.tell("stopped", fault=error)


class Lines(logging.Formatter):
    """One line a record, from its event and fields; never its message."""

    def __init__(self, *, as_json: bool) -> None:
        super().__init__()
        self._as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        """See `logging.Formatter.format`."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        said = described(record)
        if self._as_json:
            return json.dumps({"at": at, "level": record.levelname.lower(), **said})
        meaning = events.EVENTS[event].meaning if (event := str(said["event"])) in events.EVENTS else ""
        rest = " ".join(f"{name}={json.dumps(value)}" for name, value in said.items() if name != "event")
        return " ".join(part for part in (at, record.levelname, f"{said['event']}:", meaning, rest) if part)


def described(record: logging.LogRecord) -> dict[str, int | float | str]:
    """The event of a record and the fields it may have; of a library's, who it was and where in the code."""
    root = record.name.split(".")[0]
    if root == OURS and isinstance(record.msg, str) and record.msg in events.EVENTS:
        return {"event": record.msg, **events.allowed(record.msg, getattr(record, "fields", {}))}
    raised = record.exc_info[1] if record.exc_info else None
    if raised is None and isinstance(record.msg, BaseException):
        raised = record.msg
    who = root if root in LIBRARIES else ELSEWHERE
    found: dict[str, int | float | str] = {"event": "unlisted" if root == OURS else "library"}
    if root != OURS:
        found["library"] = who
    found["at_code"] = events.code(record.pathname, record.lineno)
    return found | (events.fault(raised) if raised is not None else {})
