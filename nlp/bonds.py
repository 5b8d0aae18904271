"""Who the author is to her, in her own words: the person named, not whoever that person is tied to.

"La copine de mon ex" is not an ex; "mon mari, on est séparés" is one; "quelqu'un de mon lycée" is told by the place.
"""

import re
from collections.abc import Mapping
from typing import Any

EARLY = 6  # words before the person who does it
OWN_WORDS = re.compile(r"(?:mon|ma|mes|un|une|le|la|les|des|l|my|a) ")
FROM = re.compile(
    r"\b(?:vient|viennent|venait|part|provient|recois|recu|c est|messages|coups|harcelee?|menacee?|insultee?|suivie?) (?:de|par|d)$|\bplus (?:avec|pour|de)$"
)
ALSO = re.compile(r" (?:et|avec|plus) (?:son|sa|ses|leur|leurs)(?: [a-z]+){1,3}")


def bond_of(said: str, words: Mapping[str, Any]) -> str | None:
    """One value of `author_relationship`, or None when the answer names none or several.

    Args:
        said: folded text.
        words: `words/bonds.toml`, compiled.
    """
    if words["undecided"].search(said):
        return None
    said = words["about_herself"].sub(" ", words["not_that"].sub(" ", ALSO.sub(" ", said)))
    ended = bool(words["ended"].search(said))
    if words["parent_of_her_child"].search(said):
        return "partner" if words["together"].search(said) and not ended else "ex_partner"
    said, of_kin = _lift_ties(said, words)
    named = {value for value, pattern in words["heads"].items() if _is_head(pattern, said, words["around"])}
    if of_kin:
        named.add("family")
    if "ex_partner" in named:
        named.discard("partner")
        named.discard("friend")
    if "partner" in named and ended:
        named = (named - {"partner"}) | {"ex_partner"}
    if ended and not named:
        return "ex_partner"
    for narrow, wide in words["narrower"]:
        if narrow in named:
            named.discard(wide)
    if not named:
        named = {value for value, pattern in words["places"].items() if _by_place(pattern, said, words["anybody"])}
    return named.pop() if len(named) == 1 else None


def _is_head(pattern: re.Pattern[str], said: str, around: re.Pattern[str]) -> bool:
    """Somebody named early and for herself: not "chez une amie", nor at the end of a story."""
    for found in pattern.finditer(said):
        before = said[: found.start()].strip()
        vague = OWN_WORDS.match(found.group()) is None  # "inconnu", "ex": an adjective of whoever was named before
        if len(before.split()) <= EARLY + 4 * vague and not (around.search(before) and not FROM.search(before)):
            return True
    return False


def _by_place(pattern: re.Pattern[str], said: str, anybody: re.Pattern[str]) -> bool:
    """The place tells who it is when the head says nothing: "un mec du lycée", not "un client du magasin"."""
    found = pattern.search(said)
    return bool(found and (anybody.search(said[: found.start()]) or len(said[: found.start()].split()) <= 1))


def _lift_ties(said: str, words: Mapping[str, Any]) -> tuple[str, bool]:
    """Without "X de mon Y", since X is meant and not Y; True when both are kin: then X is family too."""
    found = words["tie"].search(said)
    if found is None:
        return said, False
    kin = words["kin"]
    return said.replace(found.group(), " "), bool(kin.search(found["who"]) and kin.search(found["whose"]))
