"""Nobody of the team answers: she is told so by itself, once for each wait, with when somebody does and who listens.

The word waits among the reminders and goes when the staff answers. It is never said instead of crisis information:
the safety detector has read her words before, and the numbers come with it.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot import alarm
from bot.exhibits import everything_known
from bot.talk import Talk
from cases.case import ABSENCE, Reminder
from flows import contacts
from flows.hours import closing, next_opening

LATE = timedelta(minutes=5)  # outside hours a colleague who still answers is given this long


def begin_wait(talk: Talk) -> None:
    """She waits for a person from now on; the word is due when nobody took over in time, or when the team goes home."""
    new = talk.case.waiting_since is None
    talk.turn.want_person()
    here, opens = _hours(talk)
    if not new or opens is None:
        return
    attended, closed = talk.case.taken_name is not None, opens > here
    if attended and closed and talk.state.cautious:
        _say(talk, here, opens)  # an answer to what she just wrote: nothing is pushed to a watched phone later
    else:
        association = talk.means.config.association
        in_vain = min(opens + timedelta(minutes=association.absence_minutes), closing(association.team_hours, opens))
        talk.turn.remind(talk.now + LATE if attended and closed else in_vain.astimezone(UTC), ABSENCE)


def ring(talk: Talk, reminder: Reminder) -> None:
    """Nobody answered: say it, unless she left, is paused, or somebody else may read her phone."""
    talk.turn.settle_reminder(reminder.id, again=None)
    blocked = talk.case.blocked_until is not None and talk.now < talk.case.blocked_until
    here, opens = _hours(talk)
    if (
        opens is not None
        and talk.case.waiting_since is not None
        and not (talk.state.dull or talk.state.cautious or blocked)
    ):
        _say(talk, here, opens)


def _say(talk: Talk, here: datetime, opens: datetime) -> None:
    if opens > here:
        talk.say("conversation.absence_closed", opens=talk.opening(opens))
    else:
        hours = talk.means.config.association.team_hours
        closes = closing(hours, here)
        talk.say(
            "conversation.absence_open",
            closes=talk.opening(closes),
            opens=talk.opening(next_opening(hours, closes) or closes),
        )
    tell_who_listens(talk)


def tell_who_listens(talk: Talk) -> None:
    """Who answers now; after an alert the emergency numbers come first."""
    if talk.case.alerts:
        alarm.show_urgent(talk)
        return
    lines = contacts.listening_lines(talk.knowledge, talk.now, talk.state.language, everything_known(talk))
    for words in contacts.in_messages(lines):
        talk.say_words(words)


def _hours(talk: Talk) -> tuple[datetime, datetime | None]:
    """This instant in the zone of the team, and when it answers; None when it promises nothing."""
    association = talk.means.config.association
    here = talk.now.astimezone(ZoneInfo(association.timezone))
    return here, next_opening(association.team_hours, here) if association.answer_delay else None
