"""A message as the rules read it: who, when, and what the classifier and she say it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Message:
    """One exhibit, without anything the rules do not need.

    Attributes:
        position: number of the exhibit, from 1.
        text: its words; "" for a file.
        author: what identifies the author, or None.
        sent_at: date of the original, or None.
        labels: labels asserted or confirmed, with their probability.
        threat_kind: kind of threat, or None.
        conditional: whether the threat depends on what she does, or None.
        confirmed: she confirmed the labels.
    """

    position: int
    text: str = field(repr=False)
    author: str | None
    sent_at: datetime | None
    labels: Mapping[str, float]
    threat_kind: str | None = None
    conditional: bool | None = None
    confirmed: bool = False
