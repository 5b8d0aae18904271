"""A number said in French: digits, words, sums of people, or a quantity such as "une centaine" and "sans arrêt"."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

GROUPED = re.compile(r"(?<!\d)(\d{1,3})(?:[ .\u202f](\d{3}))(?![\d/.])")  # 1 200, 1.500
RATE = re.compile(
    r"\b(\d{1,4}|une|un|plusieurs|quelques|des)(?: (?:a|ou) \d{1,4}| \d{1,4})? (?:fois|x|messages?|appels?) (?:par|/) (?:jours?|semaines?|mois|heures?|nuits?|soirs?|minutes?|day|week|hour)\b"
)
DIGITS = re.compile(r"\b(\d{1,6})x?\b")
NO_COUNT = re.compile(  # durations, hours, ages, dates, sums of money: numbers that count nothing
    r"\b\d{1,6} ?(?:ans?|annees?|mois|semaines?|jours?|j|heures?|h\d{0,2}|minutes?|min|secondes?|nuits?|days?|weeks?|months?|years?|"
    r"hours?|piges|balais|km|kilometres?|bornes|euros?|balles|dollars?|kilos?|kg|pages|abonnes?|likes|rue|etages?|pour cent|degres|"
    r"janvier|fevrier|mars|avril|mai|juin|juillet|aout|septembre|octobre|novembre|decembre|captures?|enfants?)\b"
    r"|\b\d{1,4} fois (?:plus|moins)\b|\b\d{1,4}(?:e|eme|ieme|er|ere|re|nd|th)\b|\b(?:le|du|au|batiment|chambre|numero|depuis le) \d{1,4}\b(?! fois)"
    r"|\b(?:en|depuis|de|in|since|annee|janvier|fevrier|mars|avril|mai|juin|juillet|aout|septembre|octobre|novembre|decembre) (?:19[3-9]|20[0-3])\d\b|\b\d{1,2}/\d{1,2}\b"
)
ONE_OF_THEM = re.compile(  # "une semaine" is no answer to "how many times"
    r"^(?:un|une|one)$|\b(?:un|une|one) "
    r"(?:seule?|unique|fois|messages?|appels?|sms|mail|lettre|personne|compte|mec|gars|fille|garcon|type|homme|femme|"
    r"time|person|account|message|call|only)\b|\bonce\b"
)
EXCEPT_HER = re.compile(
    r"\bon (?:est|etait|etions) (\d{1,4})\b.{0,20}\b(?:avec moi|moi (?:compris|inclus)e?|en me comptant)\b"
)
SHORT, LONGER = 6, 12  # words
JOINS = re.compile(r" (?:et|plus|ainsi que|avec|puis) |,")
TALK = re.compile(
    r"^(?:(?:au moins|au moins|environ|genre|il y a|c est|ce sont|ils sont|elles sont|je dirais|y a|il y avait) )+"
)
ONE_PERSON = re.compile(
    r"^(?:un|une|mon|ma|son|sa|leur|le|la|l|notre) (?!semaine|jour|mois|an\b|annee|fois\b|peu\b|autre fois|gang|bande|"
    r"groupe|classe|famille|equipe|reste)(?:[a-z]+ ){0,2}[a-z]+(?: (?:de|du|des|a) .*)?$"
)
AINE = re.compile(r"\b(\d{2})aines?\b")  # 20aine
ORDINAL = re.compile(r"\b(?:(\d{1,2})(?:e|eme|ieme)|(deux|trois|quatr|cinqu|six|sept|huit|neuv|dix)ieme) fois\b")
ORDINALS = ("", "", "deux", "trois", "quatr", "cinqu", "six", "sept", "huit", "neuv", "dix")
TIMES = re.compile(r"\b(\d{1,4}|une) fois\b")
PRONOUN = re.compile(r"^(?:lui|elle)(?: meme)?$")
MANY_A_DAY = 20
AND_ONE = (["un"], ["une"], ["onze"])
FOUR, SEVEN, TEN, TWENTY = 4, 7, 10, 20  # where French joins its numbers


def in_digits(said: str, lexicon: Mapping[str, Any]) -> str:
    """Folded text with every run of number words in digits: "quatre vingt dix neuf" 99, "septante et un" 71.

    A lone "un" or "une" stays a word: it is more often an article.
    """
    numbers: Mapping[str, int] = lexicon["numbers"]
    return " ".join(_runs(said.split(), numbers))


def number_of(said: str, lexicon: Mapping[str, Any], *, people: bool = False) -> int | None:
    """The number an answer gives, or None. A range ("2 ou 3", "10-15") gives its smaller end.

    A rate ("10 fois par jour") gives at least the number of one such period, or "many" when it is daily.

    Args:
        said: folded text; marks between digits may be kept.
        lexicon: the words of `words/answers.toml`.
        people: people are counted, not acts: "lui et sa sœur" is 2.
    """
    said = in_digits(GROUPED.sub(r"\1\2", said), lexicon)
    said = AINE.sub(r"\1", said)
    counted = NO_COUNT.sub(" ", said)
    if not people and _sum(counted, people=False) is None and _sum(counted, people=True) is not None:
        return None  # "lui et sa copine" counts no act
    readers: tuple[Callable[[], int | None], ...] = (
        lambda: _rate(said),
        lambda: _often(said, lexicon["rates"]),
        lambda: _without_her(said),
        lambda: _ordinal(said),
        lambda: _sum(counted, people=people),
        lambda: _times(counted),
        lambda: _collective(counted.split(), lexicon["collectives"]),
        lambda: _digits(counted),
        lambda: _quantity(counted, lexicon, people=people),
    )
    return next((number for read in readers if (number := read()) is not None), None)


def _rate(said: str) -> int | None:
    found = RATE.search(said)
    if found is None:
        return None
    return max(int(found[1]), MANY_A_DAY) if found[1].isdigit() else MANY_A_DAY


def _without_her(said: str) -> int | None:
    """Twenty-eight others in "on est 29 avec moi"."""
    found = EXCEPT_HER.search(said)
    return int(found[1]) - 1 if found else None


def _ordinal(said: str) -> int | None:
    """At least five in "c'est la cinquième fois"."""
    found = ORDINAL.search(said)
    if found is None:
        return None
    return int(found[1]) if found[1] else ORDINALS.index(found[2])


def _times(said: str) -> int | None:
    """Two in "une fois lundi et une fois mardi"."""
    times = TIMES.findall(said)
    if len(times) > 1 and " et " in said:
        return sum(int(each) if each.isdigit() else 1 for each in times)
    return None


def _digits(said: str) -> int | None:
    found = DIGITS.search(said)
    return int(found[1]) if found else None


def _quantity(said: str, lexicon: Mapping[str, Any], *, people: bool) -> int | None:
    """A quantity without a number; in a longer answer "un homme" or "souvent" tells something else."""
    words = len(said.split())
    if words > LONGER:
        return None
    often = _often(said, lexicon["quantities"])
    if often is None and people:
        often = _often(said, lexicon["crowds"])
    return 1 if often is None and words <= SHORT and ONE_OF_THEM.search(said) else often


def _often(said: str, quantities: list[Mapping[str, Any]]) -> int | None:
    """The count of the first quantity whose words stand in the answer."""
    return next((int(each["count"]) for each in quantities if each["says"].search(said)), None)


def _sum(said: str, *, people: bool) -> int | None:
    """People or acts named one after the other: "2 mecs et sa sœur" is 3; pronouns count only among people."""
    parts = [TALK.sub("", part.strip()) for part in JOINS.split(said) if part.strip()]
    counts = [_part(part) for part in parts]
    told = any(part[0].isdigit() for part in parts if part)
    if len(parts) < 2 or None in counts or not (people or told):  # noqa: PLR2004 - a sum has two terms
        return None
    return sum(count for count in counts if count is not None)


def _part(part: str) -> int | None:
    digits = re.match(r"^(?:ses |mes |les |des |leurs |nos )?(\d{1,4}) (?!fois\b)(?:[a-z]+ ?){1,5}$", part)
    if digits:
        return int(digits[1])
    return 1 if PRONOUN.match(part) or ONE_PERSON.match(part) else None


def _collective(words: list[str], collectives: Mapping[str, int]) -> int | None:
    """The collective counts, not the "une" before it: "une bonne trentaine" is 30, "2 centaines" 200."""
    for place, word in enumerate(words):
        if word in collectives:
            singular = collectives.get(word.removesuffix("s"), collectives[word])
            several = [int(w) for w in words[max(0, place - 2) : place] if w.isdigit() and 1 < int(w) < singular]
            if several:
                return several[-1] * singular
            return singular // 2 if place and words[place - 1] == "demi" else collectives[word]
    return None


def _runs(words: list[str], numbers: Mapping[str, int]) -> Iterator[str]:
    place = 0
    while place < len(words):
        length, value = _run(words[place:], numbers)
        lone_article = length == 1 and words[place] in ("un", "une", "one")
        yield words[place] if length == 0 or lone_article else str(value)
        place += max(length, 1)


def _run(words: list[str], numbers: Mapping[str, int]) -> tuple[int, int]:
    """How many words from the first one make a number, and which."""
    total = current = length = 0
    for place, word in enumerate(words):
        if word == "et" and current % 100 >= TWENTY and words[place + 1 : place + 2] in AND_ONE:
            continue
        value = numbers.get(word)
        if value is None and word.isdigit() and words[place + 1 : place + 2] and length == 0:
            value = int(word) if words[place + 1] in ("cents", "cent", "mille", "thousand", "hundred") else None
        joined = None if value is None else _join(total, current, value, started=length > 0)
        if joined is None:
            break
        total, current = joined
        length = place + 1
    return length, total + current


def _join(total: int, current: int, value: int, *, started: bool) -> tuple[int, int] | None:
    """The number with one more word, or None when the word starts another number."""
    rest = current % 100
    if value == 1000:  # noqa: PLR2004 - "deux mille"
        return (1000 * (current or 1), 0) if total == 0 else None
    if value == 100:  # noqa: PLR2004 - "deux cents"
        return (total, 100 * (current or 1)) if current < TEN else None
    if value == TWENTY and rest == FOUR:
        return total, current - FOUR + 80
    fits = (
        not started
        or current == 0
        or (current >= 100 and rest == 0)  # noqa: PLR2004 - "cent cinquante"
        or (rest in (60, 80) and value < TWENTY)  # soixante-dix, quatre-vingt-onze
        or (value < TEN and rest % TEN == 0 and (rest >= TWENTY or (rest == TEN and value >= SEVEN)))
    )
    return (total, current + value) if fits else None
