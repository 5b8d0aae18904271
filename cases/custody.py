"""The custody log of a case: append-only, each entry chained to the one before by its digest."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cases import canonical

FIRST = "0" * 64  # what the first entry is chained to


@dataclass(frozen=True, slots=True)
class Entry:
    """One event that touched the evidence.

    Attributes:
        number: from 1, without a hole.
        at: when (UTC).
        event: `received`, `fetched`, `confirmed`, `corrected`, `viewed`, `exported`, `held`, `moved` or `erased`.
        detail: JSON object: position and digest of the exhibit, never its words.
        previous: digest of the entry before.
        digest: SHA-256 of all of the above in canonical form.
    """

    number: int
    at: datetime
    event: str
    detail: Mapping[str, Any]
    previous: str
    digest: str


def next_entry(last: Entry | None, event: str, detail: Mapping[str, Any], at: datetime) -> Entry:
    """The entry that follows `last` in the chain."""
    number, previous = (last.number + 1, last.digest) if last else (1, FIRST)
    return Entry(number, at, event, detail, previous, _digest(number, at, event, detail, previous))


def first_fault(entries: Iterable[Entry]) -> str | None:
    """The first entry that was changed, moved, added or taken away, in one sentence; None when the chain holds.

    Taking away the last entries can only be seen by comparing with a head kept elsewhere.
    """
    previous, expected = FIRST, 1
    for entry in entries:
        if entry.number != expected:
            return f"entry {expected} is missing: entry {entry.number} stands in its place"
        if entry.previous != previous:
            return f"entry {entry.number} does not follow the entry before it"
        if entry.digest != _digest(entry.number, entry.at, entry.event, entry.detail, entry.previous):
            return f"entry {entry.number} was changed"
        previous, expected = entry.digest, expected + 1
    return None


def _digest(number: int, at: datetime, event: str, detail: Mapping[str, Any], previous: str) -> str:
    return canonical.digest(
        {
            "number": number,
            "at": at.astimezone(UTC).isoformat(timespec="milliseconds"),
            "event": event,
            "detail": detail,
            "previous": previous,
        }
    )
