"""How well the classifier reads hands it never saw, and how fast, beside TF-IDF and a linear classifier, same run.

    python bench/reading.py

Every hand of the corpus is left out in turn (leave-one-writer-out): its texts are scored by models trained on the
others, and by an encoder taught without a third of the hands, theirs among them. Calibration and thresholds are fitted
on these same scores, so the figures at a threshold are a little kind; average precision needs none. `bench/final.py`
is unkind: hands on which nothing was chosen.
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
from nlp.features import N_DENSE, count_ngrams, marks, prepare  # noqa: E402
from nlp.reading import ALERTS, LABELS  # noqa: E402
from nlp.reliability import brier, calibration_error  # noqa: E402
from nlp.tasks import Task, message_task, safety_task  # noqa: E402
from nlp.teaching import load as load_taught  # noqa: E402
from nlp.thresholds import ALERT_AIM, LABEL_AIM, Aim, choose  # noqa: E402

MODELS = ROOT / "models"


def out_of_writer(task: Task, *, encoder: bool) -> NDArray[np.float64]:
    """Raw scores of each text from models that never saw its writer, with or without encoder and cues."""
    prepared = prepare(task.texts)
    counts: sparse.csr_matrix = count_ngrams(prepared)
    cues = marks(prepared) if encoder else np.zeros_like(marks(prepared))
    scores = training.out_of_writer_scores(task, cues, counts, folds=len(set(task.writers)))
    if not encoder:
        return scores
    return scores + training.NETWORK_WEIGHT * load_taught(MODELS).log_odds(task)


def figures(task: Task, names: tuple[str, ...], aim: Aim) -> None:
    """Print average precision of both, and the figures at thresholds chosen as training chooses them."""
    columns = range(len(names))
    with_encoder, without = out_of_writer(task, encoder=True), out_of_writer(task, encoder=False)
    print(f"{len(task.texts)} texts by {len(set(task.writers))} hands, each left out in turn")
    for label, raw in (("TF-IDF + linear classifier", without), ("with sentence encoder and cues", with_encoder)):
        present = [c for c in columns if task.targets[:, c].any()]
        mean = np.mean([average_precision_score(task.targets[:, c], raw[:, c]) for c in present])
        print(f"  mean average precision, {label:30} {mean:.3f}")
    _, _, probabilities = training.calibrate(task, with_encoder)
    chosen = choose(task.names, probabilities, task.targets, aim)
    found = probabilities[:, : len(names)] >= np.array([assert_from for _, assert_from in chosen[: len(names)]])
    target = task.targets[:, : len(names)]
    print(scoring.table(scoring.score(names, found, target), scoring.false_alarms(found, target)))
    error = np.mean([calibration_error(probabilities[:, c], target[:, c]) for c in columns])
    distance = np.mean([brier(probabilities[:, c], target[:, c]) for c in columns])
    print(f"mean calibration error (10 bins): {error:.4f}, Brier score {distance:.4f}\n")


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
    classifier.read(texts)
    bulk = len(texts) / (time.perf_counter() - start)
    start = time.perf_counter()
    ngrams = count_ngrams(prepare(texts))
    _ = ngrams @ released.weights[N_DENSE:]
    alone = len(texts) / (time.perf_counter() - start)
    one = 1000 * len(waits) / sum(waits)
    print(f"one message: p50 {np.median(waits):.1f} ms, p99 {np.percentile(waits, 99):.1f} ms, {one:.0f} messages/s")
    print(f"in bulk {bulk:.0f} messages/s; n-grams alone {alone:.0f} messages/s, ratio {bulk / alone:.2f}")


if __name__ == "__main__":
    figures(message_task(corpus.messages()), LABELS, LABEL_AIM)
    figures(safety_task(corpus.told()), ALERTS, ALERT_AIM)
    speed()
