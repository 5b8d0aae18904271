"""Facts that cannot both be true: an answer against what her messages show, or one answer against another.

Nothing is decided for her: her answer stands until she corrects it, the elements that rest on it say so, and she is
asked once which is right.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from flows.contradiction_data import Rule
from flows.derive import GRAVEST_FIRST, facts_from
from flows.facts import Fact, Source, Value
from flows.kleene import Truth
from flows.knowledge import Knowledge
from flows.messages import Message

SOME_DAYS = timedelta(days=92)  # the widest button before "older": a nearer date is no contradiction


@dataclass(frozen=True, slots=True)
class Contradiction:
    """One contradiction.

    Attributes:
        id: the fact, or the rule's id.
        facts: facts concerned; the first one is the one to ask again.
        shown: what the messages show instead, or None when two answers disagree.
        exhibits: positions of the messages that show it.
    """

    id: str
    facts: tuple[str, ...]
    shown: Value | None
    exhibits: tuple[int, ...]


def contradictions(
    answers: Mapping[str, Fact], messages: Sequence[Message], knowledge: Knowledge
) -> list[Contradiction]:
    """Every contradiction of a case: answers against messages first, then answers against each other."""
    shown = facts_from(messages, knowledge)
    found = [
        c for name, answer in sorted(answers.items()) if name in shown for c in _against(answer, shown[name], knowledge)
    ]
    return [*found, *(_broken(rule) for rule in knowledge.contradiction_rules if rule.when.truth(answers) is Truth.MET)]


def _broken(rule: Rule) -> Contradiction:
    return Contradiction(rule.id, rule.facts, None, ())


def _against(answer: Fact, shown: Fact, knowledge: Knowledge) -> Iterator[Contradiction]:
    """An answer against what the messages show; a reviewer's word is not put in question."""
    differs = DIFFER.get(answer.id, _denied)
    if answer.source is Source.ANSWER and differs(answer.value, shown.value, knowledge):
        yield Contradiction(answer.id, (answer.id,), shown.value, shown.exhibits)


def _denied(said: Value, shown: Value, _: Knowledge) -> bool:
    """She said no and a message says yes."""
    return said is False and shown is True


def _counted(name: str) -> Callable[[Value, Value, Knowledge], bool]:
    def more(said: Value, shown: Value, knowledge: Knowledge) -> bool:
        """More than the button she pressed can mean: a button stands for the smallest number of its band."""
        if not isinstance(said, int) or not isinstance(shown, int):
            return False
        steps = [choice.value for choice in knowledge.questions[name].choices if isinstance(choice.value, int)]
        ceiling = min((step for step in steps if step > said), default=None) if said in steps else said + 1
        return ceiling is not None and shown >= ceiling

    return more


def _later(said: Value, shown: Value, _: Knowledge) -> bool:
    return isinstance(said, date) and isinstance(shown, date) and shown - said > SOME_DAYS


def _graver(said: Value, shown: Value, _: Knowledge) -> bool:
    return GRAVEST_FIRST.index(str(shown)) < GRAVEST_FIRST.index(str(said))


def _never(_: Value, __: Value, ___: Knowledge) -> bool:
    """A list she ticked needs not be complete, and the oldest message she kept is not the first act."""
    return False


DIFFER: Mapping[str, Callable[[Value, Value, Knowledge], bool]] = {
    "situation": _never,
    "first_act_on": _never,
    "acts_count": _counted("acts_count"),
    "authors_count": _counted("authors_count"),
    "last_act_on": _later,
    "threat_kind": _graver,
    "threat_form": _never,
}
