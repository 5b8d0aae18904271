"""Nobody of the team answers: she is told once, with when somebody does and who listens; never instead of help."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot import engine
from bot.config import Config
from bot.messages import Reply
from bot.talk import Means
from cases.desk import DeskTurn
from cases.sql.store import SqlStore
from flows.hours import closing, next_opening
from review.commands import add_account
from tests.builders import TUESDAY_AFTERNOON, TUESDAY_NIGHT, Person, a_store, means_with, words

PATIENCE = timedelta(minutes=150)
NEXT_MORNING = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)  # nine o'clock in Paris
MORNING = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)  # ten o'clock in Paris
HOURS = ("mon 09:00-12:00", "mon 14:00-17:00", "tue 09:30-17:00")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    opened = a_store(tmp_path)
    yield opened
    opened.close()


def rung(person: Person, at: datetime) -> list[Reply]:
    """What the scheduled work says at an instant."""
    said = []
    for reminder in person.store.reminders_due("test", at):
        before = len(person.store.queued("test", person.chat))
        with person.store.turn("test", reminder.chat, at, hers=False) as turn:
            engine.ring(person.means, turn, reminder, at)
        said += person.store.queued("test", person.chat)[before:]
    return [Reply(str(each.body["text"])) for each in said]


def staff(person: Person, act: str, at: datetime | None = None) -> None:
    """Somebody of the team does something in the console."""
    account = _somebody(person.store)
    with person.store.desk.turn(person.case.number, account, at or person.now) as turn:
        _act(turn, act)


def _act(turn: DeskTurn, act: str) -> None:
    if act == "take":
        turn.take_over("Nour")
    elif act == "answer":
        turn.reply("Nour", "Je vous lis.", {"text": "Je vous lis.", "buttons": [], "keys": []})
    else:
        turn.block(datetime(2030, 1, 1, tzinfo=UTC))


def _somebody(store: SqlStore) -> int:
    known = store.staff.accounts()
    if not known:
        add_account(store, "nour", ["reviewer"], TUESDAY_AFTERNOON)
    return store.staff.accounts()[0].id


def test_who_waits_in_vain_inside_hours_is_told_once(store: SqlStore) -> None:
    person = Person(store, at=MORNING).agrees()
    person.presses("human")
    assert rung(person, person.now + PATIENCE - timedelta(minutes=1)) == []
    said = words(rung(person, person.now + PATIENCE))
    assert "personne n'a encore pu vous répondre" in said
    assert "24/11 à 17 h" in said
    assert "25/11 à 9 h" in said
    assert "3018" in said
    person.writes("il y a quelqu'un ?")
    person.presses("human")
    assert rung(person, person.now + timedelta(days=9)) == []


def test_outside_hours_she_is_told_at_once_and_again_only_when_the_morning_passes_in_vain(store: SqlStore) -> None:
    person = Person(store, at=TUESDAY_NIGHT).agrees()
    assert "à partir du 24/11 à 9 h" in words(person.presses("human"))
    morning = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
    assert rung(person, morning + PATIENCE - timedelta(minutes=1)) == []
    assert "personne n'a encore pu vous répondre" in words(rung(person, morning + PATIENCE))


def test_when_the_team_goes_home_before_its_time_is_up_she_is_told_then(store: SqlStore) -> None:
    person = Person(store).agrees()
    person.presses("human")
    closes = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
    assert rung(person, closes - timedelta(seconds=1)) == []
    assert "à partir du 25/11 à 9 h" in words(rung(person, closes))


def test_the_hour_is_said_to_the_minute(store: SqlStore) -> None:
    def change(settings: Config) -> Config:
        return replace(settings, association=replace(settings.association, team_hours=("wed 09:30-17:00",)))

    person = Person(store, means=means_with(change)).agrees()
    assert "à partir du 25/11 à 9 h 30" in words(person.presses("human"))


def test_stopping_reminders_does_not_stop_the_word_that_nobody_answered(store: SqlStore) -> None:
    person = Person(store, at=MORNING).agrees()
    person.presses("human")
    person.presses("remind_stop")
    assert "personne n'a encore pu vous répondre" in words(rung(person, person.now + PATIENCE))


def test_an_answer_of_the_team_takes_the_word_back(store: SqlStore) -> None:
    person = Person(store).agrees()
    person.presses("human")
    staff(person, "take")
    staff(person, "answer")
    assert rung(person, person.now + timedelta(days=3)) == []


def test_in_the_evening_of_an_attended_conversation_she_is_not_left_in_silence(store: SqlStore) -> None:
    person = Person(store).agrees()
    staff(person, "take")
    person.now = datetime(2026, 11, 24, 21, 0, tzinfo=UTC)
    assert person.writes("vous êtes là ?") == []
    said = words(rung(person, person.now + timedelta(minutes=5)))
    assert "n'est pas là en ce moment" in said
    assert "25/11 à 9 h" in said
    person.writes("allô")
    assert rung(person, person.now + timedelta(hours=9)) == []
    staff(person, "answer", NEXT_MORNING)
    person.now = NEXT_MORNING + timedelta(hours=13)
    person.writes("encore là ?")  # another evening, another absence
    assert "n'est pas là en ce moment" in words(rung(person, person.now + timedelta(minutes=5)))


def test_who_still_answers_after_hours_is_not_contradicted(store: SqlStore) -> None:
    person = Person(store).agrees()
    staff(person, "take")
    person.now = datetime(2026, 11, 24, 16, 30, tzinfo=UTC)
    person.writes("merci")
    staff(person, "answer", person.now + timedelta(minutes=4))
    assert rung(person, person.now + timedelta(hours=9)) == []


@pytest.mark.parametrize("crisis", ["je veux mourir", "il est devant ma porte avec un couteau"])
def test_crisis_numbers_come_at_once_and_stand_in_the_word_too(store: SqlStore, crisis: str) -> None:
    person = Person(store).agrees()
    staff(person, "take")
    person.now = datetime(2026, 11, 24, 21, 0, tzinfo=UTC)
    assert words(person.writes(crisis))
    said = words(rung(person, person.now + timedelta(minutes=5)))
    assert "n'est pas là en ce moment" in said
    assert "17" in said
    assert "3114" in said


@pytest.mark.parametrize("why", ["left", "watched", "paused", "no hours"])
def test_nothing_is_pushed_to_who_left_or_is_watched_or_was_promised_nobody(store: SqlStore, why: str) -> None:
    person = Person(store, means=_without_hours() if why == "no hours" else None)
    person.writes("/start")
    person.presses("phone_safe:no" if why == "watched" else "phone_safe:yes")
    person.presses("consent:yes")
    person.presses("human")
    if why == "left":
        person.presses("leave")
    if why == "paused":
        staff(person, "block")
    assert rung(person, person.now + timedelta(days=9)) == []


def test_on_a_watched_phone_the_word_answers_what_she_writes_and_is_not_pushed(store: SqlStore) -> None:
    person = Person(store)
    person.writes("/start")
    person.presses("phone_safe:no")
    person.presses("consent:yes")
    staff(person, "take")
    person.now = datetime(2026, 11, 24, 21, 0, tzinfo=UTC)
    assert "n'est pas là en ce moment" in words(person.writes("vous êtes là ?"))
    assert person.writes("allô") == []
    assert rung(person, person.now + timedelta(days=1)) == []


def test_it_speaks_her_language(store: SqlStore) -> None:
    person = Person(store, at=MORNING)
    person.sends(text="/start", language="en")
    person.presses("phone_safe:yes")
    person.presses("consent:yes")
    person.presses("human")
    assert "nobody could answer you yet" in words(rung(person, person.now + PATIENCE))


@pytest.mark.parametrize(
    ("here", "closes"),
    [
        ("2026-11-23T10:00", "2026-11-23T12:00"),
        ("2026-11-23T12:00", "2026-11-23T12:00"),
        ("2026-11-23T14:00", "2026-11-23T17:00"),
        ("2026-11-24T09:29", "2026-11-24T09:29"),
        ("2026-11-22T10:00", "2026-11-22T10:00"),
    ],
)
def test_a_stretch_of_hours_ends_when_it_is_written(here: str, closes: str) -> None:
    at = datetime.fromisoformat(here).replace(tzinfo=UTC)
    assert closing(HOURS, at).isoformat()[:16] == closes
    assert (next_opening(HOURS, at) == at) is (closing(HOURS, at) > at)


def _without_hours() -> Means:
    def change(settings: Config) -> Config:
        return replace(settings, association=replace(settings.association, team_hours=()))

    return means_with(change)
