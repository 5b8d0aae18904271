"""Reminders: asked for, neutral, at her hour, once more and no more; nothing after she left."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from bot import engine
from bot.talk import Means
from cases.sql.store import SqlStore
from tests.builders import Person, button_ids, facts, means_with, the_knowledge, words
from tests.cases.dossiers import ANSWERS
from tests.postgres import BOTH_ENGINES

ENGINES = BOTH_ENGINES

PUBLIC_INSULT = {"situation": ["insults_humiliation"], "insult_present": True, "publicity": "public"}
NEUTRAL = 60  # characters that a locked screen may show
TELLING = ("harcèlement", "menace", "plainte", "victime", "recours", "violence", "dossier", "preuve")


def with_a_reminder(person: Person, day: str = "day:1", hour: str = "hour:18", step: str = "step:any") -> str:
    if not person.store.cases():
        person.agrees()
    assert "day:1" in button_ids(person.writes("/rappel"))
    if day.removeprefix("day:").isdecimal():
        assert "step:complaint" in button_ids(person.presses(day))
        person.presses(step)
    else:
        person.presses(day)
    return words(person.presses(hour))


def ring(person: Person, at: datetime) -> list[str]:
    """What is said when reminders are looked for at that instant."""
    said = []
    for reminder in person.store.reminders_due("test", at):
        with person.store.turn("test", person.chat, at, hers=False) as turn:
            engine.ring(person.means, turn, reminder, at)
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
@pytest.mark.parametrize("key", ["due", "noted", "warn_due", "warn_noted"])
def test_a_locked_screen_shows_nothing_telling(language: str, key: str) -> None:
    shown = the_knowledge().texts.get(f"reminders.{key}", language, day="25/11", hour=18, days=14)[:NEUTRAL].lower()
    assert not any(word in shown for word in TELLING)


def test_who_left_is_never_reminded(person: Person) -> None:
    with_a_reminder(person)
    person.presses("leave")
    quiet(person)
    assert ring(person, person.now + timedelta(days=3)) == []


def test_a_watched_phone_gets_no_reminder(person: Person, store: SqlStore) -> None:
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


def told(person: Person, **answers: object) -> None:
    """She has agreed and these facts are known."""
    person.agrees()
    with person.store.turn("test", person.chat, person.now) as turn:
        for fact in facts(**{**ANSWERS, **answers}).values():
            turn.put_fact(fact)


def with_retention(days: int) -> Means:
    return means_with(lambda config: replace(config, retention=replace(config.retention, days=days)))


def test_the_end_of_proof_can_be_chosen(person: Person) -> None:
    told(person)
    noted = with_a_reminder(person, "day:proof", "hour:9")
    assert "à 9 h" in noted
    quiet(person)
    day = datetime(2027, 9, 8, 7, tzinfo=UTC)  # 22/11/2026 + 320 days - 30 days, 9 h in Paris
    assert ring(person, day - timedelta(hours=1)) == []
    assert len(ring(person, day)) == 1
    person.now = day + timedelta(minutes=1)
    person.presses("remind_now")
    assert "données de connexion" in words(person.presses("go_on"))


def test_the_three_months_of_the_press_can_be_chosen(person: Person) -> None:
    told(person, **PUBLIC_INSULT, first_act_on="2026-11-22")
    replies = person.writes("/rappel")
    label = next(b.label for row in replies[-1].buttons for b in row if b.id == "day:press")
    assert "31/01" in label  # three months from 22/11/2026, less a day and three weeks


def test_six_years_are_told_when_they_outlive_what_is_kept_and_offered_when_they_do_not(store: SqlStore) -> None:
    short, long = (Person(store, chat=chat, means=with_retention(days)) for chat, days in (("1", 365), ("2", 2555)))
    told(short)
    replies = short.writes("/rappel")
    assert "day:limit" not in button_ids(replies)
    assert "21/11/2032" in words(replies)
    told(long)
    replies = long.writes("/rappel")
    assert "day:limit" in button_ids(replies)
    assert "plus loin" not in words(replies)


def test_a_step_she_chose_is_named_only_once_she_presses(person: Person) -> None:
    with_a_reminder(person, step="step:complaint")
    quiet(person)
    hour = datetime(2026, 11, 25, 17, tzinfo=UTC)
    said = ring(person, hour)
    assert said == [the_knowledge().texts.get("reminders.due")]
    person.now = hour + timedelta(minutes=1)
    person.presses("remind_now")
    assert "porter plainte" in words(person.presses("go_on"))


def test_snoozing_one_reminder_keeps_the_others(person: Person) -> None:
    told(person)
    with_a_reminder(person, "day:proof", "hour:9")
    with_a_reminder(person, "day:1", "hour:18")
    quiet(person)
    hour = datetime(2026, 11, 25, 17, tzinfo=UTC)
    assert len(ring(person, hour)) == 1
    person.now = hour + timedelta(minutes=1)
    person.presses("remind_later")
    quiet(person)
    assert len(ring(person, person.now + timedelta(days=1))) == 1
    assert len(ring(person, datetime(2027, 9, 8, 7, tzinfo=UTC))) >= 1


WARNED_ON = datetime(2027, 11, 10, 11, tzinfo=UTC)  # 24/11/2026 + 365 days - 14 days, 12 h in Paris


def goes(person: Person, at: datetime) -> bool:
    """Whether the retention period is over at that instant."""
    return person.store.purge(**person.means.config.retention.limits(at)) != []


def test_a_word_before_the_conversation_is_erased_then_it_goes(person: Person) -> None:
    with_a_reminder(person, "day:warn", "hour:12")
    quiet(person)
    assert ring(person, WARNED_ON - timedelta(hours=1)) == []
    said = ring(person, WARNED_ON)
    assert "24/11" in said[0]
    again = ring(person, WARNED_ON + timedelta(days=1))
    assert "24/11" in again[0]
    assert ring(person, WARNED_ON + timedelta(days=2)) == []
    assert not goes(person, WARNED_ON + timedelta(days=13))
    assert goes(person, WARNED_ON + timedelta(days=15))


def test_writing_puts_the_word_and_the_end_off(person: Person) -> None:
    with_a_reminder(person, "day:warn", "hour:12")
    quiet(person)
    assert len(ring(person, WARNED_ON)) == 1
    person.now = WARNED_ON + timedelta(hours=1)
    person.writes("bonjour")
    quiet(person)
    assert ring(person, WARNED_ON + timedelta(days=300)) == []
    assert not goes(person, WARNED_ON + timedelta(days=364))
    assert len(ring(person, WARNED_ON + timedelta(days=352))) == 1


def test_nobody_is_warned_unasked_nor_after_leaving_nor_while_a_case_is_in_court(store: SqlStore) -> None:
    unasked, left, held = (Person(store, chat=chat) for chat in ("1", "2", "3"))
    unasked.agrees()
    for person in (left, held):
        person.agrees()
        person.writes("/rappel")
        person.presses("day:warn")
        person.presses("hour:12")
    left.presses("leave")
    left.writes("parapluie")  # and even when she came back
    with store.turn("test", held.chat, held.now, hers=False) as turn:
        turn.hold_case(date(2030, 1, 1))
    for person in (unasked, left, held):
        quiet(person)
    due = store.reminders_due("test", WARNED_ON)
    assert [reminder.chat for reminder in due] == ["3"]
    assert ring(held, WARNED_ON) == []


def test_a_pause_offers_a_reminder(person: Person) -> None:
    person.agrees()
    assert "remind" in button_ids(person.writes("pause"))
    assert "day:3" in button_ids(person.presses("remind"))


@pytest.mark.parametrize(("answer", "kept"), [("court_yes", True), ("court_no", False), ("oui", True), ("skip", False)])
def test_a_case_in_court_is_kept_longer_only_when_she_agrees(person: Person, answer: str, kept: bool) -> None:  # noqa: FBT001 - an expectation
    person.agrees()
    person.presses("remind_now")
    assert "court_yes" in button_ids(person.presses("outcome:complaint_taken"))
    person.sends(**({"text": answer} if answer == "oui" else {"choice": answer}))
    assert (person.case.hold_until is not None) is kept
    assert [entry.event for entry in person.store.custody(person.case.number)] == (["held"] if kept else [])
    assert goes(person, person.now + timedelta(days=400)) is not kept
