"""What an operator may know of the case store: its tables' version, queues as counts, nothing of anybody."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from cases.rows import iso
from cases.sql.engine import Engine


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits in one channel.

    Attributes:
        received: updates taken and not handled.
        first: row of the oldest of them, or None.
        queued: things to send.
    """

    received: int
    first: int | None
    queued: int


class SqlHealth:
    """Counts over the whole store."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def _rows(self, query: str, values: tuple[str, ...] = ()) -> list[tuple[Any, ...]]:
        """All rows; what goes wrong is a StoreError, so that who asks can say "not ready"."""
        with self._engine.snapshot():
            return list(self._engine.execute(query, values).fetchall())

    @property
    def newest_schema(self) -> int:
        """Version of the tables this release makes."""
        return self._engine.newest

    def schema(self) -> int:
        """Version of the tables."""
        with self._engine.snapshot():
            return self._engine.version()

    def backlog(self, channel: str) -> Backlog:
        """What waits in a channel now."""
        query = "SELECT count(*), min(id) FROM inbox WHERE channel = ? AND raw IS NOT NULL"
        received, first = self._rows(query, (channel,))[0]
        queued = self._rows("SELECT count(*) FROM outbox WHERE channel = ?", (channel,))[0][0]
        return Backlog(received, first, queued)

    def waiting_heads(self, channel: str, now: datetime) -> list[tuple[int, str]]:
        """(row, chat) of the oldest unsent thing of each conversation, unless its first hour has not come."""
        rows = self._rows(
            "SELECT id, chat FROM outbox WHERE id IN (SELECT min(id) FROM outbox WHERE channel = ? GROUP BY chat) "
            "AND (not_before <= ? OR attempts > 0)",
            (channel, iso(now)),
        )
        return [(int(row), chat) for row, chat in rows]

    def overdue(self, before: datetime, today: date) -> int:
        """How many cases should have been erased already."""
        query = "SELECT count(*) FROM cases WHERE last_at < ? AND coalesce(hold_until, '') < ?"
        return int(self._rows(query, (iso(before), today.isoformat()))[0][0])

    def last_written_at(self) -> datetime | None:
        """The latest instant at which anybody wrote or anything was looked at; None for an empty store."""
        query = (
            "SELECT max(at) FROM (SELECT max(last_at) AS at FROM cases UNION ALL SELECT max(at) FROM audit) AS instants"
        )
        found = self._rows(query)[0][0]
        return datetime.fromisoformat(found) if found else None
