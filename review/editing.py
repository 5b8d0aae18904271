"""A fact in words, and the fields that correct it."""

from dataclasses import dataclass
from datetime import date

from flows.facts import Fact, FactError, FactKind, Value, from_json, to_json
from review.visit import RefusedError, Visit


@dataclass(frozen=True, slots=True)
class Editor:
    """How a fact is corrected: its kind, the choices offered as (value, words), and the present value."""

    kind: str
    choices: tuple[tuple[str, str], ...]
    chosen: frozenset[str]
    minimum: int
    maximum: int | None


def name_of(visit: Visit, fact: str) -> str:
    """What the fact is, in the words of the person who reads."""
    for key in (f"facts.{fact}", f"questions.{fact}.ask"):
        if visit.console.knowledge.texts.has(key, visit.language):
            return visit.said(key)
    key = f"facts.{fact}"
    return visit.words(key) if visit.console.texts.has(key) else fact.replace("_", " ")


def choice_words(visit: Visit, fact: str, value: str) -> str:
    """A choice as she reads it on its button; its id when no button has it."""
    key = f"questions.{fact}.choices.{value}"
    if visit.console.knowledge.texts.has(key):
        return visit.said(key)
    key = f"facts.choices.{value}"
    return visit.words(key) if visit.console.texts.has(key) else value.replace("_", " ")


def value_words(visit: Visit, fact: str, value: Value) -> str:
    """A value in words."""
    if isinstance(value, bool):
        return visit.words("app.yes" if value else "app.no")
    if isinstance(value, date):
        return value.strftime("%d/%m/%Y")
    if isinstance(value, tuple):
        return " – ".join(day.strftime("%d/%m/%Y") for day in value)
    if isinstance(value, frozenset):
        return ", ".join(choice_words(visit, fact, each) for each in sorted(value))
    return str(value) if isinstance(value, int) else choice_words(visit, fact, value)


def editor(visit: Visit, name: str, fact: Fact | None) -> Editor:
    """The fields of a fact."""
    kind = visit.console.knowledge.facts[name]
    choices = tuple((value, choice_words(visit, name, value)) for value in kind.values)
    if kind.kind is FactKind.YES_NO:
        choices = (("true", visit.words("app.yes")), ("false", visit.words("app.no")))
    raw = to_json(fact.value) if fact else ""
    chosen = (
        frozenset(raw)
        if isinstance(raw, list)
        else frozenset({str(raw).lower() if isinstance(raw, bool) else str(raw)})
    )
    return Editor(str(kind.kind), choices, chosen, kind.minimum or 0, kind.maximum)


def parse(visit: Visit, name: str) -> Value:
    """The value the form gives.

    Raises:
        RefusedError: the fact takes no such value.
    """
    fact = visit.console.knowledge.facts[name]
    value = visit.field("value")
    raw: object = value
    match fact.kind:
        case FactKind.YES_NO:
            raw = {"true": True, "false": False}.get(value)
        case FactKind.NUMBER:
            raw = int(value) if value.isdecimal() and len(value) < 9 else None  # noqa: PLR2004 - no number is so long
        case FactKind.SEVERAL:
            raw = [choice for choice in fact.values if visit.form.get(f"value_{choice}") == "on"]
        case FactKind.PERIOD:
            raw = [value, visit.field("until")]
    try:
        return from_json(fact, raw)
    except FactError as error:
        raise RefusedError(400, "error.value") from error
