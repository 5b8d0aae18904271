"""Letters handed over in the chat, contradictions asked once, and the same conversation in English."""

import re

import pytest

from bot.messages import Reply
from cases.sql.store import SqlStore
from tests.builders import KEY_NAMES, Person, button_ids, keys_of, the_knowledge, words

FRENCH = re.compile(r"\b(vous|votre|vos|est-ce|avez|êtes|cette|avec|pour|les)\b", re.IGNORECASE)


def at_the_assessment(person: Person, *choices: str) -> list[Reply]:
    person.agrees().answers(*choices)
    return person.presses("assessment")


OPENING = (
    "a:reporter:victim", "a:situation:threats", "a:situation:", "a:victim_age_band:adult",
    "a:author_relationship:stranger",
)  # fmt: skip


def test_a_letter_comes_as_a_file_with_a_neutral_name_and_a_warning(person: Person) -> None:
    at_the_assessment(person, *OPENING)
    offered = person.presses("letters")
    assert "letter:prosecutor" in button_ids(offered)
    given = person.presses("letter:prosecutor")
    document = next(reply.document for reply in given if reply.document)
    assert document.name == "courrier.txt"
    assert "[votre prénom et votre nom]" in document.content.decode()
    assert "lire votre téléphone" in words(given)
    assert keys_of(given[0]) == KEY_NAMES
    person.presses("back_to_assessment")
    assert person.state.step == "assessment"


def test_a_letter_that_may_reach_the_author_is_announced_as_such(person: Person) -> None:
    person.agrees().answers(*OPENING, "a:channels:public_post", "a:channels:")
    person.presses("assessment")
    person.presses("letters")
    assert "transmise à l'auteur" in words(person.presses("letter:platform_notice"))


def test_a_contradiction_is_asked_once_and_her_answer_stands_until_she_corrects_it(person: Person) -> None:
    person.agrees()
    person.answers(*(choice.replace("threats", "many_messages_or_calls") for choice in OPENING))
    while person.state.step != "question:acts_count":
        person.presses("skip")
        if person.state.step == "breather":
            person.presses("stay")
        if person.state.step == "assessment":
            pytest.fail("acts_count was not asked")
    person.presses("a:acts_count:one")
    person.forwards("je vais te tuer", author="k")
    person.forwards("je vais te tuer ce soir", author="k")
    person.presses("done")
    person.presses("yes")
    replies: list[Reply] = []
    for _ in range(40):
        if person.state.step == "contradiction":
            break
        replies = person.presses("skip")
        if person.state.step == "breather":
            replies = person.presses("stay")
    assert person.state.step == "contradiction"
    assert "« Une seule fois », et vos messages montrent plutôt « 2 à 5 fois »" in words(replies)
    assert person.case.facts["acts_count"].value == 1
    person.presses("take_shown")
    assert person.case.facts["acts_count"].value == 2
    assert person.state.step == "assessment"


def test_the_whole_interview_is_in_english_once_chosen(person: Person) -> None:
    person.writes("hello")
    replies = person.presses("language:en")
    said = [replies]
    said.append(person.presses("phone_safe:yes"))
    said.append(person.presses("consent:yes"))
    for _ in range(60):
        choices = [choice for choice in button_ids(said[-1]) if choice.startswith("a:")]
        if person.state.step == "assessment":
            break
        if person.state.step == "contradiction":
            said.append(person.presses("leave_it" if "leave_it" in button_ids(said[-1]) else "keep_mine"))
            continue
        step = person.state.step
        said.append(person.presses(choices[0]))
        if person.state.step == step:
            said.append(person.presses(f"a:{step.removeprefix('question:')}:"))
    assert person.state.step == "assessment"
    while "more" in button_ids(said[-1]):
        said.append(person.presses("more"))
    for replies in said:
        for reply in replies:
            found = FRENCH.findall(reply.text)
            assert len(found) <= 1, reply.text  # a name of a French service may hold one
            labels = " ".join(button.label for row in reply.buttons for button in row if button.id != "language:fr")
            assert not FRENCH.search(labels), labels


def test_the_platforms_language_chooses_the_texts_and_one_button_changes_it(store: SqlStore) -> None:
    person = Person(store)
    replies = person.sends(text="hi", language="en-GB")
    assert "I am a program" in words(replies)
    assert "language:fr" in button_ids(replies)
    back = person.presses("language:fr")
    assert "je continue en français" in words(back)
    assert "Ce téléphone est-il sûr" in words(back)


def test_an_alert_in_english_gives_the_same_numbers(store: SqlStore) -> None:
    person = Person(store)
    person.sends(text="hi", language="en")
    said = words(person.writes("I want to kill myself tonight"))
    assert the_knowledge().contacts["suicide"].number in said
    assert "you matter" in said
