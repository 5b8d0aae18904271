"""A number said in French: digits, words, or a quantity such as "une centaine" and "sans arrêt"."""

import re
from collections.abc import Mapping
from typing import Any

DIGITS = re.compile(r"\b(\d{1,6})\b")
AGAIN = re.compile(r"\b(\d{1,4}|[a-z]+) fois par (jour|semaine|mois|heure)\b")
ONE_OF_THEM = re.compile(  # "une semaine" is no answer to "how many times"
    r"^(un|une|one)$|\b(un|une|one) "
    r"(seule?|fois|messages?|appels?|sms|mail|personne|compte|jour|time|person|account|day|message|call|only)\b|once"
)
COLLECTIVES = ("aine", "aines", "millier", "milliers", "dozen", "dozens", "hundreds")
TENS = frozenset({20, 30, 40, 50, 60})


def number_of(said: str, lexicon: Mapping[str, Any]) -> int | None:
    """The number an answer on folded text gives, or None. A range ("2 ou 3", "10-15") gives its smaller end.

    A rate ("10 fois par jour") gives at least the number of one such period, or "many" when it is daily.
    """
    numbers: Mapping[str, int] = lexicon["numbers"]
    rate = AGAIN.search(said)
    if rate:
        once = _one(rate.group(1), numbers)
        return max(once, 20) if once is not None else 20
    found = DIGITS.search(said)
    if found:
        return int(found.group(1))
    for phrase, quantity in sorted(lexicon["quantities"].items(), key=lambda item: -len(item[0])):
        if f" {phrase} " in f" {said} ":
            return int(quantity)
    words = said.split()
    collective = _collective(words, numbers)
    if collective is not None:
        return collective
    spelt = _spelt(words, numbers)
    return None if spelt == 1 and not ONE_OF_THEM.search(said) else spelt


def _one(word: str, numbers: Mapping[str, int]) -> int | None:
    return int(word) if word.isdigit() else numbers.get(word)


def _collective(words: list[str], numbers: Mapping[str, int]) -> int | None:
    """The collective counts, not the "une" before it: "une bonne trentaine" is 30, "deux centaines" 200."""
    for place, word in enumerate(words):
        if word in numbers and word.endswith(COLLECTIVES):
            singular = numbers.get(word.removesuffix("s"), numbers[word])
            several = [numbers[w] for w in words[max(0, place - 2) : place] if 1 < numbers.get(w, 0) < singular]
            return several[-1] * singular if several else numbers[word]
    return None


def _spelt(words: list[str], numbers: Mapping[str, int]) -> int | None:
    """The first run of number words: "vingt deux" 22, "deux cents" 200, "quatre vingt dix" 90."""
    total: int | None = None
    for word in words:
        value = numbers.get(word)
        if value is None:
            if total is not None and word != "et":
                break
            continue
        if total is None:
            total = value
        elif value in (100, 1000) or (total == 4 and value == 20):  # noqa: PLR2004 - quatre-vingts
            total *= value
        elif value < total and (total in TENS or total >= 60):  # noqa: PLR2004 - soixante-dix, quatre-vingt-deux
            total += value
        else:
            break
    return total
