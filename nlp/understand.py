"""Free answers in her own words: what she wants the bot to do, yes or no, a choice, a number, a day."""

import re
import tomllib
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.facts import FactKind, FactType
from nlp.days import day_of
from nlp.normalise import fold, plain
from nlp.numbers import number_of
from nlp.reading import Understood

if TYPE_CHECKING:
    from collections.abc import Mapping

COMMANDS = (
    "skip", "back", "why", "erase", "human", "leave", "pause", "resume", "help", "urgent",
    "language", "yes", "no", "restart", "assessment", "dossier",
    "remind", "remind_stop",
)  # fmt: skip
WORDS = Path(__file__).parent / "words" / "answers.toml"
NOTHING = Understood(value=None, command=None, unknown=False)
ADULT, FIFTEEN, THIRTEEN = 18, 15, 13
NEGATIONS = frozenset({"pas", "jamais", "aucun", "aucune", "sans", "ni", "non"})

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
    said = _bare(fold(answer))
    if not said:
        return NOTHING
    if fact is None:
        return _intent(said)
    if _says("unknown", said):
        return Understood(value=None, command=None, unknown=True)
    if said in _lexicon()["commands_by_phrase"]:
        return _intent(said)
    value = _value(fact, said, fold(plain(answer)), answer, today)
    return NOTHING if value is None else Understood(value=value, command=None, unknown=False)


def small_talk(answer: str) -> str:
    """What she says beside the question, or "".

    `greeting`, `thanks`, `machine` (is this a person?), `feeling`, `plea` (bare: help me), `secret` (tell nobody).
    """
    said = fold(answer)
    patterns: Mapping[str, list[str]] = _lexicon()["small_talk"]
    return next((kind for kind, each in patterns.items() if any(re.search(p, said) for p in each)), "")


def _intent(said: str) -> Understood:
    if _says("unknown", said):
        return Understood(value=None, command=None, unknown=True)
    by_phrase: Mapping[str, str] = _lexicon()["commands_by_phrase"]
    if said in by_phrase:
        return Understood(value=None, command=by_phrase[said], unknown=False)
    for answer in ("no", "yes"):
        if _says(answer, said):
            return Understood(value=None, command=answer, unknown=False)
    return NOTHING


def _value(fact: FactType, said: str, spelt: str, answer: str, today: date) -> object | None:
    """The JSON value of an answer, or None when it is not clear."""
    match fact.kind:
        case FactKind.YES_NO:
            return _yes_no(said)
        case FactKind.NUMBER:
            return _within(fact, number_of(fold(answer), _lexicon()))
        case FactKind.DATE:
            day = day_of(fold(answer), today)
            return day.isoformat() if day else None
        case FactKind.CHOICE:
            return _age_band(fact, said) or _choice(fact, f"{said} {spelt}")
        case FactKind.SEVERAL:
            return _several(fact, f"{said} {spelt}")
        case FactKind.PERIOD:
            return None


def _yes_no(said: str) -> bool | None:
    if _says("no", said):
        return False
    return True if _says("yes", said) else None


def _within(fact: FactType, number: int | None) -> int | None:
    if number is None:
        return None
    low, high = fact.minimum or 0, fact.maximum
    return number if number >= low and (high is None or number <= high) else None


def _age_band(fact: FactType, said: str) -> str | None:
    """A number in answer to a question of age."""
    number = number_of(said, _lexicon()) if "age_band" in fact.id and any(c.isdigit() for c in said) else None
    if number is None:
        return None
    if fact.id.startswith("victim"):
        return "under_15" if number < FIFTEEN else "15_17" if number < ADULT else "adult"
    return "under_13" if number < THIRTEEN else "13_17" if number < ADULT else "adult"


def _choice(fact: FactType, said: str) -> str | None:
    """The one value whose words stand in the answer; the longest phrase wins, a tie is not clear."""
    found = _matches(fact, said)
    if not found:
        return "none" if "none" in fact.values and _says("no", said.split("  ", maxsplit=1)[0]) else None
    longest = max(found.values())
    best = [value for value, length in found.items() if length == longest]
    return best[0] if len(best) == 1 else None


def _several(fact: FactType, said: str) -> list[str] | None:
    return sorted(_matches(fact, said)) or None


def _matches(fact: FactType, said: str) -> dict[str, int]:
    """Value to the length of its longest phrase found in the answer, negated phrases left out."""
    phrases: Mapping[str, list[str]] = _lexicon()["choices"].get(fact.id, {})
    found: dict[str, int] = {}
    for value, words in phrases.items():
        lengths = [len(phrase) for phrase in words if _stands_in(phrase, said)]
        if lengths and value in fact.values:
            found[value] = max(lengths)
    if said.split(" ", maxsplit=1)[0] in fact.values:
        found[said.split(" ", maxsplit=1)[0]] = 100
    return found


def _stands_in(phrase: str, said: str) -> bool:
    padded = f" {said} "
    at = padded.find(f" {phrase} ")
    return at >= 0 and not set(padded[:at].split()[-2:]) & NEGATIONS


def _says(what: str, said: str) -> bool:
    lexicon = _lexicon()[what]
    return said in lexicon["exact"] or any(f"{said} ".startswith(start) for start in lexicon["starts"])


def _bare(said: str) -> str:
    """Without the polite words around it, unless nothing else is left."""
    padded = f" {said} "
    for word in _lexicon()["polite"]["words"]:
        padded = padded.replace(f" {word} ", " ", 1)
    return " ".join(padded.split()) or said


@cache
def _lexicon() -> dict[str, Any]:
    raw = tomllib.loads(WORDS.read_text(encoding="utf-8"))
    raw["commands_by_phrase"] = {phrase: name for name, phrases in raw["commands"].items() for phrase in phrases}
    return raw
