"""Learning from corrections of the staff: a new model takes the place of the old one only when it reads no worse."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nlp import corpus
from nlp.corpus import Labelled
from nlp.model import Model
from nlp.tasks import CORRECTIONS

MEASURE = "average_precision_unseen"
NOISE = 0.002  # of mean average precision; a choice of ours, not a measured spread


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a new model reaches beside the one in place, on hands neither saw; average precision, 0 to 1."""

    before: Mapping[str, float]
    after: Mapping[str, float]

    def change(self) -> float:
        """Change of the mean over the heads both know."""
        shared = self.before.keys() & self.after.keys()
        return float(np.mean([self.after[name] - self.before[name] for name in shared])) if shared else 0.0

    def is_worse(self) -> bool:
        """Whether the new model reads worse by more than noise."""
        return self.change() < -NOISE

    def table(self) -> str:
        """One line a head, the mean last."""
        lines = [f"{'average precision, hands unseen':32}{'in place':>10}{'new':>8}{'change':>9}"]
        for name in sorted(self.before.keys() & self.after.keys()):
            before, after = self.before[name], self.after[name]
            lines.append(f"{name:32}{before:10.3f}{after:8.3f}{after - before:+9.3f}")
        return "\n".join([*lines, f"{'mean':50}{self.change():+9.3f}"])


def compare(in_place: Model, new: Model) -> Comparison:
    """Hold a new model against the one in place."""
    return Comparison(in_place.about.get(MEASURE, {}), new.about.get(MEASURE, {}))


def corrections(path: Path) -> list[Labelled]:
    """Messages as the staff labelled them, as one hand of their own.

    Raises:
        CorpusError: a line is wrong, or the file is empty.
    """
    rows = [corpus.labelled({**row, "writer": CORRECTIONS}, where) for where, row in corpus.read_lines(path)]
    if not rows:
        raise corpus.CorpusError(f"{path}: no line in it; write one JSON object a line with text and labels")
    return rows
