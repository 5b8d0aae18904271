"""Erase everything: asked twice, then done at once and said."""

from zoneinfo import ZoneInfo

from bot import confirming, pictures
from bot.messages import Button
from bot.step import Step, pop, push
from bot.talk import Talk
from cases.inspection import ERASED
from nlp.understand import understand

ONE = "erase_exhibit:"
MOST_LISTED = 8
MOST_WORDS = 6  # of an agreement: "oui mais attendez, il a tout effacé" is a story, and is asked again


def ask(talk: Talk) -> None:
    """Start the first of the two questions."""
    push(talk, "erase")
    ERASE.prompt(talk)


def _ask_all(talk: Talk) -> None:
    some = any(exhibit.how != ERASED for exhibit in talk.case.exhibits)
    talk.say("conversation.erase_ask", talk.rows("erase", *(["erase_one"] if some else []), "keep"))


def _ask_which(talk: Talk) -> None:
    """The latest messages, by number and date: their words are not shown again."""
    zone = ZoneInfo(talk.means.config.association.timezone)
    kept = [exhibit for exhibit in talk.case.exhibits if exhibit.how != ERASED]
    rows = [
        (
            Button(
                f"{ONE}{exhibit.position}",
                talk.words(
                    "conversation.erase_one_label",
                    number=exhibit.position,
                    moment=talk.moment((exhibit.sent_at or exhibit.received_at).astimezone(zone)),
                ),
            ),
        )
        for exhibit in kept[-MOST_LISTED:]
    ]
    talk.say("conversation.erase_one_ask", [*rows, (talk.button("keep"),)])


def _take_which(talk: Talk) -> bool:
    if talk.inbound.choice == "keep":
        _keep(talk)
        return True
    number = (talk.inbound.choice or "").removeprefix(ONE) if talk.inbound.choice else talk.inbound.text.strip()
    kept = {str(exhibit.position) for exhibit in talk.case.exhibits if exhibit.how != ERASED}
    if number not in kept:
        return False
    talk.turn.erase_exhibit(int(number))
    confirming.forget(talk, int(number))
    pictures.forget_one(talk, int(number))
    pop(talk, "erase_one")
    key = "erase_one_done_all" if talk.able.wiping == "all" else "erase_one_done"
    talk.say(f"conversation.{key}", number=number)
    return True


def _said_yes(talk: Talk, button: str) -> bool | None:
    """True when she agrees, False when she keeps, None when neither."""
    if talk.inbound.choice in (button, "keep"):
        return talk.inbound.choice == button
    words = talk.inbound.text.split()
    said = understand(None, talk.inbound.text, talk.now.date()).command if 0 < len(words) <= MOST_WORDS else None
    return {"yes": True, "erase": True, "no": False}.get(said or "")


def _keep(talk: Talk) -> None:
    pop(talk, "erase")
    pop(talk, "erase_again")
    pop(talk, "erase_one")
    talk.say("conversation.erase_kept")


def _take_first(talk: Talk) -> bool:
    if talk.inbound.choice == "erase_one":
        pop(talk, "erase")
        push(talk, "erase_one")
        return True
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
    key = "erased" if kept else "erase_nothing"
    talk.say(f"conversation.{key}_{talk.able.wiping}", wiped_hours=talk.able.hours)


ERASE = Step(
    _ask_all,
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
ERASE_ONE = Step(_ask_which, _take_which, _keep, "conversation.erase_one_ask")
