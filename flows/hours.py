"""Opening hours of the team, as the configuration writes them: `mon 09:00-17:00`."""

from collections.abc import Sequence
from datetime import datetime, timedelta

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def next_opening(lines: Sequence[str], here: datetime) -> datetime | None:
    """When the team answers: `here` itself when it is open, else the next opening time; None without hours."""
    openings = []
    for line in lines:
        day, _, hours = line.partition(" ")
        opens, _, closes = hours.partition("-")
        for week in (0, 7):
            date = here.date() + timedelta(days=(DAYS.index(day) - here.weekday()) % 7 + week)
            start, end = (
                datetime.fromisoformat(f"{date}T{time}").replace(tzinfo=here.tzinfo) for time in (opens, closes)
            )
            if start <= here < end:
                return here
            if start > here:
                openings.append(start)
    return min(openings, default=None)


def closing(lines: Sequence[str], here: datetime) -> datetime:
    """When the stretch of opening hours that `here` lies in ends; `here` itself when the team is closed."""
    ends = [here]
    for line in lines:
        day, _, hours = line.partition(" ")
        opens, _, closes = hours.partition("-")
        start, end = (
            datetime.fromisoformat(f"{here.date()}T{at}").replace(tzinfo=here.tzinfo) for at in (opens, closes)
        )
        if DAYS.index(day) == here.weekday() and start <= here < end:
            ends.append(end)
    return max(ends)
