"""The safety detector on words said plainly, told in any spelling, and on what only looks like them."""

import pytest

from nlp.safety import SafetyDetector, own_age
from tests.builders import ROOT

DETECTOR = SafetyDetector.load(ROOT / "models")


def alerts(text: str) -> dict[str, str]:
    return {alert.alert: alert.severity for alert in DETECTOR.read(text).alerts}


@pytest.mark.parametrize(
    "text",
    ["je veux en finir", "jveu mourir", "J'AI ENVIE DE MOURIR", "je vais me tuer ce soir", "i want to kill myself"],
)
def test_a_wish_to_die_is_severe_in_any_spelling(text: str) -> None:
    assert alerts(text)["suicide_risk"] == "high"


@pytest.mark.parametrize(
    "text",
    [
        "j'ai 12 ans et on me force",
        "jai 13ans mon oncle me touche",
        "je suis en 5e et mon père me frappe",
        "g 11 ans il me force a faire des choses",
    ],
)
def test_a_child_who_is_forced_or_hurt_is_heard(text: str) -> None:
    assert alerts(text)["minor_disclosed"] == "high"


@pytest.mark.parametrize(
    "text",
    [
        "je suis morte de rire",
        "il a 15 ans de plus que moi",
        "il habite à 600 km",
        "il m'a écrit « va crever »",
        "j'ai 34 ans",
        "ça fait 12 ans qu'on est séparés",
        "oui",
        "merci beaucoup",
        "depuis mars",
        "je ne veux pas mourir, je veux juste que ça s'arrête",
        "mon fils a 22 ans",
    ],
)
def test_what_only_looks_like_danger_raises_nothing(text: str) -> None:
    assert alerts(text) == {}


def test_a_parent_is_not_taken_for_a_child() -> None:
    found = alerts("ma fille de 13 ans est harcelée sur snap")
    assert "minor_concerned" in found
    assert "minor_disclosed" not in found


@pytest.mark.parametrize(
    ("text", "age"),
    [("j'ai 14 ans", 14), ("jai 14ans", 14), ("j'ai douze ans", 12), ("il a 14 ans", None), ("j'ai 15 captures", None)],
)
def test_an_age_is_hers_only_when_she_says_so(text: str, age: int | None) -> None:
    assert own_age(text) == age


@pytest.mark.parametrize("text", ["", " ", "\u200b" * 50, "x" * 100_000, "\ufdfa" * 8, "💀" * 500])
def test_hostile_input_is_survived(text: str) -> None:
    DETECTOR.read(text)
