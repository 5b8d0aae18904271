"""What the encoder was taught, and what it says of texts it did not see: the ground on which the heads are fitted.

A network knows the texts it learnt from too well for thresholds to be fitted on them. So hands are left out in turn:
for each text of the corpus there is the log-odds of a network that saw no text of its hand. A correction of the staff
is new to the encoder, and what that says of it is honest as it is. (A dozen texts stand under two hands.)
"""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from hashlib import blake2b
from multiprocessing import get_context
from os import cpu_count
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from nlp import archive, encoder
from nlp.archive import ModelError
from nlp.encoder import Matrix, Weights
from nlp.features import prepare
from nlp.tasks import CORRECTIONS, Split, Targets, Task, hands_left_out
from nlp.tuning import ROUNDS, Tuned, tune

NAME = "taught"
FORMAT = 1
FOLDS = 3  # groups of hands left out in turn; each costs two thirds of a training


@dataclass(frozen=True, slots=True)
class Taught:
    """An encoder taught on the corpus, its linear heads, and the log-odds of networks that did not see a text's hand.

    Attributes:
        weights: arrays of the encoder, in half precision.
        names: of the heads, those of every task.
        heads: shape (512, n_heads).
        bias: shape (n_heads,).
        known: digest of each text it was taught on, shape (n_texts,).
        unseen: log-odds by a network that did not see the hand, shape (n_texts, n_heads), in half precision.
    """

    weights: Weights
    names: Sequence[str]
    heads: Matrix
    bias: Matrix
    known: NDArray[np.uint64]
    unseen: NDArray[np.float16]

    def columns(self, names: Sequence[str]) -> list[int]:
        """Places of some heads.

        Raises:
            ModelError: one of them was not taught.
        """
        absent = [name for name in names if name not in self.names]
        if absent:
            raise ModelError(f"the encoder was not taught {', '.join(absent)}; run: recours train")
        return [self.names.index(name) for name in names]

    def log_odds(self, task: Task) -> NDArray[np.float64]:
        """Of the heads of a task for its texts, none of them seen; shape (n_texts, n_heads).

        Args:
            task: texts of the corpus, and corrections.

        Raises:
            ModelError: a text of the corpus is not one it was taught on: its hand may have been.
        """
        at = self.columns(task.names)
        place = {int(digest): row for row, digest in enumerate(self.known)}
        rows = [place.get(int(digest)) for digest in digests(task)]
        new = [index for index, row in enumerate(rows) if row is None]
        if any(task.writers[index] != CORRECTIONS for index in new):
            raise ModelError("the corpus is not the one the encoder was taught on; run: recours train")
        found = np.zeros((len(rows), len(at)))
        if new:
            shown = [text.shown for text in prepare([task.texts[index] for index in new])]
            found[new] = encoder.kept(self.weights).encode(shown) @ self.heads[:, at] + self.bias[at]
        old = [index for index, row in enumerate(rows) if row is not None]
        found[old] = self.unseen[[row for row in rows if row is not None]][:, at]
        return found

    def save(self, folder: Path) -> None:
        """Write the encoder, and beside it what only training needs."""
        encoder.save(self.weights, folder)
        arrays = {"heads": self.heads, "bias": self.bias, "known": self.known, "unseen": self.unseen}
        archive.write(folder, NAME, arrays, {"names": list(self.names)}, FORMAT)


def load(folder: Path) -> Taught:
    """What `Taught.save` wrote.

    Raises:
        ModelError: a file is missing or damaged.
    """
    arrays, sheet = archive.read(folder, NAME, FORMAT)
    try:
        return Taught(encoder.read(folder), sheet["names"], *(arrays[k] for k in ("heads", "bias", "known", "unseen")))
    except KeyError as error:
        raise ModelError(f"{folder / NAME}: cannot be read; restore it or run: recours train") from error


def teach(tasks: Sequence[Task], *, rounds: int | None = None) -> Taught:
    """Teach one encoder all tasks, once on everything and once without each group of hands, in up to four processes.

    Args:
        tasks: what to learn; a text of one task says nothing about the heads of another.
        rounds: see `nlp.tuning.tune`; `ROUNDS` if not given.
    """
    times = ROUNDS if rounds is None else rounds
    names = [name for task in tasks for name in task.names]
    texts = [text.shown for task in tasks for text in prepare(task.texts)]
    targets, used = _side_by_side([task.targets for task in tasks]), _side_by_side([task.used for task in tasks])
    groups = hands_left_out([writer for task in tasks for writer in task.writers], FOLDS)
    everything: Split = (np.arange(len(texts)), np.array([], dtype=np.int64))
    with ProcessPoolExecutor(min(len(groups) + 1, cpu_count() or 1), mp_context=get_context("spawn")) as workers:
        jobs = [
            workers.submit(
                _learn, [texts[row] for row in seen], targets[seen], used[seen], times, [texts[row] for row in left]
            )
            for seen, left in (everything, *groups)
        ]
        (whole, _), *others = [job.result() for job in jobs]
    unseen = np.zeros(targets.shape, dtype=np.float16)
    for (_, left), (_, said) in zip(groups, others, strict=True):
        unseen[left] = said
    known = np.concatenate([digests(task) for task in tasks])
    return Taught(whole.weights, names, whole.heads, whole.bias, known, unseen)


def digests(task: Task) -> NDArray[np.uint64]:
    """One for each text; the same text in another task has another one. Shape (n_texts,)."""
    keys = [f"{task.names[0]}\x1f{text}".encode("utf-8", "replace") for text in task.texts]
    return np.array([int.from_bytes(blake2b(key, digest_size=8).digest(), "big") for key in keys], dtype=np.uint64)


def _learn(
    texts: Sequence[str], targets: Targets, used: Targets, rounds: int, left: Sequence[str]
) -> tuple[Tuned, Matrix]:
    with threadpool_limits(1):
        tuned = tune(texts, targets, used, rounds=rounds)
        return tuned, tuned.log_odds(left)


def _side_by_side(blocks: Sequence[Targets]) -> Targets:
    """Blocks down the diagonal: rows and columns of each task apart."""
    whole = np.zeros((sum(len(block) for block in blocks), sum(block.shape[1] for block in blocks)), dtype=bool)
    row = column = 0
    for block in blocks:
        whole[row : row + len(block), column : column + block.shape[1]] = block
        row, column = row + len(block), column + block.shape[1]
    return whole
