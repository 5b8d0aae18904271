"""The assessment as she reads it: a few short cards at a time, the most urgent first, re-readable at any time."""

from bot.exhibits import assessed
from bot.step import Step, pop, push
from bot.talk import Talk
from bot.telling import open_what_is_told
from flows import cards

PAGE = 5  # cards sent at once


def tell(talk: Talk) -> None:
    """Give the assessment from its first card."""
    for step in ("breather", "more_questions"):
        pop(talk, step)
    found = _cards(talk)
    digest = cards.digest(found)
    if talk.state.told and talk.state.told != digest:
        talk.say("assessment.updated")
    talk.state.told, talk.state.page = digest, 0
    push(talk, "assessment")
    _say_page(talk, found)


def _cards(talk: Talk) -> list[cards.Card]:
    found = assessed(talk)
    return cards.cards(found, talk.knowledge, talk.state.language)


def _say_page(talk: Talk, found: list[cards.Card]) -> None:
    start = talk.state.page
    for card in found[start : start + PAGE]:
        talk.say_words(card.text)
    talk.state.page = min(start + PAGE, len(found))


def _prompt(talk: Talk) -> None:
    """What she can do from here: read on, answer more, talk to a person."""
    names = ["dossier", "letters", "remind", "human", "restart_assessment", "answer_more", "erase"]
    if talk.state.page < len(_cards(talk)):
        names = ["more", *names]
    talk.say("assessment.what_now", talk.rows(*names))


def _take(talk: Talk) -> bool:
    match talk.inbound.choice:
        case "more":
            _say_page(talk, _cards(talk))
        case "restart_assessment":
            tell(talk)
        case "answer_more":
            pop(talk, "assessment")
            talk.state.asked = [fact for fact in talk.state.asked if fact in talk.case.facts]
        case None if talk.inbound.text:
            return _take_more(talk)
        case _:
            return False
    return True


def _take_more(talk: Talk) -> bool:
    """Something more that happens, told after the assessment: it opens what is worth asking again."""
    if not open_what_is_told(talk):
        return False
    pop(talk, "assessment")
    return True


def _skip(talk: Talk) -> None:
    if talk.state.page < len(_cards(talk)):
        _say_page(talk, _cards(talk))


ASSESSMENT = Step(_prompt, _take, _skip, "assessment.why")
