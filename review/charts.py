"""Geometry of the charts of the figures, in user units; a masked count is a hatched bar of a fixed length."""

from collections.abc import Sequence
from dataclasses import dataclass

from review.small_counts import Shown

WIDTH = 260  # of a chart of lines: a telephone shows it without shrinking
LINE, THICK = 34, 12  # height of a line, of its bar
HATCHED = 24  # length of a masked bar
UP, STEP, COLUMN, FOOT = 120, 11, 8, 16  # height of a chart of columns, from one to the next, their width, their dates
NAMED_EVERY = 8  # columns


@dataclass(frozen=True, slots=True)
class Row:
    """One count of a chart and of the table behind it: what is counted, in words, and how many."""

    name: str
    count: Shown


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: where it stands and how large it is; `at` is where its name is written."""

    name: str
    count: Shown
    x: int
    y: int
    width: int
    height: int
    at: int
    named: bool = True


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars in their frame."""

    bars: Sequence[Bar]
    width: int
    height: int
    upright: bool


def lines(rows: Sequence[Row]) -> Chart:
    """A bar a line, its name above it."""
    most = _most(rows)
    bars = [
        Bar(
            row.name,
            row.count,
            0,
            place * LINE + 18,
            _length(row.count, most, WIDTH, HATCHED),
            THICK,
            place * LINE + 13,
        )
        for place, row in enumerate(rows)
    ]
    return Chart(bars, WIDTH, len(rows) * LINE, upright=False)


def columns(rows: Sequence[Row]) -> Chart:
    """A bar a column, every eighth named below."""
    most, bars = _most(rows), []
    for place, row in enumerate(rows):
        tall = _length(row.count, most, UP, HATCHED)
        named = place % NAMED_EVERY == 0
        bars.append(Bar(row.name, row.count, place * STEP, UP - tall, COLUMN, tall, UP + FOOT - 4, named))
    return Chart(bars, max(WIDTH, len(rows) * STEP + COLUMN), UP + FOOT, upright=True)


def _most(rows: Sequence[Row]) -> int:
    return max((row.count for row in rows if row.count), default=1)


def _length(count: Shown, most: int, full: int, masked: int) -> int:
    return masked if count is None else count * full // most
