"""The two clocks on a given day: until when the law lets her complain, and until when proof exists."""

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from flows.facts import Fact
from flows.offences import Offence
from flows.rules import ProofClock

STARTING_FACTS: Mapping[str, tuple[str, ...]] = {
    "last_act": ("last_act_on", "publication_on"),
    "act": ("last_act_on", "publication_on"),
    "publication": ("publication_on", "first_act_on"),
    "discovery": ("discovered_on", "last_act_on"),
    "majority": ("turns_18_on",),
}


@dataclass(frozen=True, slots=True)
class Deadline:
    """The last day, what it counts from, and how far it is.

    Attributes:
        on: last day.
        starts: fact that gave the starting day.
        days_left: days from the given day; negative when it has passed.
    """

    on: date
    starts: str
    days_left: int

    @property
    def passed(self) -> bool:
        """Whether the last day is behind."""
        return self.days_left < 0


def limitation_of(offence: Offence, facts: Mapping[str, Fact], on: date) -> Deadline | None:
    """The last day to complain: start + duration - 1 day; None when the starting day is not known.

    Press words count from the first putting online; when only the first act is known, that earlier day is
    used on purpose: a date shown too early harms nobody.
    """
    start = _start(STARTING_FACTS[offence.limitation.starts], facts)
    if start is None:
        return None
    name, day = start
    last = add_months(day, offence.limitation.months) - timedelta(days=1)
    return Deadline(last, name, (last - on).days)


def proof_deadline(clock: ProofClock, facts: Mapping[str, Fact], on: date) -> Deadline | None:
    """File before this day: connection data go one year after the connection, less the margin."""
    start = _start(("last_act_on", "publication_on"), facts)
    if start is None:
        return None
    name, day = start
    last = day + timedelta(days=clock.kept_days - clock.file_before_days)
    return Deadline(last, name, (last - on).days)


def add_months(day: date, months: int) -> date:
    """The same day `months` later; the last day of the month when that month is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _start(names: tuple[str, ...], facts: Mapping[str, Fact]) -> tuple[str, date] | None:
    for name in names:
        fact = facts.get(name)
        if fact is not None and isinstance(fact.value, date):
            return name, fact.value
    return None
