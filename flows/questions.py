"""What the bot may ask to establish a fact, read from `flows/questions/*.toml` (one group of facts a file)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from flows.facts import FactError, FactKind, FactType, Value, from_json
from flows.tables import Table

SENSITIVITIES = ("plain", "personal", "intimate")


@dataclass(frozen=True, slots=True)
class Choice:
    """One button of a question.

    Attributes:
        id: id of the button.
        value: JSON value it stands for; None means "I do not know". For a date, how many days ago.
        text: key of its label.
        alone: it ends a question with several answers at once (none of that).
    """

    id: str
    value: bool | str | int | None
    text: str
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """A question about one fact.

    Attributes:
        fact: what it establishes.
        ask: key of the question.
        why: key of "why we ask".
        choices: buttons, "I do not know" last.
        group: questions of one group are kept together.
        sensitivity: `plain`, `personal` or `intimate`.
        order: place among equals; smaller first.
        first: asked before anything is known, in `order`.
    """

    fact: str
    ask: str
    why: str
    choices: tuple[Choice, ...]
    group: str
    sensitivity: str
    order: int
    first: bool

    def choice(self, name: str) -> Choice | None:
        """The button of that id, or None."""
        return next((choice for choice in self.choices if choice.id == name), None)


def value_of(choice: Choice, fact: FactType, today: date) -> Value:
    """The typed value a button stands for on the day it is pressed.

    Raises:
        FactError: the button does not fit the fact (`recours check` finds this beforehand).
    """
    if fact.kind is FactKind.DATE and isinstance(choice.value, int):
        return today - timedelta(days=choice.value)
    if fact.kind is FactKind.SEVERAL:
        return frozenset({str(choice.value)})
    return from_json(fact, choice.value)


def read_facts(table: Table) -> Iterator[tuple[FactType, Question | None]]:
    """Read one file: every table is a fact, `[fact.question]` its question.

    Raises:
        KnowledgeError: a key is unknown, missing or wrong.
    """
    group = table.string("group")
    for name, part in _fact_tables(table):
        fact = FactType(
            id=name,
            kind=FactKind(part.choice("type", tuple(FactKind))),
            values=part.strings("values", ()),
            meaning=part.string("meaning"),
            askable=part.has("question"),
            sensitivity=part.choice("sensitivity", SENSITIVITIES, "plain"),
            group=group,
            minimum=part.optional_number("minimum"),
            maximum=part.optional_number("maximum"),
            from_labels=part.strings("from_labels", ()),
            derived=part.string("derived", ""),
            implied_by=part.string("implied_by", ""),
            proved_by=part.strings("proved_by", ()),
        )
        if fact.kind in (FactKind.CHOICE, FactKind.SEVERAL) and not fact.values:
            raise part.error("values", "a choice needs its allowed values; write values = [...]")
        question = _question(part.table("question"), fact) if fact.askable else None
        part.close()
        yield fact, question
    table.close()


def _fact_tables(table: Table) -> Iterator[tuple[str, Table]]:
    yield from table.table("fact").named_tables()


def _question(table: Table, fact: FactType) -> Question:
    key = f"questions.{fact.id}"
    question = Question(
        fact=fact.id,
        ask=f"{key}.ask",
        why=f"{key}.why",
        choices=(*_choices(table, fact, key), Choice("unknown", None, "buttons.unsure")),
        group=fact.group,
        sensitivity=fact.sensitivity,
        order=table.number("order", 50),
        first=table.flag("first", default=False),
    )
    table.close()
    return question


def _choices(table: Table, fact: FactType, key: str) -> tuple[Choice, ...]:
    """Yes and no, the values of a choice, or the bands that a number question offers."""
    alone = table.strings("alone", ())
    if fact.kind is FactKind.YES_NO:
        return (Choice("yes", True, "buttons.yes"), Choice("no", False, "buttons.no"))  # noqa: FBT003 - JSON values
    if table.has("band"):
        return tuple(_band(part, fact, key) for part in table.tables("band"))
    return tuple(Choice(value, value, f"{key}.choices.{value}", value in alone) for value in fact.values)


def _band(table: Table, fact: FactType, key: str) -> Choice:
    """One button of a number or date question: an id and the value it stands for (the smallest of the band)."""
    name, value = table.string("id"), table.number("value")
    table.close()
    try:
        value_of(Choice(name, value, ""), fact, date.max)
    except FactError as error:
        raise table.error("value", str(error)) from error
    return Choice(name, value, f"{key}.choices.{name}")


def by_fact(questions: Mapping[str, Question]) -> Mapping[str, Question]:
    """Questions keyed by the fact they establish, in their order."""
    return dict(sorted(questions.items(), key=lambda item: (item[1].order, item[0])))
