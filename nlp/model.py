"""A trained model on disk: linear weights in .npz, everything else in .json, each with the digest of the other.

Neither file can run code when it is read, and a changed byte is refused.
"""

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from nlp.features import N_DENSE, N_FEATURES, Weighting, count_ngrams, dense, prepare, scale

FORMAT = 4
Scores = NDArray[np.float64]


class ModelError(Exception):
    """The model file is missing, damaged or of another format; one line with what to do."""


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
    """Weights of shape (N_FEATURES, n_heads), biases (n_heads,), heads in column order, and facts for the card."""

    weighting: Weighting
    weights: NDArray[np.float32]
    biases: NDArray[np.float32]
    heads: Sequence[Head]
    about: Mapping[str, Any]

    def probabilities(self, texts: Sequence[str]) -> Scores:
        """Calibrated probabilities, shape (n_texts, n_heads)."""
        prepared = prepare(texts)
        return self.calibrate(self._raw(dense(prepared), scale(count_ngrams(prepared), self.weighting)))

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
        packed = _pack({"idf": self.weighting.idf, "weights": self.weights, "biases": self.biases})
        sheet = {
            "format": FORMAT,
            "sha256": sha256(packed).hexdigest(),
            "heads": [
                {
                    "name": head.name,
                    "slope": head.slope,
                    "intercept": head.intercept,
                    "ask_from": head.ask_from,
                    "assert_from": head.assert_from,
                }
                for head in self.heads
            ],
            "about": dict(self.about),
        }
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.npz").write_bytes(packed)
        (folder / f"{name}.json").write_text(json.dumps(sheet, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def load(folder: Path, name: str) -> Model:
    """Read a model that `Model.save` wrote.

    Raises:
        ModelError: a file is missing, a digest does not match, or the format is another.
    """
    try:
        packed = (folder / f"{name}.npz").read_bytes()
        sheet = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        heads = [Head(**head) for head in sheet["heads"]]
        if sheet["format"] != FORMAT:
            raise ModelError(f"{folder / name}.json: format {sheet['format']}, not {FORMAT}; run: recours train")
        if sha256(packed).hexdigest() != sheet["sha256"]:
            raise ModelError(f"{folder / name}.npz: the file was changed or damaged; restore it or run: recours train")
        arrays = np.load(io.BytesIO(packed), allow_pickle=False)
        weights = arrays["weights"].astype(np.float32)
        if weights.shape != (N_FEATURES, len(heads)):
            raise ModelError(f"{folder / name}.npz: made for other features; run: recours train")
        return Model(Weighting(arrays["idf"].astype(np.float32)), weights, arrays["biases"], heads, sheet["about"])
    except FileNotFoundError as error:
        raise ModelError(f"{error.filename}: no such file; restore it or run: recours train") from error
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise ModelError(f"{folder / name}: cannot be read; restore it or run: recours train") from error


def _pack(arrays: Mapping[str, NDArray[np.float32]]) -> bytes:
    """An .npz without dates: half precision, fixed order, so that training twice gives the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(arrays):
            member = io.BytesIO()
            np.save(member, arrays[name].astype(np.float16 if name == "weights" else np.float32))
            entry = zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0))
            archive.writestr(entry, member.getvalue(), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
