"""Facts that cannot both be true are shown and asked, never hidden, never decided for her."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flows.assessment import assess
from flows.assessment_json import to_json_object
from flows.cards import cards
from flows.contradictions import contradictions
from flows.facts import Fact, Source
from flows.messages import Message
from tests.builders import facts, the_knowledge

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)


def messages(count: int, *, authors: int = 1, kind: str | None = None) -> list[Message]:
    label = "threat" if kind else "insult"
    return [
        Message(n, "…", f"k{n % authors}", AT - timedelta(days=n), {label: 0.9}, kind, None)
        for n in range(1, count + 1)
    ]


def found(shown: list[Message], **answers: Any) -> list[str]:
    return [each.id for each in contradictions(facts(**answers), shown, the_knowledge())]


@pytest.mark.parametrize(
    ("answers", "shown", "expected"),
    [
        ({"acts_count": 1}, messages(2), ["acts_count"]),
        ({"acts_count": 2}, messages(5), []),  # the button "2 to 5 times"
        ({"acts_count": 2}, messages(6), ["acts_count"]),
        ({"acts_count": 100}, messages(3), []),
        ({"acts_count": 3}, messages(4), ["acts_count"]),  # typed exactly
        ({"authors_count": 1}, messages(4, authors=2), ["authors_count"]),
        ({"authors_count": 2}, messages(4, authors=2), []),
        ({"threat_present": False}, messages(1, kind="death"), ["threat_present"]),
        ({"threat_present": True}, messages(1), []),
        ({"threat_kind": "violence"}, messages(1, kind="death"), ["threat_kind"]),
        ({"threat_kind": "death"}, messages(1, kind="violence"), []),
        ({"last_act_on": "2026-01-01"}, messages(1), ["last_act_on"]),
        ({"last_act_on": "2026-11-24"}, messages(1), []),
        ({"situation": ["rumours"]}, messages(1, kind="death"), []),
        ({"acts_count": 1, "acts_distinct_in_time": True}, [], ["one_act_many_moments"]),
        ({"authors_count": 1, "concerted_or_instigated": True}, [], ["alone_in_concert"]),
        ({"author_relationship": "stranger", "same_school": True}, [], ["stranger_of_the_school"]),
        ({"publicity": "private", "channels": ["public_post"]}, [], ["seen_by_all_or_by_her"]),
        ({"demand_kind": "none", "order_or_condition": True}, [], ["nothing_demanded_but_an_order"]),
        ({"image_kind": "none", "image_subject_minor": True}, [], ["no_image_yet_shown"]),
        ({}, messages(9), []),
    ],
)
def test_each_kind_of_contradiction_is_found(
    answers: dict[str, Any], shown: list[Message], expected: list[str]
) -> None:
    assert found(shown, **answers) == expected


def test_a_reviewers_word_is_not_put_in_question() -> None:
    by_staff = {"acts_count": Fact("acts_count", 1, Source.REVIEWER)}
    assert contradictions(by_staff, messages(9), the_knowledge()) == []


def test_her_answer_stands_and_the_elements_that_rest_on_it_say_so() -> None:
    known = the_knowledge()
    result = assess(facts(acts_count=1, health_altered=True), messages(4), known, AT)
    assert result.facts["acts_count"].value == 1
    printed = to_json_object(result, known)
    assert [each["id"] for each in printed["contradictions"]] == ["acts_count"]
    harassment = next(f for f in printed["findings"] if f["offence"] == "moral_harassment")
    marked = {element["id"]: element["contradicted"] for element in harassment["elements"]}
    assert marked["repeated_or_raid"]
    assert not marked["harm_to_health"]
    assert any(card.kind == "contradiction" for card in cards(result, known))
