"""Answers that do not go together: asked once, before the assessment, and never decided for her."""

from datetime import date

from bot.step import QUESTION_PREFIX, Step, pop, push
from bot.talk import Talk
from cases.messages import to_messages
from flows.contradictions import Contradiction, contradictions
from flows.facts import Fact, Source, Value
from flows.texts import written_day


def raise_next(talk: Talk) -> bool:
    """Ask about the next contradiction she was not asked about yet; False when there is none."""
    if _next(talk) is None:
        return False
    push(talk, "contradiction")
    _prompt(talk)
    return True


def drop_stale(talk: Talk) -> None:
    """What she corrected meanwhile is no longer asked."""
    if "contradiction" not in talk.state.steps:
        return
    if _next(talk) is None:
        pop(talk, "contradiction")


def _next(talk: Talk) -> Contradiction | None:
    found = contradictions(talk.case.facts, to_messages(talk.case.exhibits), talk.knowledge)
    return next((each for each in found if each.id not in talk.state.settled), None)


def _prompt(talk: Talk) -> None:
    each = _next(talk)
    if each is None:
        return
    if each.shown is None:
        talk.say(f"contradictions.{each.id}", talk.rows("ask_again", "leave_it"))
    else:
        said = _worded(talk, each.id, talk.case.facts[each.id].value)
        shown = _worded(talk, each.id, each.shown)
        talk.say("contradictions.ask", talk.rows("keep_mine", "take_shown", "ask_again"), said=said, shown=shown)


def _worded(talk: Talk, name: str, value: Value) -> str:
    """A value in her words: the button it stands for where there is one."""
    if isinstance(value, date):
        return written_day(value)
    if value is True or value is False:
        return talk.words("buttons.yes" if value else "buttons.no")
    for choice in talk.knowledge.questions[name].choices if name in talk.knowledge.questions else ():
        if choice.value == value:
            return talk.words(choice.text)
    return str(value)


def _take(talk: Talk) -> bool:
    each = _next(talk)
    if each is None or talk.inbound.choice not in ("keep_mine", "take_shown", "ask_again", "leave_it"):
        return False
    talk.state.settled.append(each.id)
    pop(talk, "contradiction")
    match talk.inbound.choice:
        case "take_shown" if each.shown is not None:
            talk.turn.put_fact(Fact(each.id, each.shown, Source.EXHIBIT, each.exhibits))
            talk.say("contradictions.taken")
        case "ask_again" if each.facts[0] in talk.knowledge.questions:
            talk.turn.drop_fact(each.facts[0])
            talk.say("contradictions.again")
            push(talk, QUESTION_PREFIX + each.facts[0])
        case _:
            talk.say("contradictions.kept")
    return True


def _skip(talk: Talk) -> None:
    each = _next(talk)
    if each is not None:
        talk.state.settled.append(each.id)
    pop(talk, "contradiction")


CONTRADICTION = Step(_prompt, _take, _skip, "contradictions.why")
