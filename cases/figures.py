"""What may be counted over many cases for a report: exact here, masked before anybody sees it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Wait:
    """Somebody asked for a person: when (UTC), and when a person answered, or None."""

    asked_at: datetime
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of the cases opened in a period; a case erased since is in none of them.

    Attributes:
        hours: beginning of an hour (UTC) to how many cases were opened in it.
        kept: cases whose person agreed that the story be kept; the next three count among these only.
        situations: what she said happens, to cases; a case may count under several.
        labels: label of an exhibit, to cases.
        offences: offence that is indicated, to cases.
        alerts: the alerts of each case that had any.
        waits: everybody who asked for a person in the period.
        decided: label to (state before the staff decided, state after) to how often; the first state and the last
            of each label that was decided several times.
        erased: cases erased in the period, whenever they were opened.
    """

    hours: Mapping[datetime, int]
    kept: int
    situations: Mapping[str, int]
    labels: Mapping[str, int]
    offences: Mapping[str, int]
    alerts: Sequence[frozenset[str]]
    waits: Sequence[Wait]
    decided: Mapping[str, Mapping[tuple[str, str], int]]
    erased: int

    @property
    def opened(self) -> int:
        """Cases opened in the period."""
        return sum(self.hours.values())


class Figures(Protocol):
    """Counts over many cases. One thread uses it."""

    def tally(self, first: datetime, end: datetime) -> Tally:
        """Count what falls from `first` to before `end` (UTC)."""

    def years(self) -> tuple[int, int] | None:
        """Year of the oldest and of the newest case kept (UTC), or None without any."""
