"""What is shown before the full text is asked for: the shape of a message, and the words that weighed half hidden."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from nlp.reading import Span

WORD = re.compile(r"\w+")
DOT = "•"


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of characters; `label` when they weighed for one."""

    words: str
    label: str = ""


def masked(text: str, spans: Sequence[Span]) -> list[Piece]:
    """The text with every word hidden; of those that weighed, the first and the last letter stay."""
    return [Piece(WORD.sub(_half if piece.label else _whole, piece.words), piece.label) for piece in cut(text, spans)]


def cut(text: str, spans: Sequence[Span]) -> list[Piece]:
    """The text cut where the weighing words begin and end; where two overlap the earlier one goes on."""
    pieces, at = [], 0
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        start, end = max(at, span.start), min(len(text), span.end)
        if start >= end:
            continue
        if start > at:
            pieces.append(Piece(text[at:start]))
        pieces.append(Piece(text[start:end], span.label))
        at = end
    if at < len(text):
        pieces.append(Piece(text[at:]))
    return pieces


def _whole(word: re.Match[str]) -> str:
    return DOT * len(word.group())


def _half(word: re.Match[str]) -> str:
    letters, shortest = word.group(), 3
    if len(letters) < shortest:
        return DOT * len(letters)
    return letters[0] + DOT * (len(letters) - 2) + letters[-1]
