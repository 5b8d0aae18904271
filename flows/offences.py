"""An offence: a text of law as data, read from `flows/law/<id>.toml`. No article number stands in a .py file."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from flows.expressions import Expression, ExpressionError, parse
from flows.facts import FactType
from flows.tables import Table

CLASSES = ("crime", "delit", "contravention")
FAMILIES = ("harassment", "threats", "images", "identity_data", "intrusion", "minors", "press", "other")
FLAGS = ("verified", "partial", "memory")
STARTS = ("last_act", "act", "publication", "majority", "discovery")
RELATIONS = ("special", "also", "not_both")


@dataclass(frozen=True, slots=True)
class SourceOfLaw:
    """Where a value was read, and when a person read it.

    Attributes:
        title: name of the page or text.
        id: stable id (LEGIARTI..., case number), or "".
        url: address, or "".
        checked: day the source was read; None when it could not be found.
        flag: `verified`, `partial` or `memory`.
        valid_until: last day the reference holds as written (a code that is renumbered), or None.
        note: where the text hesitates.
    """

    title: str
    id: str
    url: str
    checked: date | None
    flag: str
    note: str
    valid_until: date | None = None


@dataclass(frozen=True, slots=True)
class Article:
    """One article: code (CP, CPP, L1881...), number, paragraph."""

    code: str
    number: str
    paragraph: str


@dataclass(frozen=True, slots=True)
class Condition:
    """An element or an aggravating circumstance: an id and an expression over facts."""

    id: str
    when: Expression
    source: str


@dataclass(frozen=True, slots=True)
class Penalty:
    """The maximum: prison in months, fine in euros."""

    prison_months: int
    fine_euros: int


@dataclass(frozen=True, slots=True)
class Aggravation:
    """A heavier penalty when at least `at_least` of the circumstances are met."""

    any_of: tuple[str, ...]
    at_least: int
    penalty: Penalty
    source: SourceOfLaw | None


@dataclass(frozen=True, slots=True)
class Limitation:
    """How long one may complain: months from a starting point (see `STARTS`).

    `press` marks the clock of the law of 1881, which a plain complaint does not stop.
    """

    months: int
    starts: str
    press: bool
    source: SourceOfLaw | None


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another offence: `special` hides this one when it is indicated, `also` goes with it.

    `not_both`: the same words are one or the other, never both; a court chooses.
    """

    offence: str
    relation: str


@dataclass(frozen=True, slots=True)
class Offence:
    """A text of law. All elements must be met; `raised_by` says when it is worth asking about.

    `background` texts are rarely the main finding: she reads of them only once they are indicated, and few
    questions are spent on them.
    """

    id: str
    kind: str
    family: str
    articles: tuple[Article, ...]
    in_force_since: date | None
    background: bool
    raised_by: Condition
    elements: tuple[Condition, ...]
    not_required: tuple[str, ...]
    liable: tuple[str, ...]
    penalty: Penalty
    circumstances: tuple[Condition, ...]
    aggravations: tuple[Aggravation, ...]
    limitation: Limitation
    complaint_required: bool
    neighbours: tuple[Neighbour, ...]
    source: SourceOfLaw

    @property
    def facts(self) -> frozenset[str]:
        """Every fact that an element or a circumstance reads."""
        return frozenset().union(*(part.when.names() for part in (*self.elements, *self.circumstances)))


def read_offence(table: Table, vocabulary: Mapping[str, FactType]) -> Offence:
    """Read one offence.

    Raises:
        KnowledgeError: a key is unknown, missing or wrong.
    """
    complaint = table.table("complaint")
    offence = Offence(
        id=table.string("id"),
        kind=table.choice("class", CLASSES),
        family=table.choice("family", FAMILIES),
        articles=tuple(_article(part) for part in table.tables("articles")),
        in_force_since=table.day("in_force_since"),
        background=table.flag("background", default=False),
        raised_by=_condition(table, "raised_by", "raised_by", vocabulary),
        elements=tuple(_named_condition(part, vocabulary) for part in table.tables("element")),
        not_required=table.strings("not_required", ()),
        liable=table.strings("liable", ("author", "accomplice")),
        penalty=_penalty(table.table("penalty"), closed=True),
        circumstances=tuple(_named_condition(part, vocabulary) for part in table.tables("circumstance")),
        aggravations=tuple(_aggravation(part) for part in table.tables("aggravation")),
        limitation=_limitation(table.table("limitation")),
        complaint_required=complaint.flag("required"),
        neighbours=tuple(_neighbour(part) for part in table.tables("neighbour")),
        source=read_source(table.table("source")),
    )
    complaint.close()
    table.close()
    _check_circumstances(offence, table)
    return offence


def read_source(table: Table) -> SourceOfLaw:
    """Read a `source = { title, id, url, checked, flag, note }`."""
    source = SourceOfLaw(
        title=table.string("title"),
        id=table.string("id", ""),
        url=table.string("url", ""),
        checked=table.day("checked"),
        flag=table.choice("flag", FLAGS),
        note=table.string("note", ""),
        valid_until=table.day("valid_until"),
    )
    table.close()
    if source.checked is None and source.flag == "verified":
        raise table.error("checked", "a verified source has a day; write when it was read, like checked = 2026-11-23")
    return source


def _condition(table: Table, key: str, name: str, vocabulary: Mapping[str, FactType]) -> Condition:
    source = table.string(key)
    try:
        return Condition(name, parse(source, vocabulary), source)
    except ExpressionError as error:
        raise table.error(key, str(error)) from error


def _named_condition(table: Table, vocabulary: Mapping[str, FactType]) -> Condition:
    condition = _condition(table, "when", table.string("id"), vocabulary)
    table.close()
    return condition


def _article(table: Table) -> Article:
    article = Article(table.string("code"), table.string("number"), table.string("paragraph", ""))
    table.close()
    return article


def _penalty(table: Table, *, closed: bool) -> Penalty:
    penalty = Penalty(table.number("prison_months"), table.number("fine_euros"))
    if closed:
        table.close()
    return penalty


def _aggravation(table: Table) -> Aggravation:
    aggravation = Aggravation(
        table.strings("any_of"), table.number("at_least", 1), _penalty(table, closed=False), _own_source(table)
    )
    table.close()
    return aggravation


def _limitation(table: Table) -> Limitation:
    limitation = Limitation(
        table.number("months"),
        table.choice("starts", STARTS),
        table.flag("press", default=False),
        _own_source(table),
    )
    table.close()
    return limitation


def _neighbour(table: Table) -> Neighbour:
    neighbour = Neighbour(table.string("offence"), table.choice("relation", RELATIONS))
    table.close()
    return neighbour


def _own_source(table: Table) -> SourceOfLaw | None:
    """A value's own source when it differs from the file's."""
    return read_source(table.table("source")) if table.has("source") else None


def _check_circumstances(offence: Offence, table: Table) -> None:
    known = {circumstance.id for circumstance in offence.circumstances}
    for aggravation in offence.aggravations:
        for name in aggravation.any_of:
            if name not in known:
                raise table.error("aggravation.any_of", f"{name}: no such [[circumstance]]; known: {', '.join(known)}")
