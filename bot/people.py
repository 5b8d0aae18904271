"""Asking for a person: promised only inside opening hours, with a delay; always with numbers that answer now."""

from zoneinfo import ZoneInfo

from bot import absence
from bot.talk import Talk
from flows.hours import next_opening


def ask_for_person(talk: Talk) -> None:
    """Note that she wants a person, say honestly when one answers, and who listens until then."""
    association = talk.means.config.association
    talk.state.wants_person = True
    absence.begin_wait(talk)
    here = talk.now.astimezone(ZoneInfo(association.timezone))
    opens = next_opening(association.team_hours, here)
    if opens is None or not association.answer_delay:
        talk.say("conversation.human_none")
    elif opens <= here:
        talk.say("conversation.human_open", delay=association.answer_delay)
        return
    else:
        talk.say("conversation.human_closed", opens=talk.opening(opens))
    absence.tell_who_listens(talk)
