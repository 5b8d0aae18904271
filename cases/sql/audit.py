"""The audit log of the staff: append-only, chained like a custody log, its head kept beside it."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cases import custody
from cases.custody import Entry
from cases.errors import StoreDamagedError
from cases.rows import iso, to_entry
from cases.sql.engine import Engine, Secret

LAST = 2**62  # above the number of any entry
COLUMNS = "number, at, event, detail, previous, digest"


class SqlAudit:
    """Who looked at what and did what; ids only, never words."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._rows = engine.execute
        self._transaction = engine.transaction

    def write(self, event: str, detail: Mapping[str, Any], at: datetime) -> None:
        """Chain one entry, in a transaction of its own: it is there before anything is shown."""
        with self._transaction():
            self._engine.lock("audit")
            row = self._rows(f"SELECT {COLUMNS} FROM audit ORDER BY number DESC LIMIT 1").fetchone()  # noqa: S608 - a constant
            entry = custody.next_entry(to_entry(row) if row else None, event, dict(detail), at)
            written = iso(entry.at)
            kept = {"detail": json.dumps(detail), "previous": entry.previous, "digest": entry.digest}
            sealed = (Secret(f"audit.{name}", value, (entry.number, written, event)) for name, value in kept.items())
            found_by = self._engine.case_of(detail)
            self._rows(self._engine.dialect.add_audit, (entry.number, written, event, *sealed, *found_by))
            self._rows(
                "INSERT INTO audit_head (one, digest) VALUES (1, ?) "
                "ON CONFLICT (one) DO UPDATE SET digest = excluded.digest",
                (Secret("audit_head.digest", entry.digest, (1,)),),
            )

    def entries(self, limit: int, before: int | None = None) -> list[Entry]:
        """The latest first, numbered below `before` when given."""
        rows = self._rows(
            f"SELECT {COLUMNS} FROM audit WHERE number < ? ORDER BY number DESC LIMIT ?",  # noqa: S608 - a constant
            (LAST if before is None else before, limit),
        )
        return [to_entry(row) for row in rows]

    def of_case(self, number: str) -> list[Entry]:
        """What the staff did with a case, oldest first."""
        rows = self._rows(
            f"SELECT {COLUMNS} FROM audit WHERE {self._engine.dialect.of_case} ORDER BY number",  # noqa: S608 - constants
            (Secret("audit.of_case", number),),
        )
        return [to_entry(row) for row in rows]

    def faults(self) -> list[str]:
        """What was changed, added or taken away; empty when the log holds."""
        try:
            return self._chain_faults()
        except StoreDamagedError as error:
            return [f"audit log: {error}"]

    def _chain_faults(self) -> list[str]:
        entries = [to_entry(row) for row in self._rows(f"SELECT {COLUMNS} FROM audit ORDER BY number")]  # noqa: S608 - a constant
        broken = custody.first_fault(entries)
        if broken:
            return [f"audit log: {broken}"]
        head = self._rows("SELECT digest, one FROM audit_head").fetchone()
        last = entries[-1].digest if entries else ""
        return [] if last == (head[0] if head else "") else ["audit log: its last entries were taken away or added"]
