"""Letters as data (`flows/letters.toml`): parts in order, each with its condition; words under `letters.<id>`."""

from collections.abc import Mapping
from dataclasses import dataclass

from flows.expressions import Expression
from flows.facts import FactType
from flows.offences import SourceOfLaw, read_source
from flows.scope import Scope, read_expression, read_scope
from flows.tables import Table

LISTS = ("findings", "exhibits", "")


@dataclass(frozen=True, slots=True)
class Part:
    """One paragraph: the key of its words, when it stands, and the list it opens, if any."""

    text: str
    when: Expression | None
    each: str


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter filled from facts. No word is generated; what is not known stays a blank that she fills.

    Attributes:
        id: key of its texts (`letters.<id>.title`, `.before` what to know before sending, and the parts).
        scope: for which cases.
        parts: paragraphs in order.
        may_reach_author: the recipient may show it to the author; she is told before.
        order: place in the list.
        source: the text of law it rests on.
    """

    id: str
    scope: Scope
    parts: tuple[Part, ...]
    may_reach_author: bool
    order: int
    source: SourceOfLaw


def read_letters(table: Table, vocabulary: Mapping[str, FactType]) -> dict[str, Letter]:
    """Read the `[[letter]]` tables.

    Raises:
        KnowledgeError: a key is unknown, missing or wrong.
    """
    letters = [_letter(part, vocabulary) for part in table.tables("letter")]
    table.close()
    return {letter.id: letter for letter in sorted(letters, key=lambda letter: letter.order)}


def _letter(table: Table, vocabulary: Mapping[str, FactType]) -> Letter:
    letter = Letter(
        id=table.string("id"),
        scope=read_scope(table, vocabulary),
        parts=tuple(_part(part, vocabulary) for part in table.tables("part")),
        may_reach_author=table.flag("may_reach_author", default=False),
        order=table.number("order", 50),
        source=read_source(table.table("source")),
    )
    table.close()
    return letter


def _part(table: Table, vocabulary: Mapping[str, FactType]) -> Part:
    part = Part(table.string("text"), read_expression(table, "when", vocabulary), table.choice("each", LISTS, ""))
    table.close()
    return part
