"""Subcommands about the models: rebuild them, learn from corrections, score them on a labelled file."""

import argparse
import sys
from pathlib import Path

from bot.commands import MODELS
from nlp import corpus, learning, scoring, training
from nlp.classifier import NAME as LABELS_MODEL
from nlp.learning import Comparison
from nlp.model import ModelError, load
from nlp.safety import NAME as SAFETY_MODEL
from nlp.tasks import message_task, safety_task
from nlp.thresholds import ALERT_AIM, LABEL_AIM

REFUSED = 1


def train_models(options: argparse.Namespace) -> int:
    """Rebuild both models from the corpus of the repository, or the classifier with corrections of the staff."""
    out = Path(options.out) if options.out else MODELS
    if options.corrections:
        return _learn(Path(options.corrections), out, force=options.force)
    training.train(message_task(corpus.messages()), LABEL_AIM).save(out, LABELS_MODEL)
    training.train(safety_task(corpus.told()), ALERT_AIM).save(out, SAFETY_MODEL)
    print(f"Models written to {out}")
    return 0


def _learn(file: Path, out: Path, *, force: bool) -> int:
    """Train with corrections; the model in place stays when the new one reads worse, unless forced."""
    corrected = learning.corrections(file)
    new = training.train(message_task([*corpus.messages(), *corrected]), LABEL_AIM)
    try:
        compared = learning.compare(load(MODELS, LABELS_MODEL), new)
    except ModelError:
        compared = Comparison({}, {})
    print(compared.table())
    if compared.is_worse() and not force:
        print(
            f"Not written: with these {len(corrected)} corrections it reads worse. Look them through, or add --force.",
            file=sys.stderr,
        )
        return REFUSED
    new.save(out, LABELS_MODEL)
    print(f"Classifier written to {out}, with {len(corrected)} corrections")
    return 0


def evaluate_file(options: argparse.Namespace) -> int:
    """Score the models on a labelled file."""
    print(scoring.report(Path(options.file), MODELS))
    return 0
