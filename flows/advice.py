"""What to preserve and what to do: evidence items (`flows/evidence/`) and actions (`flows/actions/`)."""

from collections.abc import Mapping
from dataclasses import dataclass

from flows.facts import FactKind, FactType
from flows.offences import SourceOfLaw, read_source
from flows.scope import Scope, read_scope
from flows.tables import Table

FAMILIES = ("technical", "civil", "criminal", "platform")
DOERS = ("you", "police", "lawyer", "commissaire_de_justice", "platform", "expert", "association", "court")


@dataclass(frozen=True, slots=True)
class Clock:
    """Runs for `days` from the day that the fact `starts` holds."""

    starts: str
    days: int


@dataclass(frozen=True, slots=True)
class EvidenceItem:
    """A thing to preserve.

    Attributes:
        id: key of its texts (`evidence.<id>.what`, `.how`).
        scope: for which cases it is worth saving.
        proves: offences it serves.
        hours_left: how long it usually exists, in hours; None when only `clock` or nothing presses.
        clock: until when it exists, counted from a day of the case; None when nothing tells.
        order: place among equals; smaller first.
        source: where the figure comes from, or None.
    """

    id: str
    scope: Scope
    proves: tuple[str, ...]
    hours_left: int | None
    clock: Clock | None
    order: int
    source: SourceOfLaw | None


@dataclass(frozen=True, slots=True)
class Action:
    """A step.

    Attributes:
        id: key of its texts (`actions.<id>.what`, `.how`, and `.limit` when there is one).
        family: technical, civil, criminal or platform.
        scope: for which cases it is worth taking.
        who: who does it.
        within_days: days it should not exceed, or None.
        clock: by when it should be done, counted from a day of the case; None when nothing tells.
        cost_euros: usual cost; 0 when free, None when it varies.
        order: place among equals; smaller first.
        source: where it comes from, or None.
    """

    id: str
    family: str
    scope: Scope
    who: str
    within_days: int | None
    clock: Clock | None
    cost_euros: int | None
    order: int
    source: SourceOfLaw | None


def read_evidence(table: Table, vocabulary: Mapping[str, FactType]) -> list[EvidenceItem]:
    """Read the `[[item]]` tables of one file.

    Raises:
        KnowledgeError: a key is unknown, missing or wrong.
    """
    items = [_item(part, vocabulary) for part in table.tables("item")]
    table.close()
    return items


def read_actions(table: Table, vocabulary: Mapping[str, FactType]) -> list[Action]:
    """Read the `[[action]]` tables of one file.

    Raises:
        KnowledgeError: a key is unknown, missing or wrong.
    """
    actions = [_action(part, vocabulary) for part in table.tables("action")]
    table.close()
    return actions


def _item(table: Table, vocabulary: Mapping[str, FactType]) -> EvidenceItem:
    item = EvidenceItem(
        id=table.string("id"),
        scope=read_scope(table, vocabulary),
        proves=table.strings("proves", ()),
        hours_left=table.optional_number("hours_left"),
        clock=_clock(table, vocabulary),
        order=table.number("order", 50),
        source=read_source(table.table("source")) if table.has("source") else None,
    )
    table.close()
    return item


def _clock(table: Table, vocabulary: Mapping[str, FactType]) -> Clock | None:
    if not table.has("clock"):
        return None
    part = table.table("clock")
    dates = tuple(name for name, fact in vocabulary.items() if fact.kind is FactKind.DATE)
    clock = Clock(part.choice("starts", dates), part.number("days"))
    part.close()
    return clock


def _action(table: Table, vocabulary: Mapping[str, FactType]) -> Action:
    action = Action(
        id=table.string("id"),
        family=table.choice("family", FAMILIES),
        scope=read_scope(table, vocabulary),
        who=table.choice("who", DOERS),
        within_days=table.optional_number("within_days"),
        clock=_clock(table, vocabulary),
        cost_euros=table.optional_number("cost_euros"),
        order=table.number("order", 50),
        source=read_source(table.table("source")) if table.has("source") else None,
    )
    table.close()
    return action
