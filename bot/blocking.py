"""While the team has paused a conversation: crisis information, leaving, erasing and privacy answer, and nothing else.

Whoever is paused may be somebody in danger: the safety detector reads every word as before.
"""

from zoneinfo import ZoneInfo

from bot import alarm
from bot.talk import Talk


def is_blocked(talk: Talk) -> bool:
    """Whether the pause still runs."""
    until = talk.case.blocked_until
    return until is not None and talk.now < until


def stay_quiet(talk: Talk) -> None:
    """Say once what still works: every further line would be an answer to play with."""
    if talk.after_alert:
        if not talk.replies:  # these contacts were said before in this conversation; here they come again
            for alert in [kept for kept in talk.case.alerts if kept.at == talk.now][: alarm.MOST_CARDS]:
                alarm.say_card(talk, alert)
        return
    until = talk.case.blocked_until
    if until is not None and talk.state.blocked_said != until.isoformat():
        talk.state.blocked_said = until.isoformat()
        zone = ZoneInfo(talk.means.config.association.timezone)
        talk.say("conversation.blocked", moment=talk.moment(until.astimezone(zone)))
