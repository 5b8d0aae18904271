"""Reminders: asked for, neutral, at her hour, once more and no more; nothing after she left."""

from datetime import UTC, datetime, timedelta

import pytest

from bot import engine
from cases.sqlite import SqliteStore
from tests.builders import Person, button_ids, facts, the_knowledge, the_means, words
from tests.cases.dossiers import ANSWERS

NEUTRAL = 60  # characters that a locked screen may show
TELLING = ("harcèlement", "menace", "plainte", "victime", "recours", "violence", "dossier", "preuve")


def with_a_reminder(person: Person, day: str = "day:1", hour: str = "hour:18") -> str:
    person.agrees()
    assert "day:1" in button_ids(person.writes("/rappel"))
    person.presses(day)
    return words(person.presses(hour))


def ring(person: Person, at: datetime) -> list[str]:
    """What is said when reminders are looked for at that instant."""
    said = []
    for reminder in person.store.reminders_due("test", at):
        with person.store.turn("test", person.chat, at) as turn:
            engine.ring(the_means(), turn, reminder, at)
    while (waiting := person.store.next_out("test", person.chat)) is not None:
        said.append(str(waiting[0].body.get("text", waiting[0].kind)))
        person.store.sent(waiting[0].id, at)
    return said


def quiet(person: Person) -> None:
    ring(person, person.now - timedelta(days=9))


def test_it_comes_at_the_hour_she_chose_and_not_before(person: Person) -> None:
    noted = with_a_reminder(person)
    assert "25/11 à 18 h" in noted
    quiet(person)
    hour = datetime(2026, 11, 25, 17, tzinfo=UTC)  # 18 h in Paris
    assert ring(person, hour - timedelta(minutes=1)) == []
    assert ring(person, hour) == [the_knowledge().texts.get("reminders.due")]


def test_one_retry_then_silence(person: Person) -> None:
    with_a_reminder(person)
    quiet(person)
    hour = datetime(2026, 11, 25, 17, tzinfo=UTC)
    assert len(ring(person, hour)) == 1
    assert ring(person, hour + timedelta(hours=23)) == []
    assert len(ring(person, hour + timedelta(days=1))) == 1
    assert ring(person, hour + timedelta(days=400)) == []


def test_no_retry_once_she_wrote(person: Person) -> None:
    with_a_reminder(person)
    quiet(person)
    hour = datetime(2026, 11, 25, 17, tzinfo=UTC)
    ring(person, hour)
    person.now = hour + timedelta(minutes=5)
    person.writes("bonjour")
    quiet(person)
    assert ring(person, hour + timedelta(days=2)) == []


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("key", ["due", "noted"])
def test_a_locked_screen_shows_nothing_telling(language: str, key: str) -> None:
    shown = the_knowledge().texts.get(f"reminders.{key}", language, day="25/11", hour=18)[:NEUTRAL].lower()
    assert not any(word in shown for word in TELLING)


def test_who_left_is_never_reminded(person: Person) -> None:
    with_a_reminder(person)
    person.presses("leave")
    quiet(person)
    assert ring(person, person.now + timedelta(days=3)) == []


def test_a_watched_phone_gets_no_reminder(person: Person, store: SqliteStore) -> None:
    person.writes("/start")
    person.presses("phone_safe:no")
    person.presses("keep_word")
    person.presses("consent:yes")
    replies = person.writes("/rappel")
    assert "day:1" not in button_ids(replies)
    assert "pas sûr" in words(replies)
    assert store.reminders_due("test", person.now + timedelta(days=400)) == []


def test_without_consent_there_is_no_reminder(person: Person) -> None:
    person.writes("/start")
    person.presses("phone_safe:yes")
    person.presses("consent:no")
    assert "rien n'est gardé" in words(person.writes("/rappel"))


def test_snooze_and_stop(person: Person) -> None:
    with_a_reminder(person)
    quiet(person)
    hour = datetime(2026, 11, 25, 17, tzinfo=UTC)
    ring(person, hour)
    person.now = hour + timedelta(minutes=1)
    person.presses("remind_later")
    quiet(person)
    assert len(ring(person, person.now + timedelta(days=1))) == 1
    person.now += timedelta(days=1, minutes=2)
    person.presses("remind_stop")
    quiet(person)
    assert ring(person, person.now + timedelta(days=9)) == []


def test_a_refused_complaint_leads_to_the_letter_for_it(person: Person) -> None:
    with_a_reminder(person)
    person.answers("a:reporter:victim", "a:situation:threats", "a:situation:")
    replies = person.presses("remind_now")
    assert "outcome:complaint_refused" in button_ids(replies)
    replies = person.presses("outcome:complaint_refused")
    assert "letter:refused_complaint" in button_ids(replies)
    assert person.state.outcomes[0].endswith(":complaint_refused")


def test_after_a_long_silence_the_reminder_opens_on_the_step_and_not_on_the_story(person: Person) -> None:
    with_a_reminder(person)
    person.waits(days=1)
    assert "outcome:removed" not in button_ids(person.presses("remind_now"))
    assert "outcome:removed" in button_ids(person.presses("go_on"))


def test_the_end_of_proof_can_be_chosen(person: Person) -> None:
    person.agrees()
    with person.store.turn("test", person.chat, person.now) as turn:
        for fact in facts(**ANSWERS).values():
            turn.put_fact(fact)
    assert "day:proof" in button_ids(person.writes("/rappel"))
    assert "à 9 h" in words([*person.presses("day:proof"), *person.presses("hour:9")])
