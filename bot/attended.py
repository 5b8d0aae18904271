"""While a person of the team answers: the program listens for danger, keeps what is shown, and asks nothing."""

from bot import exhibits
from bot.talk import Talk
from cases.messages import to_messages
from flows import urgency


def listen_only(talk: Talk) -> None:
    """Keep what she shows; what she writes waits for the person who answers."""
    if talk.inbound.origin:
        exhibits.add_forwarded(talk)
    elif talk.inbound.media:
        exhibits.add_media(talk)
    talk.turn.want_person()


def stand(talk: Talk) -> None:
    """Tell the desk of the staff where the case stands after this turn."""
    found = exhibits.assessed(talk)
    messages = to_messages(talk.case.exhibits)
    talk.turn.stand(urgency.standing(found, messages, talk.state.language))
