"""From which probability the bot asserts, and from which it asks: recall first, within a budget of false alarms.

All thresholds of a model are chosen together, on probabilities that each text got from a model that never saw its
writer: what counts for her is whether *anything* is asserted on a message that shows nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nlp.reading import ALERTS, LABELS
from nlp.tasks import Targets

GRID = np.round(np.arange(0.04, 0.91, 0.01), 2)
EVEN = 0.5  # a kind of threat, a condition: the likelier answer
ASK_BELOW = 0.5  # the zone of asking starts at this share of the threshold
LOWEST_ASK = 0.05


@dataclass(frozen=True, slots=True)
class Aim:
    """What the thresholds of one model aim at.

    Attributes:
        heads: the heads whose thresholds are chosen; the others get one half.
        weight_of_recall: beta of the F-score of a head, 1 where nothing else is said.
        importance: what a gain on that head is worth beside the others, 1 where nothing else is said.
        budget: largest share of texts without any label on which anything may be asserted.
    """

    heads: Sequence[str]
    weight_of_recall: Mapping[str, float]
    importance: Mapping[str, float]
    budget: float


# What must not be missed weighs twice; an insult taken for one is worse than one missed.
FIRST = dict.fromkeys(("threat", "blackmail", "intimate_images", "identity_theft"), 2.0)
# Within the budget they come before the others: hands left out, recall of identity_theft rises from 0.69 to 0.75 for
# 0.012 of macro-F1.
FIRST_IN_LINE = dict.fromkeys(FIRST, 4.0) | {"threat": 6.0}
LABEL_AIM = Aim(LABELS, FIRST | {"insult": 0.7}, FIRST_IN_LINE, 0.06)
# A false alarm shows a card and a question; a missed one may cost a life. Hence recall, and a wider budget.
ALERT_AIM = Aim(
    ALERTS, dict.fromkeys(ALERTS, 3.0), {"suicide_risk": 3.0, "imminent_danger": 2.0, "minor_disclosed": 2.0}, 0.09
)


def choose(
    names: Sequence[str], probabilities: NDArray[np.float64], targets: Targets, aim: Aim
) -> list[tuple[float, float]]:
    """(ask from, assert from) of each head.

    Args:
        names: heads, in column order.
        probabilities: calibrated, out of writer, shape (n_texts, n_heads).
        targets: same shape.
        aim: see `Aim`.
    """
    columns = [column for column, name in enumerate(names) if name in aim.heads]
    bare = ~targets[:, columns].any(axis=1)
    worth = np.array(
        [
            [
                aim.importance.get(names[c], 1.0)
                * f_score(probabilities[:, c] >= threshold, targets[:, c], aim.weight_of_recall.get(names[c], 1.0))
                for threshold in GRID
            ]
            for c in columns
        ]
    )
    at = _descend(worth, probabilities[bare][:, columns], aim.budget)
    chosen = {column: float(GRID[step]) for column, step in zip(columns, at, strict=True)}
    return [
        (max(LOWEST_ASK, round(chosen[c] * ASK_BELOW, 4)), chosen[c]) if c in chosen else (EVEN, EVEN)
        for c in range(len(names))
    ]


def _descend(worth: NDArray[np.float64], alarming: NDArray[np.float64], budget: float) -> list[int]:
    """Lower, again and again, the threshold that gains most for each false alarm it adds, while the budget lasts.

    Args:
        worth: what each head gains at each threshold of `GRID`, shape (n_heads, n_thresholds).
        alarming: probabilities of the texts without any label, shape (n_bare, n_heads).
        budget: largest share of them that may be alarmed on.

    Returns:
        The place in `GRID` of each head's threshold.
    """
    at = [len(GRID) - 1] * len(worth)
    quiet = np.ones(len(alarming), dtype=bool)
    left = int(budget * len(alarming))
    while True:
        best: tuple[float, int, int] | None = None
        for head, here in enumerate(at):
            still = np.sort(alarming[quiet, head])
            for step in range(here):
                gain = worth[head, step] - worth[head, here]
                cost = len(still) - int(np.searchsorted(still, GRID[step]))
                if gain > 0 and cost <= left and (best is None or gain / (cost + 1) > best[0]):
                    best = gain / (cost + 1), head, step
        if best is None:
            return at
        _, head, step = best
        at[head] = step
        alarmed = quiet & (alarming[:, head] >= GRID[step])
        left -= int(alarmed.sum())
        quiet &= ~alarmed


def f_score(found: Targets, target: Targets, beta: float) -> float:
    """F-score in which recall weighs `beta` times as much as precision; 0 to 1."""
    hits = float((found & target).sum())
    return float((1 + beta**2) * hits / max(1e-9, beta**2 * target.sum() + found.sum()))
