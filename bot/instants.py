"""Instants of the service: now, and how long to wait after a failure."""

from datetime import UTC, datetime, timedelta

LONGEST_WAIT = timedelta(minutes=5)
FAR = datetime(9999, 1, 1, tzinfo=UTC)


def now() -> datetime:
    """This instant (UTC)."""
    return datetime.now(UTC)


def backoff(failures: int) -> timedelta:
    """1 s, 2 s, 4 s, ... at most five minutes; `failures` counts from 1."""
    return min(LONGEST_WAIT, timedelta(seconds=2 ** min(failures - 1, 9)))
