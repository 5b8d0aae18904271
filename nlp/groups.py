"""One word for every group: the same insult reads the same whoever it names.

A message is judged by what it does, not by which group it names. Names of groups of the same kind are read as one
name, slurs of the same kind as one slur, before any model sees them; so a group the corpus never named is read like
the others. Words that are also ordinary ones (a colour, a dish) count only behind an article or an insult.
"""

import re
import tomllib
from functools import cache, partial
from pathlib import Path

FILE = Path(__file__).parent / "words" / "groups.toml"


def name_one_group(text: str) -> str:
    """The text with each name of a group replaced by the one that stands for its kind; case of letters is kept."""
    for pattern, stands_for in _patterns():
        text = pattern.sub(partial(_like, stands_for), text)
    return text


def _like(word: str, match: re.Match[str]) -> str:
    """The same number and capitals as the word it replaces."""
    found = match.group()
    word += "s" if found.casefold().endswith("s") and not word.endswith("s") else ""
    return word.upper() if found.isupper() and len(found) > 1 else word.capitalize() if found[0].isupper() else word


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    raw = tomllib.loads(FILE.read_text(encoding="utf-8"))
    behind = "|".join(raw["behind"])
    patterns = []
    for kind in raw["kind"]:
        sure = "|".join(sorted(kind.get("words", ()), key=len, reverse=True))
        unsure = "|".join(sorted(kind.get("behind", ()), key=len, reverse=True))
        if sure:
            patterns.append((re.compile(rf"\b(?:{sure})(?:n?e)?s?\b", re.IGNORECASE), kind["stands_for"]))
        if unsure:
            each = "|".join(rf"(?<=\b{word} )" for word in behind.split("|"))
            patterns.append((re.compile(rf"(?:{each})(?:{unsure})(?:n?e)?s?\b", re.IGNORECASE), kind["stands_for"]))
    return tuple(patterns)
