"""Facts: the typed things known about a case, and where each comes from.

This module is the vocabulary that `nlp` and `cases` may import; it imports nothing of ours.
A value is stored and exchanged as JSON: yes/no as true/false, a choice as its id, several as a
sorted list of ids, a number as an integer, a day as `YYYY-MM-DD`, a period as `[start, end]`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from enum import StrEnum
from typing import Any


class FactKind(StrEnum):
    """The type of a fact's value."""

    YES_NO = "yes_no"
    CHOICE = "choice"
    SEVERAL = "several"
    NUMBER = "number"
    DATE = "date"
    PERIOD = "period"


Value = bool | str | int | date | frozenset[str] | tuple[date, date]


class Source(StrEnum):
    """Who or what established a fact."""

    ANSWER = "answer"
    EXHIBIT = "exhibit"
    REVIEWER = "reviewer"


@dataclass(frozen=True, slots=True)
class FactType:
    """One entry of the vocabulary, read from `flows/facts/*.toml`.

    Attributes:
        id: snake_case English, never renamed once released.
        kind: type of the value.
        values: allowed ids of a choice or several, in the order of the buttons; empty otherwise.
        meaning: one English sentence for developers and jurists.
        askable: whether a question exists for it.
        sensitivity: `plain`, `personal` or `intimate`; intimate questions come late and are announced.
        group: questions of one group are kept together.
        minimum: smallest number allowed, or None.
        maximum: largest number allowed, or None.
        from_labels: labels whose presence in an exhibit sets this fact (yes_no) to true.
        derived: an expression over other facts that gives this fact, or "".
        proved_by: evidence items that prove this fact.
        implied_by: an expression that makes this yes/no fact true when it is met and says nothing otherwise, or "".
    """

    id: str
    kind: FactKind
    values: tuple[str, ...]
    meaning: str
    askable: bool
    sensitivity: str
    group: str
    minimum: int | None
    maximum: int | None
    from_labels: tuple[str, ...]
    derived: str
    implied_by: str
    proved_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing known about a case.

    Attributes:
        id: entry of the vocabulary.
        value: typed value (see `FactType.kind`).
        source: who or what established it.
        exhibits: positions (from 1) of the exhibits that carry it, when `source` is an exhibit.
        confirmed: she or a reviewer said so herself; an exhibit's fact is not confirmed until asked.
    """

    id: str
    value: Value
    source: Source
    exhibits: tuple[int, ...] = ()
    confirmed: bool = True


class FactError(ValueError):
    """A fact the vocabulary does not know, or a value it does not allow; the sentence says what to do."""


def to_json(value: Value) -> bool | str | int | list[str]:
    """Turn a value into plain JSON."""
    if isinstance(value, bool | str | int):
        return value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [day.isoformat() for day in value]
    return sorted(value)


def from_json(fact: FactType, raw: Any) -> Value:  # noqa: ANN401 - this is where untyped JSON becomes typed
    """Parse a JSON value of `fact`.

    Raises:
        FactError: the value is not of the fact's type or not among its allowed values.
    """
    match fact.kind:
        case FactKind.YES_NO if isinstance(raw, bool):
            return raw
        case FactKind.CHOICE if raw in fact.values:
            return str(raw)
        case FactKind.SEVERAL if isinstance(raw, list | tuple) and set(raw) <= set(fact.values):
            return frozenset(raw)
        case FactKind.NUMBER if isinstance(raw, int) and not isinstance(raw, bool) and _within(fact, raw):
            return raw
        case FactKind.DATE if (day := _day(raw)) is not None:
            return day
        case FactKind.PERIOD if isinstance(raw, list | tuple) and len(raw) == 2:  # noqa: PLR2004 - start and end
            start, end = _day(raw[0]), _day(raw[1])
            if start is not None and end is not None and start <= end:
                return (start, end)
    raise FactError(f"{fact.id}: {raw!r} is not allowed; {allowed(fact)}")


def allowed(fact: FactType) -> str:
    """Say in English which values a fact takes."""
    match fact.kind:
        case FactKind.YES_NO:
            return "give true or false"
        case FactKind.CHOICE:
            return "give one of " + ", ".join(fact.values)
        case FactKind.SEVERAL:
            return "give a list among " + ", ".join(fact.values)
        case FactKind.NUMBER:
            return f"give a whole number from {fact.minimum or 0}" + (f" to {fact.maximum}" if fact.maximum else "")
        case FactKind.DATE:
            return "give a day as YYYY-MM-DD"
        case FactKind.PERIOD:
            return "give [first day, last day] as YYYY-MM-DD"


def parse_facts(vocabulary: Mapping[str, FactType], raw: Mapping[str, Any]) -> dict[str, Fact]:
    """Parse a JSON object of facts given by hand; null means unknown and is left out.

    Raises:
        FactError: an id is unknown or a value not allowed.
    """
    facts = {}
    for name, value in raw.items():
        if name not in vocabulary:
            raise FactError(f"{name}: no such fact; `recours facts` lists them{_near(name, vocabulary)}")
        if value is not None:
            facts[name] = Fact(name, from_json(vocabulary[name], value), Source.ANSWER)
    return facts


def chosen_in(facts: Mapping[str, Fact], name: str) -> frozenset[str]:
    """The ids chosen so far for a fact with several answers; empty when it is not known."""
    fact = facts.get(name)
    return fact.value if fact is not None and isinstance(fact.value, frozenset) else frozenset()


def _within(fact: FactType, number: int) -> bool:
    low = fact.minimum if fact.minimum is not None else 0
    return number >= low and (fact.maximum is None or number <= fact.maximum)


def _day(raw: Any) -> date | None:  # noqa: ANN401 - see from_json
    if isinstance(raw, date):
        return raw
    try:
        return date.fromisoformat(raw) if isinstance(raw, str) else None
    except ValueError:
        return None


def _near(name: str, known: Mapping[str, FactType] | Sequence[str]) -> str:
    near = get_close_matches(name, list(known), n=1)
    return f" (did you mean {near[0]}?)" if near else ""
