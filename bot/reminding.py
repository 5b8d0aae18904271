"""Reminders she asked for: at a day and an hour of her choice, neutral on a locked screen, one retry, then silence."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from bot import writing
from bot.exhibits import assessed
from bot.messages import Button
from bot.step import Step, pop, push
from bot.talk import Talk
from cases.case import Consent
from flows.contacts import PARIS

DAYS = (1, 3, 7)
HOURS = (9, 12, 18, 21)
BEFORE_PROOF, BEFORE_LIMIT = timedelta(days=30), timedelta(days=14)  # time left to act when the reminder comes
SNOOZE = timedelta(days=1)
RETRY = timedelta(days=1)
OUTCOMES = ("removed", "refused", "complaint_taken", "complaint_refused", "closed", "nothing_yet")


def offer(talk: Talk) -> None:
    """Propose days; never to a phone that may be watched, and never without consent."""
    if talk.case.consent is not Consent.YES:
        talk.say("reminders.no_consent")
    elif talk.state.cautious:
        talk.say("reminders.cautious")
    else:
        push(talk, "reminder_day")
        _ask_day(talk)


def _ask_day(talk: Talk) -> None:
    rows = [(Button(f"day:{days}", talk.words(f"reminders.day_{days}")),) for days in DAYS]
    rows += [
        (Button(f"day:{name}", talk.words(f"reminders.day_{name}", day=day.strftime("%d/%m"))),)
        for name, day in _deadlines(talk)
    ]
    talk.say("reminders.ask_day", [*rows, (talk.button("no_reminder"),)])


def _deadlines(talk: Talk) -> Iterator[tuple[str, date]]:
    """A day early enough before each deadline of the assessment, when there is one that is not tomorrow."""
    found = assessed(talk)
    tomorrow = _today(talk) + timedelta(days=1)
    if found.proof is not None and found.proof.on - BEFORE_PROOF > tomorrow:
        yield "proof", found.proof.on - BEFORE_PROOF
    limits = [finding.limitation.on for finding in found.shown if finding.limitation is not None]
    if limits and min(limits) - BEFORE_LIMIT > tomorrow:
        yield "limit", min(limits) - BEFORE_LIMIT


def _today(talk: Talk) -> date:
    return talk.now.astimezone(PARIS).date()


def _take_day(talk: Talk) -> bool:
    chosen = (talk.inbound.choice or "").removeprefix("day:")
    days = {str(ahead): _today(talk) + timedelta(days=ahead) for ahead in DAYS} | dict(_deadlines(talk))
    if talk.inbound.choice == "no_reminder":
        _skip(talk)
    elif (talk.inbound.choice or "").startswith("day:") and chosen in days:
        talk.state.reminder_day = days[chosen].isoformat()
        push(talk, "reminder_hour")
    else:
        return False
    return True


def _ask_hour(talk: Talk) -> None:
    row = tuple(Button(f"hour:{hour}", talk.words("reminders.hour", hour=hour)) for hour in HOURS)
    talk.say("reminders.ask_hour", [row, (talk.button("no_reminder"),)])


def _take_hour(talk: Talk) -> bool:
    choice = talk.inbound.choice or ""
    if choice == "no_reminder":
        _skip(talk)
        return True
    hour = choice.removeprefix("hour:")
    if not choice.startswith("hour:") or hour not in map(str, HOURS):
        return False
    at = datetime.combine(date.fromisoformat(talk.state.reminder_day), time(int(hour)), PARIS)
    talk.turn.remind(at.astimezone(UTC))
    talk.say("reminders.noted", day=at.strftime("%d/%m"), hour=at.hour)
    _skip(talk)
    return True


def _skip(talk: Talk) -> None:
    pop(talk, "reminder_hour")
    pop(talk, "reminder_day")
    talk.state.reminder_day = ""


def ring(talk: Talk, reminder: int, *, tries: int) -> None:
    """A reminder is due: said once, once more a day later if nothing came back, then never again."""
    talk.turn.settle_reminder(reminder, again=talk.now + RETRY if tries == 0 and not talk.state.dull else None)
    if not talk.state.dull:
        talk.say("reminders.due", talk.rows("remind_now", "remind_later", "remind_stop"))


def later(talk: Talk) -> None:
    """Snooze: the same hour tomorrow."""
    talk.turn.forget_reminders()
    talk.turn.remind(talk.now + SNOOZE)
    talk.say("reminders.snoozed")


def stop(talk: Talk) -> None:
    """No reminder any more."""
    talk.turn.forget_reminders()
    talk.say("reminders.stopped")


def follow_up(talk: Talk) -> None:
    """What became of the steps."""
    push(talk, "follow_up")
    _ask_outcome(talk)


def _ask_outcome(talk: Talk) -> None:
    talk.say(
        "reminders.ask_outcome", [(Button(f"outcome:{name}", talk.words(f"reminders.{name}")),) for name in OUTCOMES]
    )


def _take_outcome(talk: Talk) -> bool:
    outcome = (talk.inbound.choice or "").removeprefix("outcome:")
    if outcome not in OUTCOMES:
        return False
    talk.state.outcomes.append(f"{_today(talk).isoformat()}:{outcome}")
    pop(talk, "follow_up")
    talk.say(f"reminders.after_{outcome}")
    if outcome in ("refused", "complaint_refused"):
        writing.offer(talk)
    elif outcome == "nothing_yet":
        offer(talk)
    return True


REMINDER_DAY = Step(_ask_day, _take_day, _skip, "reminders.why")
REMINDER_HOUR = Step(_ask_hour, _take_hour, _skip, "reminders.why")
FOLLOW_UP = Step(_ask_outcome, _take_outcome, lambda talk: pop(talk, "follow_up"), "reminders.why")
