"""Properties of the reasoning: three values, order, monotony, an interview that ends."""

from datetime import UTC, date, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.assessment import assess
from flows.cards import LAW, cards
from flows.derive import facts_from, known_facts
from flows.expressions import ExpressionError, parse
from flows.facts import Fact, FactKind, FactType, Source, Value
from flows.findings import find
from flows.interview import MOST_QUESTIONS, next_question
from flows.kleene import Truth, at_least, every, negate, some
from flows.messages import Message
from tests.builders import facts, the_knowledge

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
TRUTHS = st.sampled_from(list(Truth))


@given(st.lists(TRUTHS, max_size=6))
def test_kleene_laws_hold(truths: list[Truth]) -> None:
    assert negate(every(truths)) is some(map(negate, truths))
    assert all(negate(negate(truth)) is truth for truth in truths)
    assert at_least(1, truths) is some(truths)
    if truths:
        assert at_least(len(truths), truths) is every(truths)


def a_value(fact: FactType) -> st.SearchStrategy[Value]:
    """Any value of a fact."""
    match fact.kind:
        case FactKind.YES_NO:
            return st.booleans()
        case FactKind.CHOICE:
            return st.sampled_from(fact.values)
        case FactKind.SEVERAL:
            return st.frozensets(st.sampled_from(fact.values), max_size=3)
        case FactKind.NUMBER:
            return st.integers(fact.minimum or 0, fact.maximum or 100)
        case _:
            return st.dates(date(2020, 1, 1), date(2026, 11, 24))


ASKABLE = sorted(the_knowledge().questions)
SOME_FACTS = st.lists(st.sampled_from(ASKABLE), unique=True, max_size=12).flatmap(
    lambda names: st.fixed_dictionaries({name: a_value(the_knowledge().facts[name]) for name in names})
)


def as_facts(values: dict[str, Value]) -> dict[str, Fact]:
    return {name: Fact(name, value, Source.ANSWER) for name, value in values.items()}


@given(SOME_FACTS)
def test_the_order_of_answers_changes_nothing(values: dict[str, Value]) -> None:
    known = the_knowledge()
    forward = assess(as_facts(values), [], known, AT)
    backward = assess(as_facts(dict(reversed(values.items()))), [], known, AT)
    assert forward.findings == backward.findings


@given(SOME_FACTS, st.sampled_from(ASKABLE), st.data())
def test_one_more_fact_never_makes_a_decided_element_unknown(
    values: dict[str, Value], name: str, data: st.DataObject
) -> None:
    known = the_knowledge()
    before = {f.offence: f for f in find(known_facts(as_facts(values), [], known), known, AT.date())}
    values.setdefault(name, data.draw(a_value(known.facts[name])))
    after = {f.offence: f for f in find(known_facts(as_facts(values), [], known), known, AT.date())}
    for offence, finding in before.items():
        if offence in after:
            for old, new in zip(finding.elements, after[offence].elements, strict=True):
                if old.truth is not Truth.UNKNOWN and name not in old.facts:
                    assert new.truth is not Truth.UNKNOWN


@given(SOME_FACTS)
def test_every_interview_ends_within_fifteen_questions_and_asks_nothing_twice(values: dict[str, Value]) -> None:
    known = the_knowledge()
    answers: dict[str, Fact] = {}
    asked: list[str] = []
    while (question := next_question(answers, [], asked, known, AT.date())) is not None:
        assert question.fact not in asked
        asked.append(question.fact)
        if question.fact in values:
            answers[question.fact] = Fact(question.fact, values[question.fact], Source.ANSWER)
    assert len(asked) <= MOST_QUESTIONS


@given(SOME_FACTS)
def test_whatever_she_answered_the_cards_are_short_and_end_on_contacts_and_rights(values: dict[str, Value]) -> None:
    found = cards(assess(as_facts(values), [], the_knowledge(), AT), the_knowledge())
    kinds = [card.kind for card in found]
    assert {"tonight", "contacts", "rights", "never"} <= set(kinds)
    for card in found:
        limit = LAW if card.kind == "finding" else 320
        assert len(card.text) <= limit, card


def a_message(position: int, label: str, *, author: str = "k", minutes: int = 0, kind: str | None = None) -> Message:
    return Message(position, "…", author, AT + timedelta(minutes=minutes), {label: 0.9}, kind, None)


def test_messages_give_count_dates_authors_and_labels() -> None:
    messages = [a_message(1, "insult"), a_message(2, "threat", author="m", minutes=300, kind="death")]
    found = facts_from(messages, the_knowledge())
    assert found["acts_count"].value == 2
    assert found["acts_distinct_in_time"].value is True
    assert found["authors_count"].value == 2
    assert found["threat_kind"].value == "death"
    assert found["threat_present"].exhibits == (2,)
    assert found["last_act_on"].value == AT.date()


def test_messages_sent_together_are_not_said_to_be_apart() -> None:
    found = facts_from([a_message(1, "insult"), a_message(2, "insult", minutes=2)], the_knowledge())
    assert "acts_distinct_in_time" not in found


def test_an_exhibit_never_replaces_an_answer() -> None:
    known = known_facts(facts(acts_count=50), [a_message(1, "insult")], the_knowledge())
    assert known["acts_count"].value == 50


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("acts_count", "does not fit"),
        ("nothing_such", "is not a fact"),
        ("threat_kind = dead", "never is"),
        ("acts_count >= many", "is not a number"),
        ("(threat_present", "is missing"),
        ("threat_present threat_repeated", "does not fit"),
        ("threat_present ; x", "not understood"),
    ],
)
def test_a_wrong_expression_is_refused_in_words(source: str, said: str) -> None:
    with pytest.raises(ExpressionError, match=said):
        parse(source, the_knowledge().facts)


def test_the_limitation_counts_from_the_last_act_and_is_said_gently_when_it_has_passed() -> None:
    known = the_knowledge()
    old = facts(threat_present=True, threat_kind="violence", threat_form="written_or_image", order_or_condition=False,
                last_act_on="2024-01-10")  # fmt: skip
    finding = next(f for f in find(known_facts(old, [], known), known, AT.date()) if f.offence == "threat_of_violence")
    assert finding.limitation is not None
    assert finding.limitation.on == date(2025, 1, 9)
    assert finding.limitation.passed
    said = " ".join(card.text for card in cards(assess(old, [], known, AT), known))
    assert "semble passé" in said


def test_proof_runs_out_before_the_law() -> None:
    found = assess(facts(acts_count=3, last_act_on="2026-11-01"), [], the_knowledge(), AT)
    assert found.proof is not None
    assert found.proof.on == date(2026, 11, 1) + timedelta(days=320)


def test_ties_are_broken_the_same_way_every_time() -> None:
    known = the_knowledge()
    answers: dict[str, Value] = {
        "situation": frozenset({"threats", "identity"}),
        "reporter": "victim",
        "victim_age_band": "adult",
    }
    orders = [dict(order) for order in permutations(answers.items())]
    asked = list(answers)
    nexts = {next_question(as_facts(order), [], asked, known, AT.date()) for order in orders}
    assert len(nexts) == 1


def test_every_message_of_whoever_threatens_counts_and_those_of_others_do_not() -> None:
    bare = Message(2, "tu fais quoi", "k", AT + timedelta(hours=9), {}, None, None)
    friend = Message(3, "à demain", "sam", AT + timedelta(hours=10), {}, None, None)
    found = facts_from([a_message(1, "threat", kind="death"), bare, friend], the_knowledge())
    assert found["acts_count"].value == 2
    assert found["acts_count"].exhibits == (1, 2)
    assert "acts_count" not in facts_from([bare, friend], the_knowledge())
