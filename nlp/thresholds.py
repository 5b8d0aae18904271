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

ROUNDS = 6  # of going through the heads; nothing moves after three or four
GRID = np.round(np.arange(0.04, 0.91, 0.01), 2)
EVEN = 0.5  # a kind of threat, a condition: the likelier answer
PENALTY = 20.0  # for each share of false alarms above the budget: no gain elsewhere outweighs it
ASK_BELOW = 0.5  # the zone of asking starts at this share of the threshold
LOWEST_ASK = 0.05


@dataclass(frozen=True, slots=True)
class Aim:
    """What the thresholds of one model aim at.

    Attributes:
        heads: the heads whose thresholds are chosen; the others get one half.
        weight_of_recall: beta of the F-score of a head, 1 where nothing else is said.
        budget: largest share of texts without any label on which anything may be asserted.
    """

    heads: Sequence[str]
    weight_of_recall: Mapping[str, float]
    budget: float


LABEL_AIM = Aim(
    LABELS, {"threat": 2.0, "blackmail": 2.0, "intimate_images": 2.0, "identity_theft": 2.0, "insult": 0.7}, 0.06
)
ALERT_AIM = Aim(ALERTS, dict.fromkeys(ALERTS, 3.0), 0.05)


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
    chosen = dict.fromkeys(columns, EVEN)
    for _ in range(ROUNDS):
        before = dict(chosen)
        for column in columns:
            beta = aim.weight_of_recall.get(names[column], 1.0)
            alarmed = np.zeros(int(bare.sum()), dtype=bool)
            for other in columns:
                if other != column:
                    alarmed |= probabilities[bare, other] >= chosen[other]
            worth = [
                f_score(probabilities[:, column] >= threshold, targets[:, column], beta)
                - PENALTY * max(0.0, _share(alarmed | (probabilities[bare, column] >= threshold)) - aim.budget)
                for threshold in GRID
            ]
            chosen[column] = float(GRID[int(np.argmax(worth))])
        if chosen == before:
            break
    return [
        (max(LOWEST_ASK, round(chosen[c] * ASK_BELOW, 4)), chosen[c]) if c in chosen else (EVEN, EVEN)
        for c in range(len(names))
    ]


def f_score(found: Targets, target: Targets, beta: float) -> float:
    """F-score in which recall weighs `beta` times as much as precision; 0 to 1."""
    hits = float((found & target).sum())
    return float((1 + beta**2) * hits / max(1e-9, beta**2 * target.sum() + found.sum()))


def _share(alarmed: Targets) -> float:
    return float(alarmed.mean()) if alarmed.size else 0.0
