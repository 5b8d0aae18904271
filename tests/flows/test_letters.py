"""Letters: filled from facts, blanks for who she is, nothing invented, nothing that must not be repeated."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flows import letters
from flows.assessment import assess
from flows.letter_data import Letter
from flows.messages import Message
from tests.builders import facts, the_knowledge

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
LETTERS = list(the_knowledge().letters.values())
EVERYTHING: dict[str, Any] = {
    "acts_count": 12, "acts_distinct_in_time": True, "first_act_on": "2026-10-01", "last_act_on": "2026-11-20",
    "publication_on": "2026-10-02", "authors_count": 4, "concerted_or_instigated": True, "channels": ["sms", "group"],
    "platforms": ["instagram", "website"], "publicity": "public", "threat_present": True, "threat_kind": "death",
    "threat_form": "written_or_image", "order_or_condition": True, "disclosure_threatened": True,
    "image_kind": "intimate_real", "image_subject_minor": False, "identity_used": True, "system_entered": True,
    "correspondence_read_or_diverted": True, "location_tracked": True, "locating_data_published": True,
    "precise_fact_alleged": True, "hate_ground": "origin", "living_conditions_degraded": True, "health_altered": True,
    "itt_days": 4, "author_relationship": "neighbour", "victim_age_band": "15_17",
}  # fmt: skip
MESSAGES = [
    Message(1, "je vais te retrouver", "Kevin Dupont", AT - timedelta(days=9), {"threat": 0.9}, "death", None),
    Message(2, "ta photo est superbe, tous la verront", "Kevin Dupont", None, {"intimate_images": 0.9}, None, None),
    Message(3, "mot " * 200, "Kevin Dupont", AT, {"insult": 0.9}, None, None),
]  # fmt: skip


def filled(name: str, *, messages: list[Message] = MESSAGES, **values: Any) -> str:
    found = assess(facts(**values), messages, the_knowledge(), AT)
    return letters.fill(the_knowledge().letters[name], found, messages, the_knowledge())


@pytest.mark.parametrize("letter", LETTERS, ids=lambda letter: letter.id)
@pytest.mark.parametrize("values", [{}, EVERYTHING], ids=["nothing known", "everything known"])
def test_a_letter_is_whole_whatever_is_known(letter: Letter, values: dict[str, Any]) -> None:
    words = filled(letter.id, messages=[], **values)
    assert "{" not in words
    assert "None" not in words
    assert words.count("\n\n") >= 4


@pytest.mark.parametrize("letter", LETTERS, ids=lambda letter: letter.id)
def test_who_she_is_and_who_the_author_is_stay_blank(letter: Letter) -> None:
    words = filled(letter.id, **EVERYTHING)
    assert "Kevin" not in words
    if letter.id != "refused_complaint":
        assert "[votre prénom et votre nom]" in words


def test_what_is_known_is_filled_and_what_is_not_stays_a_blank() -> None:
    words = filled("prosecutor", **EVERYTHING)
    assert "au moins 12 fois, du 01/10/2026 au 20/11/2026" in words
    assert "Instagram" in words
    assert "harcèlement" in words
    assert "222-" in words
    assert "[date]" in filled("prosecutor", acts_count=3)


def test_only_what_she_said_stands_in_the_letter() -> None:
    words = filled("prosecutor", messages=[], acts_count=3)
    for absent in ("menaces", "images intimes", "santé", "ma position", "mon identité", "ITT"):
        assert absent not in words


def test_exhibits_are_quoted_short_and_intimate_ones_are_only_named() -> None:
    words = filled("prosecutor", **EVERYTHING)
    assert "Pièce 1, du 15/11/2026 : « je vais te retrouver »" in words
    assert "superbe" not in words
    assert "Pièce 2, du [date] : message au sujet d'images intimes" in words
    assert max(len(line) for line in words.splitlines()) <= 600


def test_images_of_minors_are_never_enclosed() -> None:
    words = filled("prosecutor", messages=[], image_kind="intimate_real", image_subject_minor=True)
    assert "je ne les ai pas copiées" in words


def test_letters_are_offered_only_where_they_serve() -> None:
    known = the_knowledge()
    few = {letter.id for letter in letters.suited(known, {})}
    assert few == {"prosecutor", "refused_complaint"}
    found = assess(facts(platforms=["website"], publicity="public", channels=["public_post"]), [], known, AT)
    assert {letter.id for letter in letters.suited(known, found.facts)} == set(known.letters)


def test_a_letter_that_may_reach_the_author_holds_no_address_of_hers_by_default() -> None:
    for letter in LETTERS:
        if letter.may_reach_author and letter.id == "platform_notice":
            assert not re.search(r"votre adresse\b", filled(letter.id, **EVERYTHING))
