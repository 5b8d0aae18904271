"""What a model learns: rows of the corpus to texts, hands and targets, one column for each head."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold

from nlp import corpus
from nlp.reading import ALERTS, LABELS, THREAT_KINDS

Targets = NDArray[np.bool_]
Split = tuple[NDArray[np.int64], NDArray[np.int64]]
CORRECTIONS = "corrections"  # the hand of what staff corrected; figures are taken without it


@dataclass(frozen=True, slots=True)
class Task:
    """What one model learns.

    Attributes:
        names: one for each head.
        texts: training texts.
        writers: the hand behind each text.
        targets: shape (n_texts, n_heads).
        used: same shape; False where a head does not apply (the kind of threat of a message without one).
    """

    names: Sequence[str]
    texts: Sequence[str]
    writers: Sequence[str]
    targets: Targets
    used: Targets


def message_task(rows: Sequence[corpus.Labelled]) -> Task:
    """15 labels, then the kinds of threat and whether it is conditional, learnt on threats only."""
    names = [*LABELS, *(f"threat_kind:{kind}" for kind in THREAT_KINDS), "conditional"]
    targets = np.array([[_holds(row, name) for name in names] for row in rows], dtype=bool)
    threats = np.array(["threat" in row.labels for row in rows])
    used = np.ones_like(targets)
    used[:, len(LABELS) :] = threats[:, None]
    return Task(names, [row.text for row in rows], [row.writer for row in rows], targets, used)


def _holds(row: corpus.Labelled, name: str) -> bool:
    if name == "conditional":
        return bool(row.conditional)
    head, _, kind = name.partition(":")
    return row.threat_kind == kind if kind else head in row.labels


def safety_task(rows: Sequence[corpus.Told]) -> Task:
    """5 alerts, then whether each is severe, learnt where the alert holds."""
    names = [*ALERTS, *(f"high:{alert}" for alert in ALERTS)]
    targets = np.array(
        [
            [*(alert in row.alerts for alert in ALERTS), *(row.alerts.get(alert) == "high" for alert in ALERTS)]
            for row in rows
        ],
        dtype=bool,
    )
    used = np.hstack([np.ones((len(rows), len(ALERTS)), dtype=bool), targets[:, : len(ALERTS)]])
    return Task(names, [row.text for row in rows], [row.writer for row in rows], targets, used)


def hands_left_out(writers: Sequence[str], folds: int) -> list[Split]:
    """Rows to learn from and rows left out, in at most `folds` groups of whole hands.

    One hand alone cannot be left out: its texts are, and what is measured so is kind.
    """
    hands = np.array(writers)
    if len(set(writers)) == 1:
        hands = np.arange(len(writers))
    return list(GroupKFold(min(folds, len(set(hands)))).split(hands, groups=hands))
