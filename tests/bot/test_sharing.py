"""May her messages teach the program: asked once, calmly, of adults only; no by default; taken back by a word."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import teaching
from cases.exhibits import with_label
from cases.sql.store import SqlStore
from review.commands import add_account
from tests.builders import Person, a_store, button_ids, words

ASKED = "Une question à part"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    opened = a_store(tmp_path)
    add_account(opened, "nour", ["reviewer"], Person(opened).now)
    yield opened
    opened.close()


def somebody(store: SqlStore, chat: str = "7", *, age: str = "adult", reporter: str = "victim") -> Person:
    """Who showed an insult and has her assessment before her."""
    person = Person(store, chat=chat).agrees()
    person.answers(f"a:reporter:{reporter}", "a:situation:insults_humiliation", "a:situation:")
    person.forwards("espece de grosse merde, tout le monde te deteste")
    person.answers("done", "yes")
    person.presses(f"a:victim_age_band:{age}")
    person.writes("/bilan")
    return person


def handed(person: Person) -> str:
    """The dossier received, then back to the assessment."""
    person.presses("dossier")
    return words(person.presses("back_to_assessment"))


def teaches(person: Person) -> bool:
    return person.store.team.training_consent(person.case.number) is not None


def test_she_is_asked_once_after_the_dossier_and_no_stands_first(store: SqlStore) -> None:
    person = somebody(store)
    person.presses("dossier")
    replies = person.presses("back_to_assessment")
    assert ASKED in words(replies)
    assert button_ids(replies)[:2] == ["sharing_no", "sharing_yes"]
    assert not teaches(person)
    person.presses("sharing_no")
    assert not teaches(person)
    assert ASKED not in handed(person)


@pytest.mark.parametrize("yes", ["sharing_yes", "oui"])
def test_yes_is_kept_with_the_question_she_was_asked_and_a_word_takes_it_back(store: SqlStore, yes: str) -> None:
    person = somebody(store)
    handed(person)
    person.sends(**({"choice": yes} if yes == "sharing_yes" else {"text": yes}))
    kept = store.team.training_consent(person.case.number)
    assert kept is not None
    assert kept.words.startswith(ASKED)
    assert kept.author is None
    assert "sharing_stop" in button_ids(person.writes("/privacy"))
    assert "ne serviront plus" in words(person.writes("/retirer"))
    assert not teaches(person)


@pytest.mark.parametrize("instead", ["/bilan", "je ne sais pas", "merci", "ils recommencent", "skip"])
def test_anything_but_yes_is_no_and_she_is_not_asked_again(store: SqlStore, instead: str) -> None:
    person = somebody(store)
    handed(person)
    person.sends(**({"choice": instead} if instead == "skip" else {"text": instead}))
    assert "sharing" not in person.state.steps
    assert not teaches(person)
    person.writes("/bilan")
    assert ASKED not in handed(person)


@pytest.mark.parametrize("age", ["15_17", "under_15"])
def test_a_minor_is_never_asked(store: SqlStore, age: str) -> None:
    person = somebody(store, age=age)
    assert ASKED not in handed(person)
    assert ASKED not in words(person.writes("merci"))
    assert ASKED not in words(person.writes("/partager"))


def test_who_speaks_for_another_is_not_asked(store: SqlStore) -> None:
    assert ASKED not in handed(somebody(store, reporter="parent_or_helper"))


@pytest.mark.parametrize("crisis", ["je veux mourir", "il est devant ma porte avec un couteau"])
def test_after_an_alert_she_is_never_asked(store: SqlStore, crisis: str) -> None:
    before, between = somebody(store, "1"), somebody(store, "2")
    before.writes(crisis)
    before.presses("alert_right")
    before.writes("/bilan")
    assert ASKED not in handed(before)
    handed(between)
    assert ASKED not in words(between.writes(crisis))
    assert "sharing" not in between.state.steps
    assert not teaches(between)


def test_while_she_is_in_danger_or_waits_for_a_person_she_is_not_asked(store: SqlStore) -> None:
    threatened, waiting = somebody(store, "1"), somebody(store, "2")
    threatened.forwards("je vais te tuer")
    threatened.answers("done", "yes")
    threatened.writes("/bilan")
    assert ASKED not in handed(threatened)
    waiting.presses("human")
    assert ASKED not in handed(waiting)


def test_an_age_told_later_takes_the_agreement_back(store: SqlStore) -> None:
    person = somebody(store)
    handed(person)
    person.presses("sharing_yes")
    person.writes("j'ai 15 ans")
    assert not teaches(person)


def test_only_who_agrees_is_exported_and_no_longer_after_taking_it_back(store: SqlStore) -> None:
    agrees, refuses = somebody(store, "1"), somebody(store, "2")
    for person, answer in ((agrees, "sharing_yes"), (refuses, "sharing_no")):
        handed(person)
        person.presses(answer)
        exhibit = person.case.exhibits[0]
        with store.desk.turn(person.case.number, 1, person.now) as turn:
            turn.decide_label(exhibit, with_label(exhibit, "hate", "asserted"), "hate")
    rows = teaching.rows(store)
    assert len(rows) == 1
    assert "hate" in rows[0]["labels"]
    assert agrees.case.number not in json.dumps(rows)
    agrees.writes("/retirer")
    assert teaching.rows(store) == []
    agrees.writes("/partager")
    agrees.presses("sharing_yes")
    assert len(teaching.rows(store)) == 1
    store.erase(agrees.case.number)
    assert teaching.rows(store) == []


def test_it_is_asked_in_english_too(store: SqlStore) -> None:
    person = somebody(store)
    person.presses("language:en")
    assert "A separate question" in handed(person)


def test_thanks_before_the_assessment_is_a_calm_moment_too(store: SqlStore) -> None:
    assert ASKED in words(somebody(store).writes("merci beaucoup"))
