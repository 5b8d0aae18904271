"""The words that weighed: a word counts for a label when taking it away lowers the label's score."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from nlp.model import Model
from nlp.normalise import MOST_CHARACTERS, WORD
from nlp.reading import LABELS, Span

MOST_WORDS = 60  # words tried in one text; a longer one is tried by stretches
MOST_SPANS = 5
CLOSEST = 1e-9  # to 0 and 1, so that log-odds are finite
# Taking "te" from "je vais te tuer" lowers the score more than taking "tuer", and tells a reader nothing.
FUNCTION_WORDS = frozenset((Path(__file__).parent / "words" / "function_words.txt").read_text(encoding="utf-8").split())
NOTICEABLE = 0.15  # of log-odds: near certainty a probability hardly moves whatever word is taken away


def explain(model: Model, text: str, labels: Sequence[str]) -> tuple[Span, ...]:
    """Spans of the original text whose removal lowers the score of one of `labels`, strongest first.

    Where more than `MOST_SPANS` weigh for one label, function words are left out before others.
    """
    stretches = _stretches(text)
    if not stretches:
        return ()
    without = [text[:start] + " " + text[end:] for start, end in stretches]
    probabilities = np.clip(model.probabilities([text, *without]), CLOSEST, 1 - CLOSEST)
    scores = np.log(probabilities / (1 - probabilities))
    spans = []
    for label in labels:
        column = LABELS.index(label)
        drops = scores[0, column] - scores[1:, column]
        weighed = [
            Span(start, end, label, round(float(drop), 4))
            for (start, end), drop in zip(stretches, drops, strict=True)
            if drop >= NOTICEABLE
        ]
        weighed.sort(key=lambda span: (text[span.start : span.end].casefold() in FUNCTION_WORDS, -span.weight))
        spans += weighed[:MOST_SPANS]
    return tuple(sorted(spans, key=lambda span: -span.weight))


def _stretches(text: str) -> list[tuple[int, int]]:
    """Words of the part that is read, or runs of words when there are many."""
    words = [(found.start(), found.end()) for found in WORD.finditer(text[:MOST_CHARACTERS])]
    if not words and text.strip():
        return [(at, at + 1) for at, character in enumerate(text[:MOST_WORDS]) if not character.isspace()]
    size = -(-len(words) // MOST_WORDS)
    return [(words[at][0], words[min(at + size, len(words)) - 1][1]) for at in range(0, len(words), max(1, size))]
