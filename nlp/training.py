"""Rebuild the models from the corpus, deterministic to the byte: one linear classifier for each head.

Thresholds and calibration are fitted on scores that each text got from a model that never saw its writer.
"""

from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score
from sklearn.model_selection import GroupKFold
from sklearn.svm import LinearSVC
from threadpoolctl import threadpool_limits

from nlp.features import combine, count_ngrams, dense, learn_weighting, prepare
from nlp.model import Head, Model
from nlp.tasks import CORRECTIONS, Targets, Task
from nlp.thresholds import Aim, choose

FOLDS = 10
C = 1.0  # inverse regularisation, chosen by leaving hands out among 0.3 to 1.2


def train(task: Task, aim: Aim) -> Model:
    """Fit every head on all texts; calibrate and set thresholds on out-of-writer scores.

    Args:
        task: what to learn.
        aim: what the thresholds aim at.
    """
    with threadpool_limits(1):
        prepared = prepare(task.texts)
        counts, vectors = count_ngrams(prepared), dense(prepared)
        weighting = learn_weighting(counts)
        features = combine(vectors, counts, weighting)
        fitted = [_fit(features[use], task.targets[use, column]) for column, use in _columns(task)]
        unseen = out_of_writer_scores(task, vectors, counts)
        slopes, intercepts, probabilities = calibrate(task, unseen)
    chosen = choose(task.names, probabilities, task.targets, aim)
    heads = [
        Head(name, round(slope, 6), round(intercept, 6), ask_from, assert_from)
        for name, slope, intercept, (ask_from, assert_from) in zip(task.names, slopes, intercepts, chosen, strict=True)
    ]
    weights = np.stack([weight for weight, _ in fitted], axis=1).astype(np.float32)
    biases = np.array([bias for _, bias in fitted], dtype=np.float32)
    return Model(weighting, weights, biases, heads, _about(task, probabilities, aim))


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
    model = LinearSVC(C=C, class_weight={True: 2.0, False: 1.0}, random_state=0)
    model.fit(features, target)
    return model.coef_[0], float(model.intercept_[0])


def calibrate(task: Task, unseen: NDArray[np.float64]) -> tuple[list[float], list[float], NDArray[np.float64]]:
    """Slope and intercept of each head, and the calibrated probabilities, shape (n_texts, n_heads)."""
    pairs = [_platt(unseen[use, column], task.targets[use, column]) for column, use in _columns(task)]
    slopes, intercepts = [slope for slope, _ in pairs], [intercept for _, intercept in pairs]
    return slopes, intercepts, 1 / (1 + np.exp(-(unseen * slopes + intercepts)))


def _platt(raw: NDArray[np.float64], target: Targets) -> tuple[float, float]:
    """Platt scaling: probability = logistic(slope × raw + intercept)."""
    if target.all() or not target.any() or not raw.any():
        return 1.0, 0.0
    model = LogisticRegression(C=1e3, solver="lbfgs").fit(raw[:, None], target)
    return max(float(model.coef_[0, 0]), 0.05), float(model.intercept_[0])


def _about(task: Task, probabilities: NDArray[np.float64], aim: Aim) -> dict[str, Any]:
    """What the model card must say: how many texts and hands, a digest of exactly these, and what it reaches unseen."""
    seen = sha256("\x1e".join(task.texts).encode()).hexdigest()
    ours = np.array([writer != CORRECTIONS for writer in task.writers])
    reached = {
        name: round(float(average_precision_score(task.targets[ours, column], probabilities[ours, column])), 4)
        for column, name in enumerate(task.names)
        if name in aim.heads and task.targets[ours, column].any()
    }
    return {
        "texts": len(task.texts),
        "writers": len(set(task.writers)),
        "corpus_sha256": seen,
        "average_precision_unseen": reached,
    }
