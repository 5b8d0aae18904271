"""Where to report: rows for her platforms and her harm, images routed by the age on the picture, clocks computed."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from flows.assessment import Assessment, assess
from flows.cards import cards
from tests.builders import facts, the_knowledge

AT = datetime(2026, 11, 24, 2, tzinfo=UTC)


def found(**values: Any) -> Assessment:
    return assess(facts(**values), [], the_knowledge(), AT)


def rows(**values: Any) -> list[str]:
    return [report.id for report in found(**values).reports]


def test_only_her_platforms_and_her_harm_are_named() -> None:
    given = rows(situation=["identity"], platforms=["instagram", "x"])
    assert given == ["instagram_identity", "x_identity"]
    assert "instagram_content" in rows(situation=["insults_humiliation"], platforms=["instagram"])
    assert rows(situation=["insults_humiliation"], platforms=[]) == []


@pytest.mark.parametrize("platform", the_knowledge().facts["platforms"].values)
def test_every_platform_has_a_way_for_each_common_harm(platform: str) -> None:
    given = rows(situation=["insults_humiliation", "identity", "account_access"], platforms=[platform])
    assert len([name for name in given if name.startswith(platform)]) == 3


def test_an_image_goes_where_the_age_on_the_picture_says() -> None:
    adult = rows(situation=["intimate_images"], image_kind="intimate_real", image_subject_minor=False)
    minor = rows(situation=["intimate_images"], image_kind="intimate_real", image_subject_minor=True)
    assert {"intimate_adult", "disrupt"} <= set(adult)
    assert "intimate_minor" not in adult
    assert "intimate_minor" in minor
    assert not {"intimate_adult", "disrupt", "search_removal"} & set(minor)


def test_the_difference_between_the_two_services_and_the_warning_are_said() -> None:
    known = the_knowledge()
    result = found(situation=["intimate_images"], image_kind="intimate_real", image_subject_minor=False)
    said = " ".join(card.text for card in cards(result, known))
    assert "garde l'image chez vous" in said
    assert "sans lui, pas d'empreinte" in said


def test_the_earliest_loss_comes_first_and_clocks_run_from_the_days_of_the_case() -> None:
    result = found(
        situation=["insults_humiliation"], insult_present=True, publicity="public", channels=["public_post"],
        platforms=["snapchat"], last_act_on="2026-11-20", publication_on="2026-08-26",
    )  # fmt: skip
    assert result.evidence[0].id == "exact_words"  # the press clock ends today, before anything else is lost
    assert result.lost_on["exact_words"] == date(2026, 11, 24)
    assert result.lost_on["connection_data"] == date(2027, 10, 6)
    assert result.due_on["press_lawyer"] == date(2026, 11, 14)


def test_every_evidence_item_that_vanishes_has_a_clock() -> None:
    steady = {"own_identity", "relationship_proof", "office_proof", "age_proof"}
    for item in the_knowledge().evidence:
        assert item.hours_left is not None or item.clock is not None or item.id in steady, item.id


def test_connection_data_are_said_to_be_reachable_or_not() -> None:
    known = the_knowledge()
    result = found(
        insult_present=True, publicity="public", hate_ground="none", author_relationship="stranger",
        disclosure_threatened=True, demand_kind="money",
    )  # fmt: skip
    said = [card.text for card in cards(result, known) if card.kind == "identifiability"]
    assert any("peuvent demander l'adresse IP" in text and "chantage" in text for text in said)
    assert any("ne peuvent pas" in text and "injure publique" in text for text in said)
