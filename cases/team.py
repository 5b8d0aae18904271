"""What colleagues tell each other about cases: plain things the store gives back."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Mention:
    """Somebody was named in a note; the note itself is read on the page of the case."""

    id: int
    number: str
    author: str
    at: datetime
    private: bool
    read: bool


@dataclass(frozen=True, slots=True)
class Merge:
    """Two conversations said to be of one person: linked, no row moved; undoing forgets the link."""

    id: int
    other: str
    reason: str = field(repr=False)
    author: str
    at: datetime


@dataclass(frozen=True, slots=True)
class IdentityRequest:
    """Somebody asked to see who a person is, and whether a second person agreed."""

    id: int
    number: str
    staff: int
    author: str
    reason: str
    at: datetime
    allowed_by: str | None


@dataclass(frozen=True, slots=True)
class Transfer:
    """A dossier was handed to another association."""

    house: str
    reason: str = field(repr=False)
    author: str
    at: datetime


@dataclass(frozen=True, slots=True)
class TrainingConsent:
    """She agreed that corrected messages teach the program.

    Attributes:
        words: hers, as somebody of the staff heard them, or the question to which she said yes in the conversation.
        author: who wrote it down; None when she answered the program herself.
        at: when (UTC).
    """

    words: str = field(repr=False)
    author: str | None
    at: datetime
