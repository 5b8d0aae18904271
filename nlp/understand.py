"""Free answers in her own words: what she wants the bot to do, yes or no, a choice, a number, a day.

A wrong reading hurts more than asking again: what is not beyond doubt is not read.
"""

import re
from datetime import date
from typing import TYPE_CHECKING

from flows.facts import FactKind, FactType
from nlp.ages import age_of
from nlp.bonds import bond_of
from nlp.clauses import Said, command_of, is_unknown, said_of, yes_or_no
from nlp.days import day_of
from nlp.lexicon import answers, bonds
from nlp.normalise import fold, plain
from nlp.numbers import in_digits, number_of
from nlp.reading import Understood

if TYPE_CHECKING:
    from collections.abc import Mapping

COMMANDS = (
    "skip", "back", "why", "erase", "human", "leave", "pause", "resume", "help", "urgent",
    "language", "yes", "no", "restart", "assessment", "dossier",
    "remind", "remind_stop",
)  # fmt: skip
NOTHING = Understood(value=None, command=None, unknown=False)
UNKNOWN = Understood(value=None, command=None, unknown=True)
ADULT, FIFTEEN, THIRTEEN = 18, 15, 13
LONG = 12  # words from which an answer to a question of age or bond tells a story
NEGATIONS = frozenset({"pas", "jamais", "aucun", "aucune", "sans", "ni", "non"})
SEPTEMBER = re.compile(
    r"(?:(?<=\d )|(?<=\der )|(?<=\ben )|(?<=debut )|(?<=fin )|(?<=\bmi )|(?<=\bmi-))sept\b(?! (?:jours|mois|ans))"
)
WITH_A_CONDITION = re.compile(
    r"\b(?:oui|ouais|ok|accord|non|nan|yes|no) .*?\b(?:mais|sauf|seulement si|a condition|but|except)\b(?! (?:oui|non))"
)
GUESSED = re.compile(r"\b(?:peut etre|ptet|ou bien|ou alors|si ca se trouve|maybe)\b")
ON_A_DEVICE = re.compile(r"\bsur (?:mon|le|son|ma|sa) (?:telephone|tel|portable|mobile|gsm)\b")
NOT_THAT_ONE = re.compile(r" (?:non|nan)\b(?! plus)")
CALLED_WITH = re.compile(
    r"\bappel\w* (?:sur |via |par |en )?(?:whatsapp|messenger|insta\w*|snap\w*|discord|telegram)\b"
)

__all__ = ["COMMANDS", "fold", "small_talk", "understand"]


def understand(fact: FactType | None, answer: str, today: date) -> Understood:
    """Read an answer to the question about `fact`; None reads commands, yes and no only.

    Args:
        fact: what was asked, or None outside a question.
        answer: her words.
        today: the day relative dates count from.

    Returns:
        A value, or a command, or "unknown"; all empty when it is not clear.
    """
    said = said_of(answer)
    if not said.folded:
        return NOTHING
    command = command_of(said)
    if command is not None:
        return Understood(value=None, command=command, unknown=False)
    unknown = is_unknown(said)
    if fact is None:
        return UNKNOWN if unknown else _yes_or_no_outside(said)
    if unknown and fact.kind not in (FactKind.NUMBER, FactKind.DATE):
        return UNKNOWN
    value = _value(fact, said, answer, today)
    if unknown and (value is None or not _told_all_the_same(said, fact)):
        return UNKNOWN
    return NOTHING if value is None else Understood(value=value, command=None, unknown=False)


def small_talk(answer: str) -> str:
    """What she says beside the question, or "".

    `greeting`, `thanks`, `machine` (is this a person?), `feeling`, `plea` (bare: help me), `secret` (tell nobody).
    """
    said = fold(answer)
    patterns: Mapping[str, list[str]] = answers()["small_talk"]
    return next((kind for kind, each in patterns.items() if any(re.search(p, said) for p in each)), "")


def _yes_or_no_outside(said: Said) -> Understood:
    """Consent, a safe telephone, erasing: "oui mais..." settles none of them."""
    heard = None if WITH_A_CONDITION.search(said.folded) else yes_or_no(said)
    return NOTHING if heard is None else Understood(value=None, command="yes" if heard else "no", unknown=False)


def _told_all_the_same(said: Said, fact: FactType) -> bool:
    """Whether the doubt comes first and the answer after it: "je sais plus, une dizaine"."""
    return bool(
        re.match(r"(?:franchement |bah |ben )?(?:je |j )?(?:ne |n )?(?:sais|saurais|jsp|suis|me)", said.spelt)
    ) and (len(said.clauses) > 1 and (fact.kind is FactKind.NUMBER or not GUESSED.search(said.spelt)))


def _value(fact: FactType, said: Said, answer: str, today: date) -> object | None:
    """The JSON value of an answer, or None when it is not clear."""
    match fact.kind:
        case FactKind.YES_NO:
            return yes_or_no(said)
        case FactKind.NUMBER:
            return _within(fact, _number(said, people=fact.id == "authors_count"))
        case FactKind.DATE:
            day = _day(said.marked, today) or _day(said.marked_spelt, today)
            return day.isoformat() if day else None
        case FactKind.CHOICE:
            return _choice(fact, said, today)
        case FactKind.SEVERAL:
            return (
                _platforms(said) if fact.id == "platforms" else _several(fact, f"{fold(answer)} {fold(plain(answer))}")
            )
        case FactKind.PERIOD:
            return None


def _number(said: Said, *, people: bool) -> int | None:
    number = number_of(said.marked, answers(), people=people)
    return number if number is not None else number_of(said.marked_spelt, answers(), people=people)


def _day(marked: str, today: date) -> date | None:
    return day_of(in_digits(SEPTEMBER.sub("septembre", marked), answers()), today)


def _within(fact: FactType, number: int | None) -> int | None:
    if number is None:
        return None
    low, high = fact.minimum or 0, fact.maximum
    return number if number >= low and (high is None or number <= high) else None


def _choice(fact: FactType, said: Said, today: date) -> str | None:
    if said.folded in fact.values:
        return said.folded
    if fact.id.endswith("age_band"):
        return _age_band(fact, said, today)
    if fact.id == "author_relationship":
        return bond_of(said.folded, bonds()) or bond_of(said.spelt, bonds())
    return _one_of(fact, f"{said.folded} {said.spelt}", said)


def _age_band(fact: FactType, said: Said, today: date) -> str | None:
    """The band of an age; None when the ages an answer allows lie in two bands."""
    span = next(
        (
            found
            for form in (said.marked, said.spelt)
            if (found := age_of(in_digits(form, answers()), today, answers()["ages"])) is not None
        ),
        None,
    )
    if span is None or (len(said.folded.split()) > LONG and said.asks):
        return None
    limits = (FIFTEEN, ADULT) if fact.id.startswith("victim") else (THIRTEEN, ADULT)
    young, middle, old = fact.values
    bands = {young if age < limits[0] else middle if age < limits[1] else old for age in span}
    return bands.pop() if len(bands) == 1 else None


def _platforms(said: Said) -> list[str] | None:
    """Every service named and not negated; a telephone that is only where she reads is not one."""
    words: Mapping[str, re.Pattern[str]] = answers()["platforms"]
    spoken = ON_A_DEVICE.sub(" ", said.folded)
    spoken = CALLED_WITH.sub(lambda found: found.group().split()[-1], spoken)
    named = {
        name for name, pattern in words.items()
        for found in pattern.finditer(spoken)
        if not set(spoken[: found.start()].split()[-2:]) & NEGATIONS and not NOT_THAT_ONE.match(spoken[found.end() :])
    }  # fmt: skip
    return sorted(named) or None


def _one_of(fact: FactType, said: str, clauses: Said) -> str | None:
    """The one value whose words stand in the answer; the longest phrase wins, a tie is not clear."""
    found = _matches(fact, said)
    if not found:
        return "none" if "none" in fact.values and yes_or_no(clauses) is False else None
    longest = max(found.values())
    best = [value for value, length in found.items() if length == longest]
    return best[0] if len(best) == 1 else None


def _several(fact: FactType, said: str) -> list[str] | None:
    return sorted(_matches(fact, said)) or None


def _matches(fact: FactType, said: str) -> dict[str, int]:
    """Value to the length of its longest phrase found in the answer, negated phrases left out."""
    phrases: Mapping[str, list[str]] = answers()["choices"].get(fact.id, {})
    found: dict[str, int] = {}
    for value, words in phrases.items():
        lengths = [len(phrase) for phrase in words if _stands_in(phrase, said)]
        if lengths and value in fact.values:
            found[value] = max(lengths)
    return found


def _stands_in(phrase: str, said: str) -> bool:
    padded = f" {said} "
    at = padded.find(f" {phrase} ")
    return at >= 0 and not set(padded[:at].split()[-2:]) & NEGATIONS
