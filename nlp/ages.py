"""An age told in any way: digits, words, a year of birth, a school class, "la quarantaine", "mineure"."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

LEAST, MOST = 4, 110
WIDEST = 15  # years between the two ends of a span of ages
SAID = r"(?P<age>\d{1,3})"
UNIT = r"(?:ans?|annees?|piges?|balais|berges|printemps|bougies|ballets|years? old|yo|y o|yrs?|years)"
OTHER_TIME = re.compile(  # durations and other numbers that are no age
    rf"\b(?:il y a|y a|ya|depuis|ca fait|pendant|durant|apres|avant|dans|for|since|en) (?:environ |plus de )?\d{{1,3}} {UNIT}\b"
    rf"|\b\d{{1,3}} {UNIT} (?:que|ago|de (?:mariage|relation|vie|moins|plus))\b|\b\d{{1,2}} ?(?:h|heures|fois|jours?|mois|semaines?|enfants?)\b(?! et)"
)
SOON = re.compile(
    rf"^(?:(?:j ai |j aurai |je vais avoir |elle a |il a )?(?:bientot|presque|quasi|quasiment|pas encore|pas tout a fait|almost|nearly)|je vais sur mes|(?:je|elle|il) (?:vais|va) (?:bientot )?(?:avoir|sur ses)|j aurai|i m turning|turning) {SAID}\b"
)
BETWEEN = re.compile(
    r"(?:^|\bentre |\bai |\ba |\bsoit )(\d{1,3})(?: (?:et|ou|a) (?:peut etre )?| ?[/-] ?| )(\d{1,3})\b(?! (?:mois|enfants?|jours))"
)
WITH_UNIT = re.compile(rf"\b(?<!de mes ){SAID} ?{UNIT}\b(?! (?:d|de) )")
TOLD = re.compile(
    rf"(?:\b(?:j ai|jai|g|ai|j avais|javais|elle a|il a|elle avait|il avait|avoir|fete mes|avais|en ai|jen ai|i m|im|i am|she s|he s|she is|he is|agee? de|moi) |^)"
    rf"(?:a peine |tout juste |seulement |que |only |just |eu |juste )?{SAID}"
    r"(?= ?(?:$|,|mais\b|et demie?\b|bientot|presque|depuis|passe|pile|tout\b|dans\b|revolus|quoi\b|now|soon|turning|almost|le mois|en (?:janv|fev|mars|avr|mai|juin|juil|aou|sept|oct|nov|dec)))"
)
OVER = re.compile(r"\b(?:plus (?:de|que)|over|passe|depasse) (\d{2})(?: ans)?(?: bien (?:sonnes|tasses|passes))?$")
LATER = re.compile(
    r"\b(?:bientot|presque|dans|croit|croient|croyait|parait|fais|soon|almost|turning|en (?:janv|fev|mars|avr|mai|juin|juil|aou|sept|oct|nov|dec)\w*|le mois prochain|mon mari|mon ex|lui|et elle|et il|elle|vs|contre)\b"
)
BORN_ON = re.compile(
    r"\b(?:nee?s?|ne e|born)(?: le| on)? (?P<day>\d{1,2})[/. -](?P<month>\d{1,2})[/. -](?P<year>(?:19|20)\d\d)\b"
)
BORN_IN = re.compile(
    r"(?:\b(?:nee?s?|ne e|born|naissance|naiss|de l annee|je suis de|moi de|suis de|d )\b[^0-9]{0,12}(?P<day>\d{1,2})? ?(?P<month>[a-z]+)? ?|^(?:en |de )?)(?P<year>(?:19[1-9]|20[0-2])\d)\b"
)
MONTHS = ("jan", "fev", "mar", "avr", "mai", "juin", "juil", "aou", "sep", "oct", "nov", "dec")


def age_of(said: str, today: date, lexicon: Mapping[str, Any]) -> tuple[int, int] | None:
    """Youngest and oldest age, in years, that an answer allows; None when it gives none.

    Args:
        said: folded text with number words in digits.
        today: the day a year of birth counts from.
        lexicon: `[ages]` of `words/answers.toml`.
    """
    plain = OTHER_TIME.sub(" ", said).strip()
    return _born(said, today) or _counted(plain) or _called(plain, lexicon)


def _counted(said: str) -> tuple[int, int] | None:
    soon, over, between = SOON.match(said), OVER.search(said), BETWEEN.search(said)
    if soon:
        return _sane(int(soon["age"]) - 1, int(soon["age"]) - 1)
    if over:
        return _sane(int(over[1]), MOST)
    found = WITH_UNIT.search(said) or TOLD.search(said)
    if found:
        return _told(said, int(found["age"]))
    if between and 0 < int(between[2]) - int(between[1]) <= WIDEST:
        return _sane(int(between[1]), int(between[2]))
    return None


def _called(said: str, lexicon: Mapping[str, Any]) -> tuple[int, int] | None:
    """A word for an age: a class, "majeure", "la quarantaine"; never the class somebody teaches."""
    if lexicon["somebody_else"].search(said):
        return None
    return next(((low, high) for words, low, high in lexicon["words"] if words.search(said)), None)


def _told(said: str, age: int) -> tuple[int, int] | None:
    """One age, or the span of several told side by side: whose each one is, is not clear."""
    between = BETWEEN.search(said)
    others = {int(found["age"]) for found in WITH_UNIT.finditer(said)}
    others |= {int(each) for each in between.groups()} if between else set()
    if len(others - {age}) and not LATER.search(said):
        return _sane(min(others | {age}), max(others | {age}))
    return _sane(age, age)


def _sane(low: int, high: int) -> tuple[int, int] | None:
    return (low, high) if low >= LEAST and high <= MOST else None


def _born(said: str, today: date) -> tuple[int, int] | None:
    """A full date gives one age; a year alone two."""
    full = BORN_ON.search(said)
    if full:
        day, month, year = int(full["day"]), int(full["month"]), int(full["year"])
        age = today.year - year - ((today.month, today.day) < (month, day))
        return _sane(age, age)
    found = BORN_IN.search(said)
    if found is None:
        return None
    age = today.year - int(found["year"])
    named = next((n for n, name in enumerate(MONTHS, 1) if (found["month"] or "").startswith(name)), None)
    if named is not None and named != today.month:
        age -= today.month < named
        return _sane(age, age)
    return _sane(age - 1, age)
