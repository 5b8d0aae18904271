"""Where a case stands for the staff, in ids and days only: part of the vocabulary that `cases` may import."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Standing:
    """What orders the queue and what it can be filtered by; no word of hers.

    Attributes:
        language: language of the conversation.
        minor: the person targeted is under 18.
        death: a threat of death.
        deadline_on: the nearest last day that has not passed, or None.
        labels: labels of her exhibits, sorted.
        offences: offences that the facts support and that are not excluded, sorted.
        indicated: those of them whose elements are all met, sorted.
    """

    language: str
    minor: bool = False
    death: bool = False
    deadline_on: date | None = None
    labels: tuple[str, ...] = ()
    offences: tuple[str, ...] = ()
    indicated: tuple[str, ...] = ()
