"""A trained model: one linear head for each label or alert, over the taught encoder, cues and n-grams."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from nlp import archive
from nlp.archive import ModelError
from nlp.encoder import Encoder
from nlp.encoder import load as load_encoder
from nlp.features import N_DENSE, N_FEATURES, Weighting, count_ngrams, dense, prepare, scale

FORMAT = 5
Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Head:
    """One yes/no decision of a model.

    Attributes:
        name: label, alert, or an attribute such as `threat_kind:death`.
        slope, intercept: Platt scaling of the raw score, fitted on writers the weights had not seen.
        ask_from: probability from which the bot asks.
        assert_from: probability from which it asserts.
    """

    name: str
    slope: float
    intercept: float
    ask_from: float
    assert_from: float


@dataclass(frozen=True, slots=True)
class Model:
    """Weights of shape (N_FEATURES, n_heads), biases (n_heads,), heads in column order, and facts for the card.

    The first rows of the weights belong to the vectors of `encoder`, with which they were learnt.
    """

    encoder: Encoder
    weighting: Weighting
    weights: NDArray[np.float32]
    biases: NDArray[np.float32]
    heads: Sequence[Head]
    about: Mapping[str, Any]

    def probabilities(self, texts: Sequence[str]) -> Scores:
        """Calibrated probabilities, shape (n_texts, n_heads)."""
        prepared = prepare(texts)
        return self.calibrate(self._raw(dense(prepared, self.encoder), scale(count_ngrams(prepared), self.weighting)))

    def _raw(self, vectors: NDArray[np.float32], ngrams: sparse.csr_matrix) -> Scores:
        """Raw scores, shape (n_texts, n_heads): the same as on the glued features, without gluing them."""
        by_dense = vectors @ self.weights[:N_DENSE]
        by_ngrams = ngrams @ self.weights[N_DENSE:]
        return np.asarray(by_dense + by_ngrams, dtype=np.float64) + self.biases

    def calibrate(self, raw: Scores) -> Scores:
        """Platt scaling, column by column."""
        slopes = np.array([head.slope for head in self.heads])
        intercepts = np.array([head.intercept for head in self.heads])
        probabilities: Scores = 1 / (1 + np.exp(-np.clip(raw * slopes + intercepts, -30, 30)))
        return probabilities

    def save(self, folder: Path, name: str) -> None:
        """Write `<name>.npz` and `<name>.json`, the same bytes for the same model."""
        arrays = {"idf": self.weighting.idf, "weights": self.weights.astype(np.float16), "biases": self.biases}
        heads = [asdict(head) for head in self.heads]
        sheet = {"encoder": self.encoder.digest, "heads": heads, "about": dict(self.about)}
        archive.write(folder, name, arrays, sheet, FORMAT)


def load(folder: Path, name: str) -> Model:
    """Read a model that `Model.save` wrote, and the encoder beside it.

    Raises:
        ModelError: a file is missing, a digest does not match, the format or the encoder is another.
    """
    arrays, sheet = archive.read(folder, name, FORMAT)
    encoder = load_encoder(folder)
    try:
        heads = [Head(**head) for head in sheet["heads"]]
        weights = arrays["weights"].astype(np.float32)
        weighting = Weighting(arrays["idf"].astype(np.float32))
        if weights.shape != (N_FEATURES, len(heads)):
            raise ModelError(f"{folder / name}.npz: made for other features; run: recours train")
        if sheet["encoder"] != encoder.digest:
            raise ModelError(f"{folder / name}.npz: made with another encoder; restore both or run: recours train")
        return Model(encoder, weighting, weights, arrays["biases"].astype(np.float32), heads, sheet["about"])
    except (KeyError, TypeError) as error:
        raise ModelError(f"{folder / name}: cannot be read; restore it or run: recours train") from error
