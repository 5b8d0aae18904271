"""The classifier: forwarded messages to labels, with the words that weighed. Knows no case and no law."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from nlp.language import READ, language_of
from nlp.model import Model, Scores, load
from nlp.normalise import readable
from nlp.rationale import explain
from nlp.reading import LABELS, THREAT_KINDS, Reading

NAME = "labels"
BATCH = 64
FIRST_SYMBOL = "\u2190"  # arrows; symbols and emoji come after


class Classifier:
    """Reads messages with one trained model."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._columns = {head.name: column for column, head in enumerate(model.heads)}

    @classmethod
    def load(cls, folder: Path) -> "Classifier":
        """Load the model from `models/`.

        Raises:
            ModelError: it is missing or damaged.
        """
        return cls(load(folder, NAME))

    def read(self, texts: Sequence[str], *, rationale: bool = False) -> list[Reading]:
        """Label each text. A text in a language it does not read gets no label; an empty one neither."""
        return list(self.stream(texts, rationale=rationale))

    def stream(self, texts: Sequence[str], *, rationale: bool = False) -> Iterator[Reading]:
        """As `read`, a batch at a time, in order."""
        for start in range(0, len(texts), BATCH):
            batch = list(texts[start : start + BATCH])
            scores = self._model.probabilities(batch)
            for text, row in zip(batch, scores, strict=True):
                yield self._reading(text, row, rationale=rationale)

    def _reading(self, text: str, row: Scores, *, rationale: bool) -> Reading:
        language = language_of(text)
        can_read = language in READ and _says_something(text)
        probabilities = {label: float(row[column]) if can_read else 0.0 for column, label in enumerate(LABELS)}
        heads = self._model.heads[: len(LABELS)]
        labels = tuple(head.name for head in heads if probabilities[head.name] >= head.assert_from)
        unsure = tuple(head.name for head in heads if head.ask_from <= probabilities[head.name] < head.assert_from)
        threat = "threat" in labels or "threat" in unsure
        spans = explain(self._model, text, labels) if rationale and labels else ()
        return Reading(
            scores=probabilities,
            labels=labels,
            unsure=unsure,
            threat_kind=self._threat_kind(row) if threat else None,
            conditional=bool(row[self._columns["conditional"]] >= 0.5) if threat else None,  # noqa: PLR2004 - calibrated
            rationale=spans,
            language="" if language == "other" else language,
            readable=can_read,
        )

    def _threat_kind(self, row: Scores) -> str:
        kinds = [row[self._columns[f"threat_kind:{kind}"]] for kind in THREAT_KINDS]
        return THREAT_KINDS[int(np.argmax(kinds))]


def _says_something(text: str) -> bool:
    """Letters, digits or emoji; a text of bare punctuation says nothing that a label could rest on."""
    return any(character.isalnum() or character >= FIRST_SYMBOL for character in readable(text))
