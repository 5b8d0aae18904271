"""Erase everything: asked twice, then done at once and said."""

from bot.step import Step, pop, push
from bot.talk import Talk
from nlp.understand import understand


def ask(talk: Talk) -> None:
    """Start the first of the two questions."""
    push(talk, "erase")
    ERASE.prompt(talk)


def _said_yes(talk: Talk, button: str) -> bool | None:
    """True when she agrees, False when she keeps, None when neither."""
    if talk.inbound.choice in (button, "keep"):
        return talk.inbound.choice == button
    said = understand(None, talk.inbound.text, talk.now.date()).command if talk.inbound.text else None
    return {"yes": True, "erase": True, "no": False}.get(said or "")


def _keep(talk: Talk) -> None:
    pop(talk, "erase")
    pop(talk, "erase_again")
    talk.say("conversation.erase_kept")


def _take_first(talk: Talk) -> bool:
    agreed = _said_yes(talk, "erase")
    if agreed is None:
        return False
    if not agreed:
        _keep(talk)
        return True
    pop(talk, "erase")
    push(talk, "erase_again")
    return True


def _take_second(talk: Talk) -> bool:
    agreed = _said_yes(talk, "erase_confirm")
    if agreed is None:
        return False
    if agreed:
        _erase(talk)
    else:
        _keep(talk)
    return True


def _erase(talk: Talk) -> None:
    """The thread is wiped first, the case goes, then one last message says so."""
    kept = bool(talk.case.facts or talk.case.exhibits)
    talk.turn.drop_queued()
    talk.replies.clear()
    talk.turn.say("wipe", {})
    talk.turn.erase()
    talk.state.steps = ["gone"]
    talk.say("conversation.erased" if kept else "conversation.erase_nothing")


ERASE = Step(
    lambda talk: talk.say("conversation.erase_ask", talk.rows("erase", "keep")),
    _take_first,
    _keep,
    "conversation.erase_ask",
)
ERASE_AGAIN = Step(
    lambda talk: talk.say("conversation.erase_ask_again", talk.rows("erase_confirm", "keep")),
    _take_second,
    _keep,
    "conversation.erase_ask_again",
)
