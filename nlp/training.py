"""Rebuild the models from the corpus, deterministic to the byte: one linear classifier for each head, and the encoder.

Thresholds and calibration are fitted on scores that each text got from a model that never saw its writer.
"""

from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score
from sklearn.svm import LinearSVC
from threadpoolctl import threadpool_limits

from nlp import encoder
from nlp.features import N_NGRAMS, combine, count_ngrams, learn_weighting, marks, prepare
from nlp.model import Head, Model
from nlp.tasks import CORRECTIONS, Targets, Task, hands_left_out
from nlp.teaching import Taught
from nlp.thresholds import Aim, choose

FOLDS = 10
C = 1.0  # inverse regularisation, chosen by leaving hands out among 0.3 to 1.2
NETWORK_WEIGHT = 0.15  # of the log-odds of the taught encoder beside the linear score; from 0.1 to 0.2 alike
TELLING = 0.5  # how much an n-gram's weight follows how unevenly it falls on both sides of a head


def train(task: Task, aim: Aim, taught: Taught) -> Model:
    """Fit every head on all texts; calibrate and set thresholds on out-of-writer scores.

    Args:
        task: what to learn.
        aim: what the thresholds aim at.
        taught: the encoder and what it says of texts it did not see.

    Raises:
        ModelError: the encoder was taught other heads or another corpus.
    """
    with threadpool_limits(1):
        prepared = prepare(task.texts)
        counts, cues = count_ngrams(prepared), marks(prepared)
        weighting = learn_weighting(counts)
        features = combine(cues, counts, weighting)
        fitted = [_fit(features[use], task.targets[use, column]) for column, use in _columns(task)]
        by_network = taught.log_odds(task)
        unseen = out_of_writer_scores(task, cues, counts) + NETWORK_WEIGHT * by_network
        slopes, intercepts, probabilities = calibrate(task, unseen)
    chosen = choose(task.names, probabilities, task.targets, aim)
    heads = [
        Head(name, round(slope, 6), round(intercept, 6), ask_from, assert_from)
        for name, slope, intercept, (ask_from, assert_from) in zip(task.names, slopes, intercepts, chosen, strict=True)
    ]
    at = taught.columns(task.names)
    weights = np.vstack([NETWORK_WEIGHT * taught.heads[:, at], np.stack([weight for weight, _ in fitted], axis=1)])
    biases = np.array([bias for _, bias in fitted]) + NETWORK_WEIGHT * taught.bias[at]
    return Model(
        encoder.kept(taught.weights),
        weighting,
        weights.astype(np.float32),
        biases.astype(np.float32),
        heads,
        _about(task, probabilities, aim),
    )


def out_of_writer_scores(
    task: Task, cues: NDArray[np.float32], counts: sparse.csr_matrix, folds: int = FOLDS
) -> NDArray[np.float64]:
    """Scores of each text by cues and n-grams, from a model that saw no text of its writer; (n_texts, n_heads)."""
    scores = np.zeros(task.targets.shape)
    for train_rows, test_rows in hands_left_out(task.writers, folds):
        weighting = learn_weighting(counts[train_rows])
        features = combine(cues, counts, weighting)
        for column, _ in _columns(task):
            rows = train_rows[task.used[train_rows, column]]
            weight, bias = _fit(features[rows], task.targets[rows, column])
            scores[test_rows, column] = features[test_rows] @ weight + bias
    return scores


def _columns(task: Task) -> list[tuple[int, Targets]]:
    return [(column, task.used[:, column]) for column in range(len(task.names))]


def _fit(features: sparse.csr_matrix, target: Targets) -> tuple[NDArray[np.float64], float]:
    """Weights and bias of one head, over cues and n-grams."""
    if target.all() or not target.any():
        return np.zeros(features.shape[1]), 3.0 if target.any() else -5.0
    telling = _telling(features, target)
    weighted = sparse.csr_matrix(
        (features.data * telling[features.indices], features.indices, features.indptr), shape=features.shape
    )
    model = LinearSVC(C=C, class_weight={True: 2.0, False: 1.0}, random_state=0)
    model.fit(weighted, target)
    return model.coef_[0] * telling, float(model.intercept_[0])


def _telling(features: sparse.csr_matrix, target: Targets) -> NDArray[np.float32]:
    """How much each n-gram counts for a head: more the less evenly it falls on both sides; 1 for cues; (n_features,).

    After Wang and Manning (2012), "Baselines and Bigrams": the ratio of naive Bayes, here without its sign and half.
    """
    here = 1 + np.bincount(features[target].indices, minlength=features.shape[1])
    there = 1 + np.bincount(features[~target].indices, minlength=features.shape[1])
    ratio = np.abs(np.log(here / (1 + target.sum())) - np.log(there / (1 + (~target).sum())))
    ratio /= max(float(np.sqrt(np.mean(ratio**2))), 1e-9)
    ratio = 1 - TELLING + TELLING * ratio
    ratio[: features.shape[1] - N_NGRAMS] = 1
    telling: NDArray[np.float32] = ratio.astype(np.float32)
    return telling


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
