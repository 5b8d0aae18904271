"""The chronology as a picture: one bar a week (or a month), heights in user units, and the table behind it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from flows.messages import Message

MOST_WEEKS = 26
HEIGHT, WIDTH, GAP, FOOT = 80, 18, 4, 18  # user units


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: where it stands and what it counts."""

    first: date
    acts: int
    labelled: int
    x: int
    y: int
    height: int
    shown: bool


@dataclass(frozen=True, slots=True)
class Picture:
    """Bars with the size of their frame; `monthly` when a bar is a month."""

    bars: Sequence[Bar]
    width: int
    height: int
    monthly: bool
    undated: int


def picture(messages: Sequence[Message], zone: ZoneInfo) -> Picture | None:
    """Acts in time; None when no message is dated."""
    days = [(m.sent_at.astimezone(zone).date(), bool(m.labels)) for m in messages if m.sent_at]
    if not days:
        return None
    first, last = min(days)[0], max(days)[0]
    monthly = (last - first).days > MOST_WEEKS * 7
    starts = _starts(first, last, monthly=monthly)
    acts = Counter(_start(day, monthly=monthly) for day, _ in days)
    labelled = Counter(_start(day, monthly=monthly) for day, is_labelled in days if is_labelled)
    most = max(acts.values())
    every = max(2, len(starts) // 6)
    bars = [
        Bar(
            first=start,
            acts=acts[start],
            labelled=labelled[start],
            x=number * (WIDTH + GAP),
            y=HEIGHT - acts[start] * HEIGHT // most,
            height=acts[start] * HEIGHT // most,
            shown=number % every == 0,
        )
        for number, start in enumerate(starts)
    ]
    width = max(len(bars) * (WIDTH + GAP), 60) + WIDTH
    return Picture(bars, width, HEIGHT + FOOT, monthly, sum(message.sent_at is None for message in messages))


def _start(day: date, *, monthly: bool) -> date:
    return day.replace(day=1) if monthly else day - timedelta(days=day.weekday())


def _starts(first: date, last: date, *, monthly: bool) -> list[date]:
    starts, start = [], _start(first, monthly=monthly)
    while start <= last:
        starts.append(start)
        start = _start(start + timedelta(days=32 if monthly else 7), monthly=monthly)
    return starts
