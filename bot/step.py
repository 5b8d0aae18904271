"""A step is what waits for her: it can ask, take an answer, be skipped and be explained."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.talk import Talk

QUESTION_PREFIX = "question:"  # a step that waits for the answer about one fact: `question:acts_count`


@dataclass(frozen=True, slots=True)
class Step:
    """One kind of waiting.

    Attributes:
        prompt: asks (again).
        take: tries what came in as an answer; False when it is not one, and then nothing was changed.
        skip: she passes.
        why: key of the text that explains why this is asked.
    """

    prompt: Callable[[Talk], None]
    take: Callable[[Talk], bool]
    skip: Callable[[Talk], None]
    why: str


def push(talk: Talk, name: str) -> None:
    """Give the floor to `name`; what had it waits underneath. The same step never waits twice."""
    talk.state.steps = [step for step in talk.state.steps if step != name] + [name]


def pop(talk: Talk, name: str) -> None:
    """`name` is done with."""
    talk.state.steps = [step for step in talk.state.steps if step != name]
