"""Figures for a labelled file, and for the corpus under leave-one-writer-out: per label, with false alarms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nlp import corpus
from nlp.classifier import Classifier
from nlp.reading import ALERTS, LABELS
from nlp.safety import SafetyDetector

Found = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Score:
    """Precision, recall and F1 of one label, and how many texts carry it."""

    name: str
    precision: float
    recall: float
    f1: float
    support: int


def score(names: Sequence[str], found: Found, target: Found) -> list[Score]:
    """Score each column; shapes (n_texts, n_names)."""
    scores = []
    for column, name in enumerate(names):
        hits = int((found[:, column] & target[:, column]).sum())
        precision = hits / max(1, int(found[:, column].sum()))
        recall = hits / max(1, int(target[:, column].sum()))
        f1 = 2 * precision * recall / max(1e-9, precision + recall)
        scores.append(Score(name, precision, recall, f1, int(target[:, column].sum())))
    return scores


def false_alarms(found: Found, target: Found) -> float:
    """Share of the texts without any label on which anything is asserted."""
    bare = ~target.any(axis=1)
    return float(found[bare].any(axis=1).mean()) if bare.any() else 0.0


def table(scores: Sequence[Score], alarms: float) -> str:
    """The figures as text; macro-F1 is over the labels that occur."""
    lines = [f"{'label':24}{'precision':>10}{'recall':>8}{'F1':>7}{'texts':>7}"]
    lines += [f"{s.name:24}{s.precision:10.2f}{s.recall:8.2f}{s.f1:7.2f}{s.support:7}" for s in scores]
    present = [s.f1 for s in scores if s.support]
    lines.append(f"macro-F1 {np.mean(present) if present else 0:.3f} over {len(present)}")
    lines.append(f"false alarms on texts without any: {alarms:.3f}")
    return "\n".join(lines)


def report(path: Path, models: Path) -> str:
    """Score the models on a labelled JSON-lines file: `labels` for messages, `alerts` for the victim's words.

    Raises:
        CorpusError: a line is wrong, or the file has neither labels nor alerts.
        ModelError: a model is missing or damaged.
    """
    rows = [row for _, row in corpus.read_lines(path)]
    if not rows:
        raise corpus.CorpusError(f"{path}: no line in it; write labelled JSON lines")
    if all("alerts" in row for row in rows):
        return _alerts(rows, models)
    if all("labels" in row for row in rows):
        return _labels(path, models)
    raise corpus.CorpusError(f'{path}: each line needs "labels", or each line "alerts"')


def _labels(path: Path, models: Path) -> str:
    rows = [corpus.labelled(row, where) for where, row in corpus.read_lines(path)]
    readings = Classifier.load(models).read([row.text for row in rows])
    found = np.array([[label in reading.labels for label in LABELS] for reading in readings])
    target = np.array([[label in row.labels for label in LABELS] for row in rows])
    threats = [
        reading.threat_kind == row.threat_kind
        for row, reading in zip(rows, readings, strict=True)
        if "threat" in row.labels and reading.threat_kind
    ]
    kinds = f"\nkind of threat right: {np.mean(threats):.2f} of {len(threats)}" if threats else ""
    return table(score(LABELS, found, target), false_alarms(found, target)) + kinds


def _alerts(rows: Sequence[Mapping[str, object]], models: Path) -> str:
    detector = SafetyDetector.load(models)
    read = [{alert.alert for alert in detector.read(str(row["text"])).alerts} for row in rows]
    found = np.array([[alert in alerts for alert in ALERTS] for alerts in read])
    target = np.array([[alert in _names(row["alerts"]) for alert in ALERTS] for row in rows])
    return table(score(ALERTS, found, target), false_alarms(found, target))


def _names(alerts: object) -> set[str]:
    """Alerts given as names or as objects with a severity."""
    entries = alerts if isinstance(alerts, list) else []
    return {str(entry["alert"]) if isinstance(entry, dict) else str(entry) for entry in entries}
