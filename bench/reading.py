"""How well the classifier reads hands it never saw, and how fast, beside TF-IDF and logistic regression, same run.

    python bench/reading.py

Every hand of the corpus is left out in turn (leave-one-writer-out): its texts are scored by models trained on the
others. Thresholds come from the released model and were set on the same out-of-writer scores, so the figures at a
threshold are a little kind; average precision needs no threshold.
"""

import sys
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.metrics import average_precision_score

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from nlp import corpus, model, scoring, training  # noqa: E402 - the path is set above
from nlp.classifier import NAME as LABELS_MODEL  # noqa: E402
from nlp.classifier import Classifier  # noqa: E402
from nlp.features import N_DENSE, count_ngrams, dense  # noqa: E402
from nlp.reading import ALERTS, LABELS  # noqa: E402
from nlp.safety import NAME as SAFETY_MODEL  # noqa: E402
from nlp.tasks import Task, message_task, safety_task  # noqa: E402

MODELS = ROOT / "models"


def out_of_writer(task: Task, *, encoder: bool) -> NDArray[np.float64]:
    """Raw scores of each text from models that never saw its writer, with or without encoder and cues."""
    counts: sparse.csr_matrix = count_ngrams(task.texts)
    vectors = dense(task.texts) if encoder else np.zeros((len(task.texts), N_DENSE), dtype=np.float32)
    return training.out_of_writer_scores(task, vectors, counts, folds=len(set(task.writers)))


def figures(task: Task, names: tuple[str, ...], released: str) -> None:
    """Print average precision of both, and the figures at the released thresholds."""
    columns = range(len(names))
    with_encoder, without = out_of_writer(task, encoder=True), out_of_writer(task, encoder=False)
    print(f"{len(task.texts)} texts by {len(set(task.writers))} hands, each left out in turn")
    for label, raw in (("TF-IDF + logistic regression", without), ("with sentence encoder and cues", with_encoder)):
        present = [c for c in columns if task.targets[:, c].any()]
        mean = np.mean([average_precision_score(task.targets[:, c], raw[:, c]) for c in present])
        print(f"  mean average precision, {label:30} {mean:.3f}")
    heads = model.load(MODELS, released).heads[: len(names)]
    slopes = np.array([head.slope for head in heads])
    intercepts = np.array([head.intercept for head in heads])
    probabilities = 1 / (1 + np.exp(-(with_encoder[:, : len(names)] * slopes + intercepts)))
    found = probabilities >= np.array([head.assert_from for head in heads])
    target = task.targets[:, : len(names)]
    print(scoring.table(scoring.score(names, found, target), scoring.false_alarms(found, target)))
    error = np.mean([_calibration_error(probabilities[:, c], target[:, c]) for c in columns])
    print(f"mean calibration error (10 bins): {error:.3f}\n")


def _calibration_error(probabilities: NDArray[np.float64], target: NDArray[np.bool_]) -> float:
    """Expected calibration error over ten bins of equal width."""
    bins = np.minimum((probabilities * 10).astype(int), 9)
    parts = [(bins == b).mean() * abs(probabilities[bins == b].mean() - target[bins == b].mean()) for b in set(bins)]
    return float(sum(parts))


def speed() -> None:
    """One message at a time, and in bulk, beside n-grams alone."""
    texts = [row.text for row in corpus.messages()][:600]
    classifier, released = Classifier.load(MODELS), model.load(MODELS, LABELS_MODEL)
    classifier.read(texts[:5])
    waits = []
    for text in texts:
        start = time.perf_counter()
        classifier.read([text])
        waits.append((time.perf_counter() - start) * 1000)
    start = time.perf_counter()
    ngrams = count_ngrams(texts)
    _ = ngrams @ released.weights[N_DENSE:]
    alone = len(texts) / (time.perf_counter() - start)
    bulk = 1000 * len(waits) / sum(waits)
    print(f"one message: p50 {np.median(waits):.1f} ms, p99 {np.percentile(waits, 99):.1f} ms, {bulk:.0f} messages/s")
    print(f"n-grams alone, in bulk: {alone:.0f} messages/s, ratio {bulk / alone:.2f}")


if __name__ == "__main__":
    figures(message_task(corpus.messages()), LABELS, LABELS_MODEL)
    figures(safety_task(corpus.told()), ALERTS, SAFETY_MODEL)
    speed()
