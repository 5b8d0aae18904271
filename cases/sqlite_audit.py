"""The audit log of the staff: append-only, chained like a custody log, its head kept beside it."""

import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

from cases import custody
from cases.custody import Entry
from cases.rows import iso, to_entry

COLUMNS = "number, at, event, detail, previous, digest"


class SqliteAudit:
    """Who looked at what and did what; ids only, never words."""

    def __init__(self, execute: Callable[..., Any], transaction: Callable[[], AbstractContextManager[None]]) -> None:
        self._rows = execute
        self._transaction = transaction

    def write(self, event: str, detail: Mapping[str, Any], at: datetime) -> None:
        """Chain one entry, in a transaction of its own: it is there before anything is shown."""
        with self._transaction():
            row = self._rows(f"SELECT {COLUMNS} FROM audit ORDER BY number DESC LIMIT 1").fetchone()  # noqa: S608 - a constant
            entry = custody.next_entry(to_entry(row) if row else None, event, dict(detail), at)
            values = (entry.number, iso(entry.at), event, json.dumps(detail), entry.previous, entry.digest)
            self._rows("INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?)", values)
            self._rows("INSERT OR REPLACE INTO audit_head (one, digest) VALUES (1, ?)", (entry.digest,))

    def entries(self, limit: int, before: int | None = None) -> list[Entry]:
        """The latest first, numbered below `before` when given."""
        rows = self._rows(
            f"SELECT {COLUMNS} FROM audit WHERE ?1 IS NULL OR number < ?1 ORDER BY number DESC LIMIT ?2",  # noqa: S608 - a constant
            (before, limit),
        )
        return [to_entry(row) for row in rows]

    def of_case(self, number: str) -> list[Entry]:
        """What the staff did with a case, oldest first."""
        rows = self._rows(
            f"SELECT {COLUMNS} FROM audit WHERE json_extract(detail, '$.case') = ? ORDER BY number",  # noqa: S608 - a constant
            (number,),
        )
        return [to_entry(row) for row in rows]

    def faults(self) -> list[str]:
        """What was changed, added or taken away; empty when the log holds."""
        entries = [to_entry(row) for row in self._rows(f"SELECT {COLUMNS} FROM audit ORDER BY number")]  # noqa: S608 - a constant
        broken = custody.first_fault(entries)
        if broken:
            return [f"audit log: {broken}"]
        head = self._rows("SELECT digest FROM audit_head").fetchone()
        last = entries[-1].digest if entries else ""
        return [] if last == (head[0] if head else "") else ["audit log: its last entries were taken away or added"]
