"""Figures for the report to who pays: one calendar year, counts that could point to somebody masked."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from statistics import median

from starlette.responses import Response

from cases.figures import Tally, Wait
from nlp.reading import LABELS
from review import sheets
from review.charts import Chart, Row, columns, lines
from review.gate import Page
from review.small_counts import Shown, mask, mask_part, mask_total
from review.visit import RefusedError, Visit

READERS = frozenset({"coordinator", "administrator", "auditor"})
GRAVEST = ("imminent_danger", "suicide_risk", "minor_disclosed", "third_party_suicide", "minor_concerned")
WAITS = (15, 60, 240, 1440)  # minutes
FIRST_YEAR, LAST_YEAR = 2000, 2200
AGREED = (("asserted", "asserted"), ("", "refused"))
REMOVED = (("asserted", "refused"),)
ADDED = (("", "asserted"),)


@dataclass(frozen=True, slots=True)
class Figure:
    """One chart and the table behind it.

    Attributes:
        id: key of its texts, and of its lines in an export.
        rows: counts in an order that does not depend on them.
        upright: time goes from left to right.
        more: further columns of the table: their names and, by row, their words.
    """

    id: str
    rows: Sequence[Row]
    upright: bool = False
    more: Mapping[str, Sequence[Shown]] = field(default_factory=dict)

    @property
    def chart(self) -> Chart:
        """The picture."""
        return columns(self.rows) if self.upright else lines(self.rows)


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of a year; `too_few` when any of them could point to somebody."""

    year: int
    opened: Shown
    kept: Shown
    alerted: Shown
    waits: Shown
    erased: Shown
    half: int | None
    agreement: int | None
    figures: Sequence[Figure]

    @property
    def too_few(self) -> bool:
        """Whether nothing can be shown."""
        return self.opened is None


def report(visit: Visit, year: int) -> Report:
    """Count a year of the house's time zone, up to now."""
    zone = visit.console.settings.timezone
    first, end = datetime(year, 1, 1, tzinfo=zone), datetime(year + 1, 1, 1, tzinfo=zone)
    tally = visit.store.figures.tally(first, end)
    total = mask_total(tally.opened)
    if not total:
        return Report(year, total, total, total, None, mask_total(tally.erased), None, None, ())
    alerts = _alerts(visit, tally)
    return Report(
        year=year,
        opened=total,
        kept=mask_part(tally.kept, tally.opened),
        alerted=None if alerts[-1].count is None else total - alerts[-1].count,
        waits=mask_total(len(tally.waits)),
        erased=mask_total(tally.erased),
        half=_half(tally.waits),
        agreement=_agreement(tally),
        figures=(
            Figure(
                "weeks", _weeks(visit, tally, first.date(), min(end, visit.at).astimezone(zone).date()), upright=True
            ),
            Figure("situations", _parts(tally, tally.situations, _situations(visit))),
            Figure("labels", _parts(tally, tally.labels, {name: visit.said(f"labels.{name}") for name in LABELS})),
            Figure("offences", _parts(tally, tally.offences, _offences(visit, tally))),
            Figure("alerts", alerts),
            Figure("waits", _waits(visit, tally)),
            _decided(visit, tally),
        ),
    )


def _weeks(visit: Visit, tally: Tally, first: date, last: date) -> list[Row]:
    zone = visit.console.settings.timezone
    counts: Counter[date] = Counter()
    for hour, count in tally.hours.items():
        counts[_monday(hour.astimezone(zone).date())] += count
    weeks = [_monday(first) + timedelta(weeks=place) for place in range((last - _monday(first)).days // 7 + 1)]
    shown = mask([counts[week] for week in weeks])
    return [Row(f"{week:%d/%m/%Y}", count) for week, count in zip(weeks, shown, strict=True)]


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _parts(tally: Tally, counts: Mapping[str, int], names: Mapping[str, str]) -> list[Row]:
    """Kinds of which a case may have several, in the order of their names; those that nobody has are left out."""
    ordered = sorted(names.items(), key=lambda item: item[1])
    return [Row(words, mask_part(counts[name], tally.opened)) for name, words in ordered if counts.get(name)]


def _situations(visit: Visit) -> dict[str, str]:
    values = visit.console.knowledge.facts["situation"].values
    return {name: visit.said(f"questions.situation.choices.{name}") for name in values}


def _offences(visit: Visit, tally: Tally) -> dict[str, str]:
    """Of those that still exist in the data."""
    known = visit.console.knowledge.offences
    return {name: visit.said(f"law.{name}.name") for name in tally.offences if name in known}


def _alerts(visit: Visit, tally: Tally) -> list[Row]:
    """Each case once, under its gravest alert; the last row has none."""
    gravest = Counter(next((name for name in GRAVEST if name in alerts), GRAVEST[-1]) for alerts in tally.alerts)
    cells = [gravest[name] for name in GRAVEST]
    names = [*(visit.words(f"alert.{name}") for name in GRAVEST), visit.words("figures.no_alert")]
    shown = mask([*cells, tally.opened - sum(cells)])
    return [Row(name, count) for name, count in zip(names, shown, strict=True)]


def _waits(visit: Visit, tally: Tally) -> list[Row]:
    cells = [0] * (len(WAITS) + 2)
    for wait in tally.waits:
        cells[_bucket(wait)] += 1
    names = [
        *(visit.words(f"figures.within_{limit}") for limit in WAITS),
        *map(visit.words, ("figures.later", "figures.still")),
    ]
    shown = [None] * len(cells) if mask_total(len(tally.waits)) is None else mask(cells)
    return [Row(name, count) for name, count in zip(names, shown, strict=True)]


def _bucket(wait: Wait) -> int:
    if wait.answered_at is None:
        return len(WAITS) + 1
    minutes = (wait.answered_at - wait.asked_at) / timedelta(minutes=1)
    return next((place for place, limit in enumerate(WAITS) if minutes < limit), len(WAITS))


def _half(waits: Sequence[Wait]) -> int | None:
    """Minutes in which half of those answered had their answer."""
    minutes = [(wait.answered_at - wait.asked_at) / timedelta(minutes=1) for wait in waits if wait.answered_at]
    return round(median(minutes)) if mask_total(len(minutes)) else None


def _decided(visit: Visit, tally: Tally) -> Figure:
    rows, others = [], []
    for name in sorted(tally.decided, key=lambda label: visit.said(f"labels.{label}")):
        cells = _cells(tally.decided[name])
        if not sum(cells):
            continue
        shown = [None] * len(cells) if mask_total(sum(cells)) is None else mask(cells)
        rows.append(Row(visit.said(f"labels.{name}"), shown[0]))
        others.append(shown[1:])
    more = {name: [row[place] for row in others] for place, name in enumerate(("removed", "added"))}
    return Figure("agreement", rows, more=more)


def _cells(states: Mapping[tuple[str, str], int]) -> list[int]:
    return [sum(states.get(state, 0) for state in kind) for kind in (AGREED, REMOVED, ADDED)]


def _agreement(tally: Tally) -> int | None:
    """Per cent of what the staff decided that the classifier had said; the number of decisions is not told."""
    cells = [sum(column) for column in zip(*map(_cells, tally.decided.values()), strict=True)]
    return round(100 * cells[0] / sum(cells)) if cells and mask_total(sum(cells)) else None


async def show(visit: Visit) -> Response:
    """The page of a year; this year's when none is named."""
    year, years = _year(visit), visit.store.figures.years()
    visit.audit("figures_viewed", year=year)
    choices = range(years[0], years[1] + 1) if years else range(year, year + 1)
    return visit.render("figures.html", report=report(visit, year), years=choices)


async def export(visit: Visit) -> Response:
    """The same as a table for a spreadsheet."""
    year = _year(visit)
    visit.audit("figures_exported", year=year)
    content = sheets.written(_lines(visit, report(visit, year)), ";" if visit.language == "fr" else ",")
    headers = {"content-disposition": f'attachment; filename="figures-{year}.csv"'}
    return Response(content, media_type="text/csv; charset=utf-8", headers=headers)


def _lines(visit: Visit, found: Report) -> Iterator[list[str]]:
    def count(shown: Shown) -> str:
        return visit.words("figures.masked") if shown is None else str(shown)

    yield [visit.words(f"figures.{name}") for name in ("year", "figure", "row", "column", "count")]
    for name in ("opened", "kept", "alerted", "waits", "erased"):
        yield [
            str(found.year),
            visit.words("figures.totals"),
            visit.words(f"figures.total_{name}"),
            "",
            count(getattr(found, name)),
        ]
    for figure in found.figures:
        title, first = visit.words(f"figures.{figure.id}"), visit.words(f"figures.{figure.id}_count")
        for place, row in enumerate(figure.rows):
            yield [str(found.year), title, row.name, first, count(row.count)]
            for column, shown in figure.more.items():
                yield [str(found.year), title, row.name, visit.words(f"figures.{column}"), count(shown[place])]


def _year(visit: Visit) -> int:
    year = visit.request.path_params.get("year", visit.at.astimezone(visit.console.settings.timezone).year)
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise RefusedError(404, "error.no_page")
    return int(year)


PAGES = (
    Page("/figures", show, READERS),
    Page("/figures/{year:int}", show, READERS),
    Page("/figures/{year:int}/csv", export, READERS, "POST"),
)
