"""What was changed in the settings, by whom and when, so that it can be undone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Change:
    """One value that was replaced: a setting or a text of the association, never of a case.

    Attributes:
        key: which one.
        before: as a form shows it.
        after: the same.
        source: TOML of the value before, or None when there was none.
    """

    key: str
    before: str
    after: str
    source: str | None


@dataclass(frozen=True, slots=True)
class Revision:
    """Values of one sheet that were replaced together.

    Attributes:
        id: its number.
        at: when (UTC).
        author: name of the account.
        sheet: what was edited, as `kind/name`.
        changes: the values.
        undoes: the revision it put back, or None.
        undone: whether a later one put this one back.
    """

    id: int
    at: datetime
    author: str
    sheet: str
    changes: Sequence[Change]
    undoes: int | None
    undone: bool


class Revisions(Protocol):
    """The history of the settings."""

    def add(self, staff: int, sheet: str, changes: Sequence[Change], at: datetime, undoes: int | None = None) -> int:
        """Keep a revision; its number."""

    def latest(self, limit: int) -> list[Revision]:
        """The newest first."""

    def by_id(self, revision: int) -> Revision | None:
        """One of them."""
