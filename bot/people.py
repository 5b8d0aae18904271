"""Asking for a person: promised only inside opening hours, with a delay; always with numbers that answer now."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.config import DAYS, Association
from bot.exhibits import everything_known
from bot.talk import Talk
from flows import contacts


def ask_for_person(talk: Talk) -> None:
    """Note that she wants a person, say honestly when one answers, and who listens until then."""
    association = talk.means.config.association
    talk.state.wants_person = True
    talk.turn.want_person()
    here = talk.now.astimezone(ZoneInfo(association.timezone))
    opens = next_opening(association, here)
    if opens is None or not association.answer_delay:
        talk.say("conversation.human_none")
    elif opens <= here:
        talk.say("conversation.human_open", delay=association.answer_delay)
        return
    else:
        talk.say("conversation.human_closed", opens=talk.moment(opens))
    lines = contacts.listening_lines(talk.knowledge, talk.now, talk.state.language, everything_known(talk))
    for words in contacts.in_messages(lines):
        talk.say_words(words)


def next_opening(association: Association, here: datetime) -> datetime | None:
    """When the team answers: `here` itself when it is open, else the next opening time; None without hours."""
    openings = []
    for line in association.team_hours:
        day, _, hours = line.partition(" ")
        opens, _, closes = hours.partition("-")
        for week in (0, 7):
            date = here.date() + timedelta(days=(DAYS.index(day) - here.weekday()) % 7 + week)
            start, end = (
                datetime.fromisoformat(f"{date}T{time}").replace(tzinfo=here.tzinfo) for time in (opens, closes)
            )
            if start <= here < end:
                return here
            if start > here:
                openings.append(start)
    return min(openings, default=None)
