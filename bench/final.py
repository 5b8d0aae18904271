"""The final split: hands and genres that training, thresholds and choices never saw. Look at it, never tune on it.

    python bench/final.py            # figures with 95 % intervals, per label, per genre, the twenty worst errors
    python bench/final.py --brief    # without the errors

The baseline in the same run: TF-IDF + logistic regression trained on the same corpus.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402 - the path is set above
from numpy.typing import NDArray  # noqa: E402
from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402
from sklearn.metrics import average_precision_score  # noqa: E402

from nlp import corpus  # noqa: E402
from nlp.classifier import Classifier  # noqa: E402
from nlp.corpus import Labelled, Told  # noqa: E402
from nlp.reading import ALERTS, LABELS, Reading  # noqa: E402
from nlp.reliability import brier, calibration_error, interval  # noqa: E402
from nlp.safety import SafetyDetector  # noqa: E402
from nlp.scoring import false_alarms, score, table  # noqa: E402

MODELS = ROOT / "models"
RECALL_FIRST = ("threat", "blackmail", "intimate_images", "identity_theft")
WORST = 20
SHOWN = 150  # characters of an error
Found = NDArray[np.bool_]
Scores = NDArray[np.float64]


def macro(found: Found, target: Found) -> float:
    """Macro-F1 over the labels that occur."""
    each = [s.f1 for s in score(LABELS, found, target) if s.support]
    return float(np.mean(each))


def messages(rows: Sequence[Labelled], *, brief: bool) -> None:
    """Figures of the classifier."""
    readings = Classifier.load(MODELS).read([row.text for row in rows])
    found = np.array([[label in reading.labels for label in LABELS] for reading in readings])
    target = np.array([[label in row.labels for label in LABELS] for row in rows])
    scores = np.array([[reading.scores[label] for label in LABELS] for reading in readings])
    print(f"{len(rows)} messages by {len({row.writer for row in rows})} hands\n")
    print(table(score(LABELS, found, target), false_alarms(found, target)))
    low, high = interval(lambda drawn: macro(found[drawn], target[drawn]), len(rows))
    print(f"macro-F1 95 % interval {low:.3f} to {high:.3f}")
    low, high = interval(lambda drawn: false_alarms(found[drawn], target[drawn]), len(rows))
    print(f"false alarms 95 % interval {low:.3f} to {high:.3f}")
    for name in RECALL_FIRST:
        column = LABELS.index(name)
        low, high = _recall_interval(found[:, column], target[:, column])
        print(f"recall of {name} 95 % interval {low:.2f} to {high:.2f}")
    _asked(readings, target)
    columns = range(len(LABELS))
    print(f"calibration error {np.mean([calibration_error(scores[:, c], target[:, c]) for c in columns]):.4f}")
    print(f"Brier score {np.mean([brier(scores[:, c], target[:, c]) for c in columns]):.4f}")
    _attributes(rows, readings)
    print(f"mean average precision {_precision(scores, target):.3f}, TF-IDF {_baseline(rows, target):.3f}")
    _by_genre(rows, found, target)
    if not brief:
        _errors(rows, scores, target)


def _recall(found: Found, target: Found) -> float:
    return float((found & target).sum() / max(1, target.sum()))


def _recall_interval(found: Found, target: Found) -> tuple[float, float]:
    return interval(lambda drawn: _recall(found[drawn], target[drawn]), len(found))


def _asked(readings: Sequence[Reading], target: Found) -> None:
    """What she is asked about: how many questions, and what they would still find."""
    unsure = np.array([[label in reading.unsure for label in LABELS] for reading in readings])
    found = np.array([[label in reading.labels for label in LABELS] for reading in readings])
    bare = ~target.any(axis=1)
    each = unsure.sum(axis=1)
    print(f"questions a message {each.mean():.2f}, on one that shows nothing {each[bare].mean():.2f}")
    told = " ".join(
        f"{name} {_recall((found | unsure)[:, LABELS.index(name)], target[:, LABELS.index(name)]):.2f}"
        for name in RECALL_FIRST
    )
    print(f"asserted or asked: {told}")


def _attributes(rows: Sequence[Labelled], readings: Sequence[Reading]) -> None:
    """Kind of a threat and whether it is conditional, where a threat was read."""
    pairs = [
        (row, reading) for row, reading in zip(rows, readings, strict=True) if row.threat_kind and reading.threat_kind
    ]
    kind = np.mean([row.threat_kind == reading.threat_kind for row, reading in pairs])
    condition = np.mean([bool(row.conditional) == reading.conditional for row, reading in pairs])
    print(f"kind of threat right {kind:.2f}, condition right {condition:.2f}, of {len(pairs)}")


def _precision(scores: Scores, target: Found) -> float:
    present = [c for c in range(target.shape[1]) if target[:, c].any()]
    return float(np.mean([average_precision_score(target[:, c], scores[:, c]) for c in present]))


def _baseline(rows: Sequence[Labelled], target: Found) -> float:
    known = corpus.messages()
    vectors = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), strip_accents="unicode")
    train = vectors.fit_transform([row.text for row in known])
    test = vectors.transform([row.text for row in rows])
    scores = np.zeros(target.shape)
    for column, label in enumerate(LABELS):
        model = LogisticRegression(C=16, class_weight="balanced", solver="liblinear")
        scores[:, column] = model.fit(train, [label in row.labels for row in known]).decision_function(test)
    return _precision(scores, target)


def _by_genre(rows: Sequence[Labelled], found: Found, target: Found) -> None:
    """Micro-F1 and false alarms of each hand and of each genre with enough messages."""
    groups: dict[str, list[int]] = {}
    for index, row in enumerate(rows):
        groups.setdefault(row.writer, []).append(index)
        groups.setdefault(row.genre, []).append(index)
    print(f"\n{'hand or genre':28}{'micro-F1':>9}{'alarms':>8}{'texts':>7}")
    for name, members in sorted(groups.items(), key=lambda item: -len(item[1])):
        if len(members) >= WORST:
            hits = (found[members] & target[members]).sum()
            f1 = 2 * hits / max(1, found[members].sum() + target[members].sum())
            print(f"{name:28}{f1:9.2f}{false_alarms(found[members], target[members]):8.2f}{len(members):7}")


def _errors(rows: Sequence[Labelled], scores: Scores, target: Found) -> None:
    """What it got most wrong, by eye."""
    wrong = np.where(target, 1 - scores, scores)
    print("\nworst errors")
    for flat in np.argsort(-wrong, axis=None)[:WORST]:
        index, column = divmod(int(flat), len(LABELS))
        what = "missed" if target[index, column] else "false"
        print(f"  {what} {LABELS[column]} ({scores[index, column]:.2f}): {rows[index].text[:SHOWN]!r}")


def told(rows: Sequence[Told], *, brief: bool) -> None:
    """Figures of the safety detector, phrases and model together."""
    detector = SafetyDetector.load(MODELS)
    read: list[Mapping[str, str]] = [
        {alert.alert: alert.severity for alert in detector.read(row.text).alerts} for row in rows
    ]
    found = np.array([[alert in alerts for alert in ALERTS] for alerts in read])
    target = np.array([[alert in row.alerts for alert in ALERTS] for row in rows])
    print(f"\n{len(rows)} texts to the bot\n")
    print(table(score(ALERTS, found, target), false_alarms(found, target)))
    for column, alert in enumerate(ALERTS):
        low, high = _recall_interval(found[:, column], target[:, column])
        severe = [
            row.alerts[alert] == alerts[alert]
            for row, alerts in zip(rows, read, strict=True)
            if alert in row.alerts and alert in alerts
        ]
        print(f"{alert}: recall 95 % interval {low:.2f} to {high:.2f}, severity right {np.mean(severe):.2f}")
    if not brief:
        for index in np.flatnonzero((found != target).any(axis=1))[: 2 * WORST]:
            print(f"  {sorted(rows[index].alerts)} read as {sorted(read[index])}: {rows[index].text[:SHOWN]!r}")


def main() -> None:
    """Print both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--brief", action="store_true")
    options = parser.parse_args()
    messages(corpus.messages(corpus.FINAL_MESSAGES), brief=options.brief)
    told(corpus.told(corpus.FINAL_SAFETY), brief=options.brief)


if __name__ == "__main__":
    main()
