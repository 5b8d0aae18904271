"""Three-valued logic of Kleene: *unknown* never becomes *no*."""

from collections.abc import Iterable
from enum import IntEnum


class Truth(IntEnum):
    """Ordered so that `and` is the minimum and `or` the maximum."""

    NOT_MET = 0
    UNKNOWN = 1
    MET = 2

    @property
    def word(self) -> str:
        """`met`, `not_met` or `unknown`, as the command line and the screens write it."""
        return self.name.lower()


def negate(truth: Truth) -> Truth:
    """Not: met and not met change places, unknown stays."""
    return Truth(2 - truth)


def every(truths: Iterable[Truth]) -> Truth:
    """And: the weakest one."""
    return min(truths, default=Truth.MET)


def some(truths: Iterable[Truth]) -> Truth:
    """Or: the strongest one."""
    return max(truths, default=Truth.NOT_MET)


def at_least(count: int, truths: Iterable[Truth]) -> Truth:
    """Whether at least `count` are met."""
    ranked = sorted(truths, reverse=True)
    return ranked[count - 1] if 0 < count <= len(ranked) else Truth.NOT_MET if count > 0 else Truth.MET
