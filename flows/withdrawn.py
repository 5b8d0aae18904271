"""What an association took back at once: `flows/withdrawn.toml` names a card, the reason and the day; nothing breaks.

A withdrawn offence, action, evidence item, letter, report or contact is as if it had never been written. A contact
that a text names is replaced by the first emergency number. A withdrawn text says that it is being read again.
"""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from flows.tables import Table

KINDS = ("offence", "evidence", "action", "contact", "letter", "report", "flagger", "text")
INSTEAD = "assessment.withdrawn"


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """One card taken back: its kind, its id, why, and since when."""

    kind: str
    id: str
    reason: str
    since: date | None


def read_withdrawn(table: Table) -> list[Withdrawn]:
    """Read the `[[withdrawn]]` tables.

    Raises:
        KnowledgeError: a key is unknown, missing or wrong.
    """
    found = [_one(part) for part in table.tables("withdrawn")]
    table.close()
    return found


def refuse_unknown(withdrawn: list[Withdrawn], known: Mapping[str, Container[str]], table: Table) -> None:
    """Refuse an id that names nothing: a card believed withdrawn must not stay.

    Raises:
        KnowledgeError: there is one.
    """
    for card in withdrawn:
        if card.id not in known[card.kind]:
            raise table.error("withdrawn", f"{card.kind} {card.id}: there is none; correct the id or remove the table")


def ids(withdrawn: Iterable[Withdrawn], kind: str) -> frozenset[str]:
    """The ids of one kind that were taken back."""
    return frozenset(card.id for card in withdrawn if card.kind == kind)


def _one(table: Table) -> Withdrawn:
    card = Withdrawn(table.choice("kind", KINDS), table.string("id"), table.string("reason"), table.day("since"))
    table.close()
    if not card.reason.strip():
        raise table.error("reason", "write why, for whoever puts it back")
    return card
