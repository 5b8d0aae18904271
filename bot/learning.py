"""Subcommands about the models: rebuild them, learn from corrections, score them on a labelled file."""

import argparse
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.commands import MODELS
from nlp import corpus, learning, scoring, teaching, training
from nlp.archive import ModelError
from nlp.classifier import NAME as LABELS_MODEL
from nlp.learning import Comparison
from nlp.model import load
from nlp.safety import NAME as SAFETY_MODEL
from nlp.tasks import message_task, safety_task
from nlp.thresholds import ALERT_AIM, LABEL_AIM

REFUSED = 1


def train_models(options: argparse.Namespace) -> int:
    """Rebuild both models from the corpus of the repository, or the classifier with corrections of the staff."""
    out = Path(options.out) if options.out else MODELS
    if options.corrections:
        return _learn(Path(options.corrections), out, force=options.force)
    messages, told = message_task(corpus.messages()), safety_task(corpus.told())
    print("Teaching the encoder: about half an hour on two cores.", flush=True)
    taught = teaching.teach([messages, told])
    out.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=out.parent) as made:  # an interrupted training leaves the models in place whole
        taught.save(Path(made))
        training.train(messages, LABEL_AIM, taught).save(Path(made), LABELS_MODEL)
        training.train(told, ALERT_AIM, taught).save(Path(made), SAFETY_MODEL)
        out.mkdir(exist_ok=True)
        for file in Path(made).iterdir():
            file.replace(out / file.name)
    print(f"Models written to {out}")
    return 0


def _learn(file: Path, out: Path, *, force: bool) -> int:
    """Train with corrections; the model in place stays when the new one reads worse, unless forced."""
    corrected = learning.corrections(file)
    new = training.train(message_task([*corpus.messages(), *corrected]), LABEL_AIM, teaching.load(MODELS))
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
    if out.resolve() != MODELS.resolve():  # a classifier is read with the encoder it was made with
        shutil.copytree(MODELS, out, dirs_exist_ok=True)
    new.save(out, LABELS_MODEL)
    print(f"Classifier written to {out}, with {len(corrected)} corrections")
    return 0


def evaluate_file(options: argparse.Namespace) -> int:
    """Score the models on a labelled file."""
    print(scoring.report(Path(options.file), MODELS))
    return 0
