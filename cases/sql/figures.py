"""`cases.figures.Figures`."""

import json
from collections import Counter, defaultdict
from datetime import UTC, datetime

from cases.figures import Tally, Wait
from cases.rows import iso
from cases.sql.engine import Engine

HOUR = 13  # characters of a time up to its hour
OPENED = "opened_at >= ? AND opened_at < ?"


class SqlFigures:
    """Counts over many cases."""

    def __init__(self, engine: Engine) -> None:
        self._rows = engine.execute

    def tally(self, first: datetime, end: datetime) -> Tally:
        """See `Figures.tally`."""
        span = (iso(first), iso(end))
        hours = self._rows(
            f"SELECT substr(opened_at, 1, {HOUR}), count(*) FROM cases WHERE {OPENED} GROUP BY 1",  # noqa: S608 - constants
            span,
        )
        kept = self._rows(f"SELECT count(*) FROM cases WHERE {OPENED} AND consent = 'yes'", span)  # noqa: S608 - a constant
        erased = self._rows(
            "SELECT count(*) FROM erased WHERE erased_on >= ? AND erased_on < ?",
            (first.date().isoformat(), end.date().isoformat()),
        )
        return Tally(
            hours={datetime.fromisoformat(f"{hour}:00").replace(tzinfo=UTC): count for hour, count in hours},
            kept=int(kept.fetchone()[0]),
            situations=self._situations(span),
            labels=self._marks("label", span),
            offences=self._marks("indicated", span),
            alerts=self._alerts(span),
            waits=self._waits(span),
            decided=self._decided(span),
            erased=int(erased.fetchone()[0]),
        )

    def years(self) -> tuple[int, int] | None:
        """See `Figures.years`."""
        oldest, newest = self._rows("SELECT min(opened_at), max(opened_at) FROM cases").fetchone()
        return (int(oldest[:4]), int(newest[:4])) if oldest else None

    def _situations(self, span: tuple[str, str]) -> dict[str, int]:
        rows = self._rows(
            "SELECT value, case_id, fact FROM cases JOIN facts ON facts.case_id = cases.id "  # noqa: S608 - a constant
            f"WHERE {OPENED} AND consent = 'yes' AND fact = 'situation'",
            span,
        )
        return Counter(name for value, *_ in rows for name in json.loads(value)["value"])

    def _marks(self, kind: str, span: tuple[str, str]) -> dict[str, int]:
        rows = self._rows(
            "SELECT name, count(*) FROM marks JOIN cases ON cases.id = case_id "  # noqa: S608 - a constant
            f"WHERE kind = ? AND consent = 'yes' AND {OPENED} GROUP BY 1",
            (kind, *span),
        )
        return dict(rows)

    def _alerts(self, span: tuple[str, str]) -> list[frozenset[str]]:
        rows = self._rows(
            f"SELECT DISTINCT case_id, alert FROM alerts JOIN cases ON cases.id = case_id WHERE {OPENED}",  # noqa: S608 - a constant
            span,
        )
        found: defaultdict[int, set[str]] = defaultdict(set)
        for case, alert in rows:
            found[case].add(alert)
        return [frozenset(alerts) for alerts in found.values()]

    def _waits(self, span: tuple[str, str]) -> list[Wait]:
        rows = self._rows("SELECT asked_at, answered_at FROM waits WHERE asked_at >= ? AND asked_at < ?", span)
        return [
            Wait(datetime.fromisoformat(asked), datetime.fromisoformat(answered) if answered else None)
            for asked, answered in rows
        ]

    def _decided(self, span: tuple[str, str]) -> dict[str, Counter[tuple[str, str]]]:
        """The state before the first decision and the one after the last, of each label of each exhibit."""
        rows = self._rows(
            "SELECT case_id, kind, subject, before, after FROM corrections "
            "WHERE kind = 'label' AND at >= ? AND at < ? ORDER BY id",
            span,
        )
        states: dict[tuple[int, str], tuple[str, str]] = {}
        for case, _, subject, before, after in rows:
            known = states.get((case, subject))
            states[case, subject] = (known[0] if known else json.loads(before), json.loads(after))
        found: defaultdict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
        for (_, subject), state in states.items():
            found[subject.partition(":")[2]][state] += 1
        return dict(found)
