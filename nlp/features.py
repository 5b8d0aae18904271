"""Texts to one feature matrix: encoder and cues beside scaled n-grams. Glued on unscaled, n-grams would hurt."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction.text import HashingVectorizer

from nlp import cues
from nlp.encoder import DIMENSIONS, Encoder
from nlp.groups import name_one_group
from nlp.normalise import plain, readable

CHARACTER_BITS, WORD_BITS = 16, 15
N_NGRAMS = 2**CHARACTER_BITS + 2**WORD_BITS
N_DENSE = DIMENSIONS + cues.count()
N_FEATURES = N_DENSE + N_NGRAMS
# Weights of the blocks, chosen by leaving hands out; see models/CARD.md.
NGRAM_WEIGHT = 0.7
CUE_WEIGHT = 0.2

WORD = r"[^\W_]+"

_characters = HashingVectorizer(
    analyzer="char_wb", ngram_range=(2, 5), n_features=2**CHARACTER_BITS, alternate_sign=False, norm=None
)
_words = HashingVectorizer(
    analyzer="word",
    ngram_range=(1, 2),
    n_features=2**WORD_BITS,
    alternate_sign=False,
    norm=None,
    token_pattern=WORD,
)


@dataclass(frozen=True, slots=True)
class Weighting:
    """Inverse document frequencies, shape (N_NGRAMS,), learnt on the training side only."""

    idf: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Prepared:
    """One text, names of groups read as one name: as sent and as written out. Each is used more than once."""

    shown: str
    written_out: str


def prepare(texts: Sequence[str]) -> list[Prepared]:
    """What every feature is taken from."""
    named = [name_one_group(text) for text in texts]
    return [Prepared(readable(text), plain(text)) for text in named]


def count_ngrams(texts: Sequence[Prepared]) -> sparse.csr_matrix:
    """Hashed counts of character and word n-grams, logarithmic; shape (n_texts, N_NGRAMS)."""
    written_out = [text.written_out for text in texts]
    counts = sparse.hstack([_characters.transform(written_out), _words.transform(written_out)], format="csr")
    counts = counts.astype(np.float32)
    counts.data = 1 + np.log(counts.data)
    return counts


def learn_weighting(counts: sparse.csr_matrix) -> Weighting:
    """Smoothed inverse document frequencies of hashed counts."""
    documents = np.asarray((counts > 0).sum(axis=0)).ravel()
    return Weighting((np.log((1 + counts.shape[0]) / (1 + documents)) + 1).astype(np.float32))


def combine(cue_marks: NDArray[np.float32], counts: sparse.csr_matrix, weighting: Weighting) -> sparse.csr_matrix:
    """Cues beside weighted, length-normalised n-grams; shape (n_texts, N_FEATURES - DIMENSIONS)."""
    return sparse.hstack([sparse.csr_matrix(cue_marks), scale(counts, weighting)], format="csr").astype(np.float32)


def scale(counts: sparse.csr_matrix, weighting: Weighting) -> sparse.csr_matrix:
    """Counts times their weights, characters and words of a row each of length `NGRAM_WEIGHT`; (n_texts, N_NGRAMS)."""
    rows = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
    blocks = 2 * rows + (counts.indices >= 2**CHARACTER_BITS)
    data = counts.data * weighting.idf[counts.indices]
    lengths = np.sqrt(np.bincount(blocks, weights=data**2, minlength=2 * counts.shape[0]))
    data = (data * (NGRAM_WEIGHT / np.maximum(lengths, 1e-9))[blocks]).astype(np.float32)
    return sparse.csr_matrix((data, counts.indices, counts.indptr), shape=counts.shape)


def dense(texts: Sequence[Prepared], encoder: Encoder) -> NDArray[np.float32]:
    """Sentence vectors and weighted cues; shape (n_texts, N_DENSE)."""
    return np.hstack([encoder.encode([text.shown for text in texts]), marks(texts)]).astype(np.float32)


def marks(texts: Sequence[Prepared]) -> NDArray[np.float32]:
    """Weighted cues; shape (n_texts, cues.count())."""
    found = cues.find_cues([(text.shown, text.written_out) for text in texts])
    return (found * CUE_WEIGHT).astype(np.float32)
