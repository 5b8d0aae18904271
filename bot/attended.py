"""While a person of the team answers: the program listens for danger, keeps what is shown, and asks nothing."""

from bot import absence, exhibits
from bot.talk import Talk
from cases.messages import to_messages
from flows import urgency

MANY, EVERY = 100, 25  # exhibits


def listen_only(talk: Talk) -> None:
    """Keep what she shows; what she writes waits for the person who answers."""
    if talk.inbound.origin:
        exhibits.add_forwarded(talk)
    elif talk.inbound.media:
        exhibits.add_media(talk)
    absence.begin_wait(talk)


def stand(talk: Talk) -> None:
    """Tell the desk of the staff where the case stands after this turn, when something changed.

    In a raid only every twenty-fifth message is looked at: the assessment of hundreds takes milliseconds each time.
    """
    state = talk.state
    state.unstood = state.unstood or talk.turn.touched or state.stood_language != state.language
    raid = talk.inbound.origin is not None and len(talk.case.exhibits) > MANY and len(talk.case.exhibits) % EVERY
    if not state.unstood or raid:
        talk.turn.stand(None)
        return
    found = exhibits.assessed(talk)
    messages = to_messages(talk.case.exhibits)
    talk.turn.stand(urgency.standing(found, messages, state.language))
    state.unstood, state.stood_language = False, state.language
