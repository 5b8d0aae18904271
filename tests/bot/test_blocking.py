"""A paused conversation: whatever was said before, crisis information, leaving, erasing and urgent help answer."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.messages import Reply
from cases.sql.store import SqlStore
from tests.builders import Person, a_store, words

CRISES = {
    "je veux mourir": ("suicide_risk", "3114"),
    "j'ai envie de me tuer ce soir": ("suicide_risk", "3114"),
    "il est devant ma porte avec un couteau": ("imminent_danger", "17"),
    "j'ai 12 ans et on me force": ("minor_disclosed", "119"),
}
BEFORE = (
    ("writes", "va te faire voir"),
    ("writes", "bonjour"),
    ("writes", "non"),  # "oui" twice after "effacer" erases, as it should: tried below
    ("writes", "effacer"),
    ("writes", "pause"),
    ("writes", "bilan"),
    ("presses", "a:reporter:victim"),
    ("presses", "a:situation:threats"),
    ("presses", "keep"),
    ("forwards", "je vais te tuer"),
)
STORIES = st.lists(st.sampled_from(BEFORE), max_size=5)
NUMBERS = count()
OFTEN = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqlStore]:
    opened = a_store(tmp_path_factory.mktemp("blocking"))
    yield opened
    opened.close()


def a_paused(store: SqlStore, before: list[tuple[str, str]], during: list[tuple[str, str]]) -> Person:
    """Somebody whose conversation was paused after `before`; then comes `during`."""
    person = Person(store, chat=f"paused-{next(NUMBERS)}").agrees()
    for story in (before, during, []):
        if store.peek("test", person.chat) is None:  # "effacer" three times erases, as it should
            person.agrees()
        if person.case.blocked_until is None and story is not before:
            block(person, hours=24)
        lives(person, story)
    return person


def lives(person: Person, story: list[tuple[str, str]]) -> list[Reply]:
    return [reply for act, said in story for reply in getattr(person, act)(said)]


def block(person: Person, *, hours: int) -> None:
    with person.store.desk.turn(person.case.number, 0, person.now) as turn:
        turn.block(person.now + timedelta(hours=hours))


@OFTEN
@given(STORIES, STORIES, st.sampled_from(sorted(CRISES)))
def test_danger_is_answered_with_its_numbers_and_reaches_the_staff(
    store: SqlStore, before: list[tuple[str, str]], during: list[tuple[str, str]], crisis: str
) -> None:
    person = a_paused(store, before, during)
    alert, number = CRISES[crisis]
    said = words(person.writes(crisis))
    assert number in said
    assert alert in {kept.alert for kept in person.case.alerts}
    line = store.desk.line(person.case.number)
    assert line is not None
    assert line.alert == 2
    assert number in words(person.writes(crisis))  # and again


@OFTEN
@given(STORIES, STORIES, st.sampled_from(["urgent", "leave", "erase", "privacy"]))
def test_what_is_always_hers_answers(
    store: SqlStore, before: list[tuple[str, str]], during: list[tuple[str, str]], key: str
) -> None:
    person = a_paused(store, before, during)
    number = person.case.number
    said = words(person.presses(key))
    if key == "urgent":
        assert "17" in said
    elif key == "leave":
        assert said == ""
        assert person.state.dull
    elif key == "erase":
        for answer in ("erase", "erase_confirm"):
            if store.by_number(number) is not None:
                person.presses(answer)
        assert store.by_number(number) is None
    else:
        assert said


@OFTEN
@given(STORIES)
def test_everything_else_is_met_once_and_then_by_silence(store: SqlStore, before: list[tuple[str, str]]) -> None:
    person = a_paused(store, before, [])
    kept = len(person.case.exhibits)
    if person.state.step in ("erase", "erase_again", "erase_one"):
        person.presses("keep")
    replies = lives(person, [("writes", "va te faire voir"), ("forwards", "je vais te tuer"), ("writes", "bilan")])
    assert len(replies) == 1
    assert "pause" in replies[0].text
    assert len(replies[0].text) <= 320
    assert len(person.case.exhibits) == kept
    assert person.state.steps


def test_the_pause_ends_by_itself_and_a_second_one_is_said_again(store: SqlStore) -> None:
    person = a_paused(store, [], [("writes", "bonjour")])
    assert person.writes("bonjour") == []
    person.waits(hours=25)
    assert person.writes("bonjour")
    block(person, hours=1)
    assert "pause" in words(person.writes("n'importe quoi"))


def test_leaving_by_her_word_and_coming_back_still_work(store: SqlStore) -> None:
    person = a_paused(store, [], [("writes", "parapluie")])
    assert person.state.dull
    assert "3114" in words(person.writes("je veux mourir"))
