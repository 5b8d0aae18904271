"""`cases.revisions.Revisions`."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from cases.revisions import Change, Revision
from cases.rows import Row, iso
from cases.sql.engine import Engine, Secret

QUERY = (
    "SELECT revisions.id, at, name, sheet, changes, undoes, "
    "EXISTS (SELECT 1 FROM revisions AS later WHERE later.undoes = revisions.id), staff.id, staff_id "
    "FROM revisions JOIN staff ON staff.id = staff_id "
)


class SqlRevisions:
    """The history of the settings."""

    def __init__(self, engine: Engine) -> None:
        self._rows = engine.execute
        self._transaction = engine.transaction

    def add(self, staff: int, sheet: str, changes: Sequence[Change], at: datetime, undoes: int | None = None) -> int:
        """See `Revisions.add`."""
        kept = json.dumps([asdict(change) for change in changes], ensure_ascii=False)
        with self._transaction():
            row = self._rows(
                "INSERT INTO revisions (at, staff_id, sheet, changes, undoes) VALUES (?, ?, ?, ?, ?) RETURNING id",
                (iso(at), staff, sheet, Secret("revisions.changes", kept, (iso(at), staff, sheet)), undoes),
            ).fetchone()
            return int(row[0])

    def latest(self, limit: int) -> list[Revision]:
        """See `Revisions.latest`."""
        return [_revision(row) for row in self._rows(f"{QUERY} ORDER BY revisions.id DESC LIMIT ?", (limit,))]

    def by_id(self, revision: int) -> Revision | None:
        """See `Revisions.by_id`."""
        row = self._rows(f"{QUERY} WHERE revisions.id = ?", (revision,)).fetchone()
        return _revision(row) if row else None


def _revision(row: Row) -> Revision:
    changes = [Change(**change) for change in json.loads(row[4])]
    return Revision(row[0], datetime.fromisoformat(row[1]), row[2], row[3], changes, row[5], bool(row[6]))
