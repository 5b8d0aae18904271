"""Rows of PostgreSQL, opened: which columns are sealed, and what each is bound to, the protocol itself says."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from cases.sql.tables import EVERY


@dataclass(slots=True)
class Found:
    """Rows of a statement, opened."""

    rows: list[tuple[Any, ...]]
    next: int = field(default=0)

    def fetchone(self) -> tuple[Any, ...] | None:
        """The next row, or None."""
        if self.next == len(self.rows):
            return None
        self.next += 1
        return self.rows[self.next - 1]

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Every row left."""
        left, self.next = self.rows[self.next :], len(self.rows)
        return left

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        """Row by row."""
        return iter(self.fetchall())


@dataclass(frozen=True, slots=True)
class Opening:
    """How one column of a result is opened: its place, its name, and the places of what it is bound to."""

    place: int
    column: str
    bound: tuple[int, ...]


def plan(origins: Sequence[tuple[str, str] | None], sealed: Sequence[bool]) -> list[Opening]:
    """What is looked for by equality first, since the others may be bound to it.

    Of several columns of that name, what a value is bound to is the first one after it: so a query that joins a table
    twice says which row is meant.

    Raises:
        ValueError: a query asks for a sealed value without what it is bound to; the fault is ours.
    """
    openings: list[tuple[int, Opening]] = []
    for i, origin in enumerate(origins):
        if not sealed[i]:
            continue
        if origin is None:
            raise ValueError(f"column {i} is sealed and comes from no table")
        table, name = origin
        bound = EVERY[table].sealed.get(name, ())
        places = tuple(_nearest(origins, (table, column), i) for column in bound)
        openings.append((len(bound), Opening(i, f"{table}.{name}", places)))
    return [opening for _, opening in sorted(openings, key=lambda pair: pair[0])]


def _nearest(origins: Sequence[tuple[str, str] | None], wanted: tuple[str, str], at: int) -> int:
    places = [i for i, origin in enumerate(origins) if origin == wanted]
    after = [i for i in places if i > at]
    if not places:
        raise ValueError(f"{wanted} must be asked for too: something sealed is bound to it")
    return (after or places)[0]
