"""Reminders she asked for: at a day and an hour of her choice, neutral on a locked screen, one retry, then silence."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from bot import writing
from bot.exhibits import assessed
from bot.messages import Button
from bot.step import Step, pop, push
from bot.talk import Talk
from cases.case import ABSENCE, Consent, Reminder
from flows.contacts import PARIS
from flows.findings import EXCLUDED
from nlp.understand import understand

DAYS = (1, 3, 7)
HOURS = (9, 12, 18, 21)
STEPS = ("complaint", "captures", "platform", "support", "any")  # what she may want to be reminded of
BEFORE = {"proof": timedelta(days=30), "press": timedelta(days=21), "limit": timedelta(days=60)}  # time left to act
WARN = "warn"  # the topic of the word said before a case is erased
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
        _tell_distant(talk)
        push(talk, "reminder_day")
        _ask_day(talk)


def _ask_day(talk: Talk) -> None:
    rows = [(Button(f"day:{days}", talk.words(f"reminders.day_{days}")),) for days in DAYS]
    rows += [
        (Button(f"day:{name}", talk.words(f"reminders.day_{name}", day=day.strftime("%d/%m"))),)
        for name, day in _within_reach(talk).items()
    ]
    if not talk.state.warn_hour:
        rows.append((Button(f"day:{WARN}", talk.words("reminders.day_warn")),))
    talk.say("reminders.ask_day", [*rows, (talk.button("no_reminder"),)])


def _deadlines(talk: Talk) -> Iterator[tuple[str, date]]:
    """The last day of each kind of deadline of the assessment: connection data, press law, the nearest of the rest."""
    found = assessed(talk)
    if found.proof is not None:
        yield "proof", found.proof.on
    ends: dict[str, list[date]] = {"press": [], "limit": []}
    for finding in found.shown:
        if finding.limitation is not None and finding.status != EXCLUDED:
            press = talk.knowledge.offences[finding.offence].limitation.press
            ends["press" if press else "limit"].append(finding.limitation.on)
    yield from ((name, min(days)) for name, days in ends.items() if days)


def _within_reach(talk: Talk) -> dict[str, date]:
    """A day early enough before each deadline, when it is still to come and the case will still be there."""
    tomorrow = _today(talk) + timedelta(days=1)
    days = {name: max(last - BEFORE[name], tomorrow) for name, last in _deadlines(talk) if last > tomorrow}
    return {name: day for name, day in days.items() if day < _gone_on(talk)}


def _tell_distant(talk: Talk) -> None:
    """A deadline beyond what is kept cannot be recalled: she is told the day, to note it herself."""
    for name, last in _deadlines(talk):
        if last - BEFORE[name] >= _gone_on(talk):
            talk.say("reminders.distant", day=last.strftime("%d/%m/%Y"))


def _gone_on(talk: Talk) -> date:
    """The day on which her case is erased if she does not write any more."""
    return _today(talk) + timedelta(days=talk.means.config.retention.days)


def _today(talk: Talk) -> date:
    return talk.now.astimezone(PARIS).date()


def _take_day(talk: Talk) -> bool:
    chosen = (talk.inbound.choice or "").removeprefix("day:")
    days = {str(ahead): _today(talk) + timedelta(days=ahead) for ahead in DAYS} | _within_reach(talk)
    if talk.inbound.choice == "no_reminder":
        _skip(talk)
        return True
    if not (talk.inbound.choice or "").startswith("day:") or chosen not in (*days, WARN):
        return False
    talk.state.reminder_day = "" if chosen == WARN else days[chosen].isoformat()
    talk.state.reminder_topic = "" if chosen.isdecimal() else chosen
    push(talk, "reminder_hour" if talk.state.reminder_topic else "reminder_step")
    return True


def _ask_step(talk: Talk) -> None:
    rows = [(Button(f"step:{name}", talk.words(f"reminders.step_{name}")),) for name in STEPS]
    talk.say("reminders.ask_step", [*rows, (talk.button("no_reminder"),)])


def _take_step(talk: Talk) -> bool:
    name = (talk.inbound.choice or "").removeprefix("step:")
    if talk.inbound.choice == "no_reminder":
        _skip(talk)
        return True
    if name not in STEPS:
        return False
    talk.state.reminder_topic = name
    pop(talk, "reminder_step")
    push(talk, "reminder_hour")
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
    if talk.state.reminder_topic == WARN:
        talk.state.warn_hour = int(hour)
        talk.say("reminders.warn_noted", days=talk.means.config.retention.warn_days)
    else:
        at = datetime.combine(date.fromisoformat(talk.state.reminder_day), time(int(hour)), PARIS)
        talk.turn.remind(at.astimezone(UTC), talk.state.reminder_topic)
        talk.say("reminders.noted", day=at.strftime("%d/%m"), hour=at.hour)
    _skip(talk)
    return True


def _skip(talk: Talk) -> None:
    for step in ("reminder_hour", "reminder_step", "reminder_day"):
        pop(talk, step)
    talk.state.reminder_day = talk.state.reminder_topic = ""


def put_off_warning(talk: Talk) -> None:
    """She wrote: the word before her case is erased moves with the day of erasure. Never when she left."""
    if talk.state.warn_hour and talk.case.consent is Consent.YES and not talk.state.dull:
        day = _gone_on(talk) - timedelta(days=talk.means.config.retention.warn_days)
        talk.turn.remind(datetime.combine(day, time(talk.state.warn_hour), PARIS).astimezone(UTC), WARN)


def ring(talk: Talk, reminder: Reminder) -> None:
    """A reminder is due: said once, once more a day later if nothing came back, then never again."""
    again = talk.now + RETRY if reminder.tries == 0 and not talk.state.dull else None
    held = talk.case.hold_until is not None and talk.case.hold_until > _today(talk)
    if reminder.topic == WARN and held:
        talk.turn.settle_reminder(reminder.id, again=None)  # a case in court is not about to go
        return
    talk.turn.settle_reminder(reminder.id, again=again)
    if talk.state.dull:
        return
    talk.state.rung = reminder.topic
    if reminder.topic == WARN:
        left = talk.means.config.retention.warn_days - (reminder.tries > 0)
        day = _today(talk) + timedelta(days=left)
        talk.say("reminders.warn_due", talk.rows("remind_now", "remind_stop"), day=day.strftime("%d/%m"))
    else:
        talk.say("reminders.due", talk.rows("remind_now", "remind_later", "remind_stop"))


def later(talk: Talk) -> None:
    """Snooze: the same hour tomorrow, about the same thing; the other reminders stay."""
    talk.turn.remind(talk.now + SNOOZE, talk.state.rung)
    talk.say("reminders.snoozed")


def stop(talk: Talk) -> None:
    """No reminder any more; that nobody answered her is no reminder."""
    talk.turn.forget_reminders(but=ABSENCE)
    talk.state.warn_hour = 0
    talk.say("reminders.stopped")


def follow_up(talk: Talk) -> None:
    """What became of the steps."""
    push(talk, "follow_up")
    _ask_outcome(talk)


def _ask_outcome(talk: Talk) -> None:
    if talk.state.rung and talk.state.rung != "any":
        talk.say(f"reminders.about_{talk.state.rung}")
    talk.say(
        "reminders.ask_outcome", [(Button(f"outcome:{name}", talk.words(f"reminders.{name}")),) for name in OUTCOMES]
    )


def _take_outcome(talk: Talk) -> bool:
    outcome = (talk.inbound.choice or "").removeprefix("outcome:")
    if outcome not in OUTCOMES:
        return False
    talk.state.rung = ""
    talk.state.outcomes.append(f"{_today(talk).isoformat()}:{outcome}")
    pop(talk, "follow_up")
    talk.say(f"reminders.after_{outcome}")
    if outcome == "complaint_taken" and talk.case.hold_until is None:
        push(talk, "court")
    if outcome in ("refused", "complaint_refused"):
        writing.offer(talk)
    elif outcome == "nothing_yet":
        offer(talk)
    return True


def _court_day(talk: Talk) -> date:
    return _today(talk) + timedelta(days=talk.means.config.retention.court_days)


def _ask_court(talk: Talk) -> None:
    day = _court_day(talk).strftime("%d/%m/%Y")
    talk.say("reminders.ask_court", talk.rows("court_yes", "court_no"), day=day)


def _take_court(talk: Talk) -> bool:
    """A legal hold is hers to give; it ends on a day, and she may erase all the same."""
    choice = talk.inbound.choice
    if choice is None and talk.inbound.text:
        said = understand(None, talk.inbound.text, talk.now.date()).command
        choice = {"yes": "court_yes", "no": "court_no"}.get(said or "")
    if choice not in ("court_yes", "court_no"):
        return False
    pop(talk, "court")
    if choice == "court_yes":
        talk.turn.hold_case(_court_day(talk))
        talk.turn.log("held", {"until": _court_day(talk).isoformat(), "agreed_on": _today(talk).isoformat()})
    talk.say(f"reminders.{choice}", day=_court_day(talk).strftime("%d/%m/%Y"))
    return True


COURT = Step(_ask_court, _take_court, lambda talk: pop(talk, "court"), "reminders.court_why")
REMINDER_DAY = Step(_ask_day, _take_day, _skip, "reminders.why")
REMINDER_STEP = Step(_ask_step, _take_step, _skip, "reminders.why")
REMINDER_HOUR = Step(_ask_hour, _take_hour, _skip, "reminders.why")
FOLLOW_UP = Step(_ask_outcome, _take_outcome, lambda talk: pop(talk, "follow_up"), "reminders.why")
