"""Rebuild the models from the corpus, deterministic to the byte: one logistic regression for each head.

Thresholds and calibration are fitted on scores that each text got from a model that never saw its writer.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from threadpoolctl import threadpool_limits

from nlp import corpus
from nlp.features import combine, count_ngrams, dense, learn_weighting
from nlp.model import Head, Model
from nlp.reading import ALERTS, LABELS, THREAT_KINDS

FOLDS = 10
C = 32.0  # inverse regularisation, chosen by leave-one-writer-out among 1 to 64
RECALL_FIRST = {"threat": 3, "blackmail": 3, "intimate_images": 2, "identity_theft": 2}  # times the budget of alarms
PRECISION_FIRST = frozenset({"insult"})
ALERT_FALSE_ALARMS = {"suicide_risk": 0.05}  # a missed one costs most
OTHER_ALERT_FALSE_ALARMS = 0.03
FALSE_ALARMS = 0.01  # share of unlabelled messages a label may alarm on, alone; fifteen labels add up
Targets = NDArray[np.bool_]


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


def train(task: Task, thresholds: Callable[[str, NDArray[np.float64], Targets, Targets], tuple[float, float]]) -> Model:
    """Fit every head on all texts; calibrate and set thresholds on out-of-writer scores.

    Args:
        task: what to learn.
        thresholds: (head, probabilities, targets, texts without any label) to (ask from, assert from).
    """
    with threadpool_limits(1):
        counts, vectors = count_ngrams(task.texts), dense(task.texts)
        weighting = learn_weighting(counts)
        features = combine(vectors, counts, weighting)
        fitted = [_fit(features[use], task.targets[use, column]) for column, use in _columns(task)]
        unseen = out_of_writer_scores(task, vectors, counts)
        heads = [_head(task, column, unseen, thresholds) for column in range(len(task.names))]
    weights = np.stack([weight for weight, _ in fitted], axis=1).astype(np.float32)
    biases = np.array([bias for _, bias in fitted], dtype=np.float32)
    return Model(weighting, weights, biases, heads, _about(task))


def out_of_writer_scores(
    task: Task, vectors: NDArray[np.float32], counts: sparse.csr_matrix, folds: int = FOLDS
) -> NDArray[np.float64]:
    """Raw scores of each text from a model that saw no text of its writer; shape (n_texts, n_heads)."""
    scores = np.zeros(task.targets.shape)
    writers = np.array(task.writers)
    if len(set(task.writers)) == 1:  # one hand alone cannot be left out: its texts are, and the figures are kind
        writers = np.arange(len(task.texts))
    splits = min(folds, len(set(writers)))
    for train_rows, test_rows in GroupKFold(splits).split(writers, groups=writers):
        weighting = learn_weighting(counts[train_rows])
        features = combine(vectors, counts, weighting)
        for column, _ in _columns(task):
            rows = train_rows[task.used[train_rows, column]]
            weight, bias = _fit(features[rows], task.targets[rows, column])
            scores[test_rows, column] = features[test_rows] @ weight + bias
    return scores


def _columns(task: Task) -> list[tuple[int, Targets]]:
    return [(column, task.used[:, column]) for column in range(len(task.names))]


def _fit(features: sparse.csr_matrix, target: Targets) -> tuple[NDArray[np.float64], float]:
    if target.all() or not target.any():
        return np.zeros(features.shape[1]), 3.0 if target.any() else -5.0
    model = LogisticRegression(C=C, class_weight={True: 2.0, False: 1.0}, solver="liblinear", random_state=0)
    model.fit(features, target)
    return model.coef_[0], float(model.intercept_[0])


def _head(
    task: Task,
    column: int,
    scores: NDArray[np.float64],
    thresholds: Callable[[str, NDArray[np.float64], Targets, Targets], tuple[float, float]],
) -> Head:
    name, use = task.names[column], task.used[:, column]
    raw, target = scores[use, column], task.targets[use, column]
    slope, intercept = _platt(raw, target)
    probabilities = 1 / (1 + np.exp(-(raw * slope + intercept)))
    bare = np.asarray(~task.targets[use].any(axis=1))
    ask_from, assert_from = thresholds(name, probabilities, target, bare)
    return Head(name, round(slope, 6), round(intercept, 6), round(ask_from, 4), round(assert_from, 4))


def _platt(raw: NDArray[np.float64], target: Targets) -> tuple[float, float]:
    """Platt scaling: probability = logistic(slope × raw + intercept)."""
    if target.all() or not target.any() or not raw.any():
        return 1.0, 0.0
    model = LogisticRegression(C=1e3, solver="lbfgs").fit(raw[:, None], target)
    return max(float(model.coef_[0, 0]), 0.05), float(model.intercept_[0])


def label_thresholds(
    name: str, probabilities: NDArray[np.float64], target: Targets, bare: Targets
) -> tuple[float, float]:
    """Thresholds of a label: best F-score (recall or precision first for some), within the false-alarm budget."""
    if name not in LABELS:
        return 0.5, 0.5
    beta = 2.0 if name in RECALL_FIRST else 0.5 if name in PRECISION_FIRST else 1.0
    budget = FALSE_ALARMS * RECALL_FIRST.get(name, 1)
    grid = np.arange(0.05, 0.91, 0.01)
    allowed = [t for t in grid if not bare.any() or (probabilities[bare] >= t).mean() <= budget] or [grid[-1]]
    best = max(allowed, key=lambda t: (_f_score(probabilities >= t, target, beta), -t))
    return max(0.05, best * 0.6), float(best)


def alert_thresholds(
    name: str, probabilities: NDArray[np.float64], target: Targets, bare: Targets
) -> tuple[float, float]:
    """Thresholds of an alert: recall first, within a budget of false alarms on texts that carry none."""
    if name not in ALERTS:
        return 0.5, 0.5
    budget = ALERT_FALSE_ALARMS.get(name, OTHER_ALERT_FALSE_ALARMS)
    grid = np.arange(0.03, 0.71, 0.01)
    allowed = [t for t in grid if not bare.any() or (probabilities[bare] >= t).mean() <= budget] or [grid[-1]]
    best = max(allowed, key=lambda t: (_f_score(probabilities >= t, target, 3.0), -t))
    return float(best), float(best)


def _f_score(found: Targets, target: Targets, beta: float) -> float:
    hits = float((found & target).sum())
    return float((1 + beta**2) * hits / max(1e-9, beta**2 * target.sum() + found.sum()))


def _about(task: Task) -> dict[str, Any]:
    """What the model card must say: how many texts and hands, and a digest of exactly these."""
    seen = sha256("\x1e".join(task.texts).encode()).hexdigest()
    return {"texts": len(task.texts), "writers": len(set(task.writers)), "corpus_sha256": seen}
