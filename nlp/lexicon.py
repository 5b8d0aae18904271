"""The words of free answers, read from `words/answers.toml` and `words/bonds.toml` and compiled once."""

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

WORDS = Path(__file__).parent / "words"
NEVER = re.compile(r"(?!)")


@cache
def answers() -> Mapping[str, Any]:
    """`words/answers.toml`: every pattern compiled, every macro put in."""
    raw = tomllib.loads((WORDS / "answers.toml").read_text(encoding="utf-8"))
    fill = _filler(raw["macros"])
    for name in ("yes", "no", "unknown", "unclear"):
        raw[name] = {part: either(patterns, fill) for part, patterns in raw[name].items()}
    raw["commands"] = {
        name: (either(each["whole"], fill), either(each.get("unless", []), fill))
        for name, each in raw["commands"].items()
    }
    raw["before"] = re.compile(rf"^(?:{raw['polite']['before']} )+(?=\S)")
    raw["after"] = re.compile(rf"(?: {raw['polite']['after']})+$")
    raw["platforms"] = {value: re.compile(pattern) for value, pattern in raw["platforms"].items()}
    for name in ("rates", "quantities", "crowds"):
        raw[name] = [{"count": each["count"], "says": re.compile(each["says"])} for each in raw[name]]
    raw["ages"] = {
        "somebody_else": re.compile(raw["ages"]["somebody_else"]),
        "words": [(re.compile(pattern), low, high) for low, high, pattern in raw["ages"]["words"]],
    }
    return raw


@cache
def bonds() -> Mapping[str, Any]:
    """`words/bonds.toml`, compiled."""
    raw = tomllib.loads((WORDS / "bonds.toml").read_text(encoding="utf-8"))
    words: dict[str, Any] = {
        name: either(raw[name])
        for name in ("undecided", "not_that", "about_herself", "ended", "together", "parent_of_her_child")
    }
    words["tie"] = re.compile(
        rf"\b(?:(?:le|la|l|les|un|une|des|c est|mon|ma) )*(?P<who>{raw['tie']['who']}) "
        rf"(?:de|d|a) (?:(?:mon|ma|mes|notre|son|sa|l|un|une) )(?P<whose>{raw['tie']['whose']})\b"
    )
    words["around"] = either(raw["around"]["words"])
    words["anybody"] = either(raw["anybody"]["words"])
    words["kin"] = either(raw["kin"]["words"])
    words["narrower"] = raw["narrower"]
    for part in ("heads", "places"):
        words[part] = {value: either(patterns) for value, patterns in raw[part].items()}
    return words


def either(patterns: Sequence[str], fill: Callable[[str], str] = str) -> re.Pattern[str]:
    """One pattern for any of several; one that never matches for none."""
    return re.compile("|".join(f"(?:{fill(pattern)})" for pattern in patterns)) if patterns else NEVER


def _filler(macros: Mapping[str, str]) -> Callable[[str], str]:
    def fill(pattern: str) -> str:
        for _ in range(2):  # a macro may use another
            for name, words in macros.items():
                pattern = pattern.replace(f"{{{name}}}", words)
        return pattern

    return fill
