"""`cases.desk.Desk`: the queue is one walk along an index."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from cases.case import Case
from cases.desk import IMMINENT_DAYS, NOBODY, Correction, Filters, Line, Note, SpokenLine, View
from cases.errors import NoCaseError
from cases.rows import Row
from cases.sql.desk_turn import SqlDeskTurn
from cases.sql.engine import Condition, Engine, Secret

LINE = (
    "number, channel, desk.language, desk.status, consent, assignee, alert, deadline_on, imminent, minor, death, "
    "waiting_since, wrote_at, taken_by, taken_name, second_reader, version, desk.case_id, "
    "blocked_until, returns"
)
FREQUENT = 1_000  # cases; a list of fewer is quicker than a walk


class Holder(Protocol):
    """The store whose cases these are."""

    def by_number(self, number: str) -> Case | None:
        """See `Store.by_number`."""

    def desk_turn(self, number: str, staff: int, at: datetime) -> AbstractContextManager[SqlDeskTurn]:
        """See `Desk.turn`."""


class SqlDesk:
    """What the staff reads and does."""

    def __init__(self, engine: Engine, store: Holder) -> None:
        self._engine = engine
        self._rows = engine.execute
        self._transaction = engine.transaction
        self._store = store

    def queue(self, filters: Filters, limit: int, offset: int = 0) -> list[Line]:
        """See `Desk.queue`."""
        frequent = frozenset(mark for mark in _marks(filters) if self._is_frequent(*mark))
        where, values = _narrow(filters, frequent, self._engine)
        query = (
            f"SELECT {LINE} FROM desk JOIN cases ON cases.id = desk.case_id WHERE desk.case_id IN "  # noqa: S608 - values are bound
            f"(SELECT desk.case_id FROM desk WHERE {where} "
            "ORDER BY closed, urgency DESC, age, desk.case_id LIMIT ? OFFSET ?) "
            "ORDER BY closed, urgency DESC, age, desk.case_id"
        )
        return self._lines(self._rows(query, (*values, limit, offset)).fetchall())

    def _is_frequent(self, kind: str, name: str) -> bool:
        """Whether a walk along the queue soon meets that mark: then no list of its cases is made."""
        query = "SELECT count(*) FROM (SELECT case_id FROM marks WHERE kind = ? AND name = ? LIMIT ?) AS few"
        return int(self._rows(query, (kind, name, FREQUENT)).fetchone()[0]) == FREQUENT

    def line(self, number: str) -> Line | None:
        """See `Desk.line`."""
        query = f"SELECT {LINE} FROM desk JOIN cases ON cases.id = desk.case_id WHERE number = ?"  # noqa: S608 - a constant
        found = self._lines(self._rows(query, (number,)).fetchall())
        return found[0] if found else None

    def turn(self, number: str, staff: int, at: datetime) -> AbstractContextManager[SqlDeskTurn]:
        """See `Desk.turn`."""
        return self._store.desk_turn(number, staff, at)

    def case(self, number: str) -> Case | None:
        """See `Desk.case`."""
        return self._store.by_number(number)

    def conversation(self, number: str) -> list[SpokenLine]:
        """See `Desk.conversation`."""
        rows = self._rows(
            "SELECT who, text, transcript.at, lost, attempts, case_id FROM transcript "
            "LEFT JOIN outbox ON outbox.line = transcript.id "
            "WHERE case_id = (SELECT id FROM cases WHERE number = ?) ORDER BY transcript.id",
            (number,),
        )
        return [
            SpokenLine(
                who,
                text,
                datetime.fromisoformat(at),
                "lost" if lost else "waiting" if attempts is not None else "",
                attempts or 0,
            )
            for who, text, at, lost, attempts, _ in rows
        ]

    def notes(self, number: str, reader: int) -> list[Note]:
        """See `Desk.notes`."""
        rows = self._rows(
            "SELECT notes.id, staff.name, staff.id, text, case_id, staff_id, at, reader.name, reader.id "
            "FROM notes JOIN staff ON staff.id = staff_id "
            "LEFT JOIN staff AS reader ON reader.id = to_id "
            "WHERE case_id = (SELECT id FROM cases WHERE number = ?1) "
            "AND (to_id IS NULL OR to_id = ?2 OR staff_id = ?2) ORDER BY notes.id",
            (number, reader),
        )
        return [Note(row[0], row[1], row[3], datetime.fromisoformat(row[6]), row[7]) for row in rows]

    def corrections(self, number: str) -> list[Correction]:
        """See `Desk.corrections`."""
        rows = self._rows(
            "SELECT corrections.id, name, at, kind, subject, before, after, case_id, staff.id FROM corrections "
            "JOIN staff ON staff.id = staff_id "
            "WHERE case_id = (SELECT id FROM cases WHERE number = ?) ORDER BY corrections.id",
            (number,),
        )
        return [
            Correction(row[0], row[1], datetime.fromisoformat(row[2]), row[3], row[4], *map(json.loads, row[5:7]))
            for row in rows
        ]

    def ticked(self, number: str) -> frozenset[str]:
        """See `Desk.ticked`."""
        query = "SELECT name FROM marks WHERE kind = 'saved' AND case_id = (SELECT id FROM cases WHERE number = ?)"
        return frozenset(row[0] for row in self._rows(query, (number,)))

    def draft(self, number: str, staff: int) -> str:
        """See `Desk.draft`."""
        query = (
            "SELECT text, case_id, staff_id FROM drafts "
            "WHERE case_id = (SELECT id FROM cases WHERE number = ?) AND staff_id = ?"
        )
        row = self._rows(query, (number, staff)).fetchone()
        return str(row[0]) if row else ""

    def queued_body(self, number: str, merge: str) -> Mapping[str, Any] | None:
        """See `Desk.queued_body`."""
        row = self._rows(
            "SELECT body, outbox.channel, outbox.chat FROM outbox JOIN cases "
            "ON cases.channel = outbox.channel AND cases.chat = outbox.chat WHERE number = ? AND merge_key = ?",
            (number, merge),
        ).fetchone()
        body: Mapping[str, Any] | None = json.loads(row[0]) if row else None
        return body

    def views(self, staff: int) -> list[View]:
        """See `Desk.views`."""
        rows = self._rows("SELECT id, name, filters, staff_id FROM views WHERE staff_id = ?", (staff,))
        return sorted((View(row[0], row[1], json.loads(row[2])) for row in rows), key=lambda view: view.name)

    def save_view(self, staff: int, name: str, filters: Mapping[str, Any]) -> None:
        """See `Desk.save_view`."""
        with self._transaction():
            for view in self.views(staff):
                if view.name == name:
                    self._rows("DELETE FROM views WHERE id = ?", (view.id,))
            kept = json.dumps(dict(filters), ensure_ascii=False)
            values = (staff, Secret("views.name", name, (staff,)), Secret("views.filters", kept, (staff,)))
            self._rows("INSERT INTO views (staff_id, name, filters) VALUES (?, ?, ?)", values)

    def drop_view(self, staff: int, view: int) -> None:
        """See `Desk.drop_view`."""
        with self._transaction():
            self._rows("DELETE FROM views WHERE staff_id = ? AND id = ?", (staff, view))

    def look(self, staff: int, day: date, severity: str) -> None:
        """See `Desk.look`."""
        with self._transaction():
            self._rows(
                "INSERT INTO exposure (staff_id, day, severity, count) VALUES (?, ?, ?, 1) "
                "ON CONFLICT (staff_id, day, severity) DO UPDATE SET count = exposure.count + 1",
                (staff, day.isoformat(), severity),
            )

    def looks(self, day: date) -> dict[int, dict[str, int]]:
        """See `Desk.looks`."""
        counts: dict[int, dict[str, int]] = {}
        for staff, severity, count in self._rows(
            "SELECT staff_id, severity, count FROM exposure WHERE day = ?", (day.isoformat(),)
        ):
            counts.setdefault(staff, {})[severity] = count
        return counts

    def tags(self) -> list[str]:
        """See `Desk.tags`."""
        return [row[0] for row in self._rows("SELECT DISTINCT name FROM marks WHERE kind = 'tag' ORDER BY name")]

    def unstood(self, limit: int) -> list[str]:
        """See `Desk.unstood`."""
        query = "SELECT number FROM desk JOIN cases ON cases.id = case_id WHERE stood = 0 LIMIT ?"
        return [row[0] for row in self._rows(query, (limit,))]

    def refresh(self, today: date) -> None:
        """See `Desk.refresh`."""
        near = (today.isoformat(), (today + timedelta(days=IMMINENT_DAYS)).isoformat())
        with self._transaction():
            self._rows("UPDATE desk SET imminent = 1 WHERE deadline_on BETWEEN ? AND ? AND imminent = 0", near)
            self._rows("UPDATE desk SET imminent = 0 WHERE imminent = 1 AND deadline_on NOT BETWEEN ? AND ?", near)

    def pulse_of(self, number: str) -> tuple[int, int]:
        """See `Desk.pulse_of`."""
        row = self._rows(
            "SELECT version, (SELECT count(*) + coalesce(sum(attempts), 0) FROM outbox "
            "WHERE channel = cases.channel AND chat = cases.chat) "
            "FROM desk JOIN cases ON cases.id = case_id WHERE number = ?",
            (number,),
        ).fetchone()
        if row is None:
            raise NoCaseError(f"{number}: no such case; it may have been erased")
        return int(row[0]), int(row[1])

    def pulse(self) -> tuple[int, int]:
        """See `Desk.pulse`."""
        return self._engine.pulse()

    def queue_pulse(self) -> tuple[int, int]:
        """See `Desk.queue_pulse`."""
        row = self._rows("SELECT count(*), coalesce(sum(version), 0) FROM desk").fetchone()
        return int(row[0]), int(row[1])

    def _lines(self, rows: Sequence[Row]) -> list[Line]:
        ids = [row[17] for row in rows]  # names are sorted here: asked for in order, SQLite reads every mark there is
        alerts = self._of(ids, "SELECT case_id, alert FROM alerts WHERE case_id IN ({}) ORDER BY id DESC")
        labels = self._of(ids, "SELECT case_id, name FROM marks WHERE kind = 'label' AND case_id IN ({})")
        tags = self._of(ids, "SELECT case_id, name FROM marks WHERE kind = 'tag' AND case_id IN ({})")
        disposed = self._of(ids, "SELECT case_id, name FROM marks WHERE kind = 'disposition' AND case_id IN ({})")
        houses = self._of(ids, "SELECT case_id, house FROM transfers WHERE case_id IN ({}) ORDER BY id")
        return [
            Line(
                number=row[0],
                channel=row[1],
                language=row[2],
                status=row[3],
                consent=row[4],
                assignee=row[5],
                alert=row[6],
                alerts=alerts.get(row[17], ()),
                deadline_on=date.fromisoformat(row[7]) if row[7] else None,
                imminent=bool(row[8]),
                minor=bool(row[9]),
                death=bool(row[10]),
                waiting_since=datetime.fromisoformat(row[11]) if row[11] else None,
                wrote_at=datetime.fromisoformat(row[12]),
                taken_by=row[13],
                taken_name=row[14],
                second_reader=bool(row[15]),
                labels=tuple(sorted(labels.get(row[17], ()))),
                version=row[16],
                tags=tuple(sorted(tags.get(row[17], ()))),
                disposition=disposed.get(row[17], ("",))[0],
                blocked_until=datetime.fromisoformat(row[18]) if row[18] else None,
                returns=row[19],
                houses=houses.get(row[17], ()),
            )
            for row in rows
        ]

    def _of(self, ids: Sequence[int], query: str) -> dict[int, tuple[str, ...]]:
        """Names by case, without repeats."""
        found: dict[int, dict[str, None]] = {}
        if not ids:
            return {}
        for case_id, name in self._rows(query.format(", ".join("?" * len(ids))), tuple(ids)):
            found.setdefault(case_id, {})[name] = None
        return {case_id: tuple(names) for case_id, names in found.items()}


def _marks(filters: Filters) -> list[tuple[str, str]]:
    """Kind and name of the marks a filter asks for."""
    wanted = {
        "label": filters.label,
        "offence": filters.offence,
        "tag": filters.tag,
        "disposition": filters.disposition,
    }
    return [(kind, name) for kind, name in wanted.items() if name]


def _narrow(filters: Filters, frequent: Collection[tuple[str, str]], engine: Engine) -> tuple[str, tuple[object, ...]]:
    """The conditions of a filter and the values bound to them.

    A search starts from what it found; anything else walks along the index of the queue.
    """
    parts = list(_conditions(filters, frequent, engine))
    where = " AND ".join(part for part, _ in parts)
    if filters.words:
        where = where.replace("closed ", "+closed ", 1)  # a plus keeps the database from starting with that index
    return where, tuple(value for _, values in parts for value in values)


def _conditions(filters: Filters, frequent: Collection[tuple[str, str]], engine: Engine) -> Iterator[Condition]:
    yield from _of_columns(filters)
    yield from _of_marks(filters, frequent)
    if filters.words.strip():
        yield engine.found(filters.words) or ("1 = 0", ())


def _of_columns(filters: Filters) -> Iterator[Condition]:
    if filters.status == "any":
        yield "closed IN (0, 1)", ()
    elif filters.status:
        yield "closed = ? AND desk.status = ?", (int(filters.status == "closed"), filters.status)
    else:
        yield "closed = 0", ()
    if filters.assignee == NOBODY:
        yield "assignee IS NULL", ()
    elif filters.assignee is not None:
        yield "assignee = ?", (filters.assignee,)
    if filters.language:
        yield "desk.language = ?", (filters.language,)
    if filters.since:
        yield "wrote_at >= ?", (filters.since.isoformat(),)


def _of_marks(filters: Filters, frequent: Collection[tuple[str, str]]) -> Iterator[Condition]:
    for mark in _marks(filters):
        if mark in frequent:
            yield "EXISTS (SELECT 1 FROM marks WHERE kind = ? AND name = ? AND case_id = desk.case_id)", mark
        else:
            yield "desk.case_id IN (SELECT case_id FROM marks WHERE kind = ? AND name = ?)", mark
    if filters.without:
        wanted = ", ".join("?" * len(filters.without))
        yield (
            f"NOT EXISTS (SELECT 1 FROM marks WHERE case_id = desk.case_id AND kind = 'label' AND name IN ({wanted}))",  # noqa: S608 - question marks
            filters.without,
        )
