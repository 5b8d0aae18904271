"""The sentence encoder taught on the corpus: one network learns every head of both tasks at once.

The bundled encoder was made for the likeness of sentences in general. Its table of word pieces stays as it is; the
layers above learn what a threat or a farewell looks like. Gradients are written out by hand: the network is small,
and training needs no library that running does not. `tests/nlp/test_tuning.py` holds them against differences.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nlp.encoder import DIMENSIONS, ENCODED_CHARACTERS, ORDERS, Encoder, Matrix, Weights
from nlp.spelling import misspell

ROUNDS = 6
BATCH = 32  # texts
RATE, HEAD_RATE = 3e-4, 3e-3  # of AdamW at their highest
WARM_UP = 0.1  # share of all steps
DECAY = 0.01
MOMENTS = (0.9, 0.999)
CLIPPED = 1.0  # longest gradient
DROPPED_PIECES, DROPPED_NUMBERS = 0.1, 0.2
SHARP = 8.0  # a sentence vector has length 1: stretched, so that the heads need no huge weights
POSITIVE = 2.0  # what a label that holds weighs beside one that does not
PRIOR = -2.5  # log-odds of a head before it has seen anything
LEFT = {2: 0, 3: 1, 5: 2}  # pieces that a convolution sees before its own
BRANCH = 256
SMALLEST = 1e-6


@dataclass(frozen=True, slots=True)
class Tuned:
    """An encoder taught on texts, and one linear head for each column of what it was taught.

    Attributes:
        weights: arrays of the encoder, in half precision as they are kept.
        heads: shape (512, n_heads); log-odds = sentence vector @ heads + bias.
        bias: shape (n_heads,).
    """

    weights: Weights
    heads: Matrix
    bias: Matrix

    def log_odds(self, texts: Sequence[str]) -> Matrix:
        """Of every head for every text, shape (n_texts, n_heads)."""
        encoder = Encoder(self.weights)
        # One by one: in a batch the last bits depend on the neighbours.
        vectors = [encoder.encode([text]) for text in texts] or [np.zeros((0, DIMENSIONS), dtype=np.float32)]
        return np.asarray(np.vstack(vectors) @ self.heads + self.bias, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Pieces:
    """A batch of texts as word pieces, one after the other.

    Attributes:
        vectors: from the table, shape (n_pieces, 512).
        starts: where each text begins.
        windows: for each convolution the rows it looks at, shape (n_pieces, order); `n_pieces` stands for none.
        eps: of every normalisation.
    """

    vectors: Matrix
    starts: NDArray[np.int64]
    windows: Sequence[NDArray[np.int64]]
    eps: float


def tune(texts: Sequence[str], targets: NDArray[np.bool_], used: NDArray[np.bool_], *, rounds: int = ROUNDS) -> Tuned:
    """Teach the layers above the table, the same result each time on one machine and as many threads.

    Args:
        texts: as the encoder is given them.
        targets: shape (n_texts, n_heads).
        used: same shape; False where a head learns nothing from a text.
        rounds: how often each text is seen, each time spelt a little differently.
    """
    dice = np.random.default_rng(0)
    encoder = Encoder()
    weights = encoder.arrays()
    weights["heads"] = np.zeros((DIMENSIONS, targets.shape[1]), dtype=np.float32)
    weights["bias"] = np.full(targets.shape[1], PRIOR, dtype=np.float32)
    steps = Steps(weights, rounds * -(-len(texts) // BATCH))
    for _ in range(rounds):
        order = dice.permutation(len(texts))
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            batch = pieces(encoder, [misspell(texts[row], dice) for row in rows])
            batch.vectors[dice.random(len(batch.vectors)) < DROPPED_PIECES] = 0
            weigh = ((1 + (POSITIVE - 1) * targets[rows]) * used[rows] / len(rows)).astype(np.float32)
            kept = (dice.random((len(rows), DIMENSIONS)) >= DROPPED_NUMBERS) * np.float32(1 / (1 - DROPPED_NUMBERS))
            steps.take(gradients(weights, batch, targets[rows], weigh, kept.astype(np.float32)))
    heads, bias = SHARP * weights.pop("heads"), weights.pop("bias")
    return Tuned({name: array.astype(np.float16) for name, array in weights.items()}, heads, bias)


def pieces(encoder: Encoder, texts: Sequence[str]) -> Pieces:
    """Cut texts into word pieces; an empty one, which no corpus holds, is read as a full stop."""
    network = encoder.network
    cut = [
        network.sp.encode(text[:ENCODED_CHARACTERS].strip() or ".", out_type=int, add_bos=True, add_eos=True)
        for text in texts
    ]
    lengths = np.array([len(each) for each in cut], dtype=np.int64)
    flat = np.concatenate([np.asarray(each, dtype=np.int64) for each in cut])
    chunk = flat % len(network.scale)
    vectors = network.table[flat].astype(np.float32) * network.scale[chunk, None] + network.lo[chunk, None]
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    first, last = np.repeat(starts, lengths)[:, None], np.repeat(starts + lengths, lengths)[:, None]
    windows = []
    for order in ORDERS:
        looked = np.arange(len(flat))[:, None] + np.arange(order) - LEFT[order]
        windows.append(np.where((looked >= first) & (looked < last), looked, len(flat)))
    return Pieces(vectors.astype(np.float32), starts, windows, network.eps)


def loss(weights: Weights, batch: Pieces, targets: NDArray[np.bool_], weigh: Matrix, kept: Matrix) -> float:
    """Weighted cross-entropy of a batch: what `gradients` are the gradients of."""
    odds = Forward(weights, batch, kept).odds.astype(np.float64)
    return float((weigh * (np.logaddexp(0, odds) - targets * odds)).sum())


class Forward:
    """Every intermediate result of one pass; names as in the library, see `nlp.encoder`."""

    def __init__(self, weights: Weights, batch: Pieces, kept: Matrix) -> None:
        w = weights
        self.below, self.below_spread = _normalised(batch.vectors @ w["proj_W"] + w["proj_b"], batch.eps)
        shifted = self.below * w["ln_g_all"] + w["ln_b_all"]
        self.seen1, self.seen2, self.bent1, self.bent2, parts = [], [], [], [], [batch.vectors]
        for branch, order in enumerate(ORDERS):
            given = shifted[:, branch * BRANCH : (branch + 1) * BRANCH]
            self.seen1.append(_look(given, batch.windows[branch]))
            first = self.seen1[-1] @ w[f"w1_{order}"] + w[f"b1_{order}"]
            self.bent1.append(first > 0)
            hidden = np.maximum(first, 0) + given
            self.seen2.append(_look(hidden, batch.windows[branch]))
            second = self.seen2[-1] @ w[f"w2_{order}"] + w[f"b2_{order}"]
            self.bent2.append(second > 0)
            parts.append(np.maximum(second, 0) + hidden)
        self.features, self.spread = _normalised(np.hstack(parts), batch.eps)
        self.lengths = np.diff(batch.starts, append=len(self.features)).astype(np.float32)[:, None]
        self.counted = np.add.reduceat(self.features, batch.starts, axis=0)
        self.summed = self.counted * w["ln_g"] + self.lengths * w["ln_b"]
        self.mean = (self.summed @ w["cnn_W"] + self.lengths * w["cnn_b"]) / np.sqrt(self.lengths)
        self.y0 = np.maximum(self.mean @ w["d0"], 0)
        self.y1 = np.maximum(self.mean @ w["p1"] + self.y0 @ w["d1"], 0)
        self.y2 = np.maximum(self.y1 @ w["d2"], 0)
        self.tanh = np.tanh(self.y1 @ w["p3"] + self.y2 @ w["d3"])
        self.size = np.maximum(np.linalg.norm(self.tanh, axis=1, keepdims=True), SMALLEST)
        self.vector = self.tanh / self.size
        self.kept = kept * np.float32(SHARP)
        self.odds = (self.vector * self.kept) @ w["heads"] + w["bias"]


def gradients(weights: Weights, batch: Pieces, targets: NDArray[np.bool_], weigh: Matrix, kept: Matrix) -> Weights:
    """Gradients of `loss`, one array for each of `weights`.

    Args:
        weights: arrays of the encoder, `heads` and `bias`.
        batch: n texts.
        targets: shape (n, n_heads).
        weigh: what each text and head weighs, same shape.
        kept: factor of each number of the sentence vectors, shape (n, 512); 0 where it is dropped.
    """
    w, f = weights, Forward(weights, batch, kept)
    back = weigh * (1 / (1 + np.exp(-f.odds)) - targets)
    found = {"heads": (f.vector * f.kept).T @ back, "bias": back.sum(axis=0)}
    d_vector = (back @ w["heads"].T) * f.kept
    d_tanh = (d_vector - f.vector * (f.vector * d_vector).sum(axis=1, keepdims=True)) / f.size
    d_last = d_tanh * (1 - f.tanh**2)
    d_y2 = (d_last @ w["d3"].T) * (f.y2 > 0)
    d_y1 = (d_last @ w["p3"].T + d_y2 @ w["d2"].T) * (f.y1 > 0)
    d_y0 = (d_y1 @ w["d1"].T) * (f.y0 > 0)
    found |= {"p3": f.y1.T @ d_last, "d3": f.y2.T @ d_last, "d2": f.y1.T @ d_y2}
    found |= {"p1": f.mean.T @ d_y1, "d1": f.y0.T @ d_y1, "d0": f.mean.T @ d_y0}
    d_mean = (d_y1 @ w["p1"].T + d_y0 @ w["d0"].T) / np.sqrt(f.lengths)
    found |= {"cnn_W": f.summed.T @ d_mean, "cnn_b": (f.lengths * d_mean).sum(axis=0)}
    d_summed = d_mean @ w["cnn_W"].T
    found |= {"ln_g": (f.counted * d_summed).sum(axis=0), "ln_b": (f.lengths * d_summed).sum(axis=0)}
    # Every piece of a sentence gets the same gradient up to here; through the normalisation each gets its own.
    spread_out = np.repeat(d_summed * w["ln_g"], f.lengths[:, 0].astype(int), axis=0)
    d_parts = _through_normalisation(spread_out, f.features, f.spread)
    d_shifted = np.empty_like(f.below)
    for branch, order in enumerate(ORDERS):
        d_hidden = d_parts[:, DIMENSIONS + branch * BRANCH : DIMENSIONS + (branch + 1) * BRANCH]
        d_second = d_hidden * f.bent2[branch]
        found |= {f"w2_{order}": f.seen2[branch].T @ d_second, f"b2_{order}": d_second.sum(axis=0)}
        d_hidden = d_hidden + _look_back(d_second @ w[f"w2_{order}"].T, batch.windows[branch])
        d_first = d_hidden * f.bent1[branch]
        found |= {f"w1_{order}": f.seen1[branch].T @ d_first, f"b1_{order}": d_first.sum(axis=0)}
        d_given = d_hidden + _look_back(d_first @ w[f"w1_{order}"].T, batch.windows[branch])
        d_shifted[:, branch * BRANCH : (branch + 1) * BRANCH] = d_given
    found |= {"ln_g_all": (d_shifted * f.below).sum(axis=0), "ln_b_all": d_shifted.sum(axis=0)}
    d_below = _through_normalisation(d_shifted * w["ln_g_all"], f.below, f.below_spread)
    return found | {"proj_W": batch.vectors.T @ d_below, "proj_b": d_below.sum(axis=0)}


def _normalised(rows: Matrix, eps: float) -> tuple[Matrix, Matrix]:
    """Rows of mean 0 and spread 1, and 1 / the spread they had."""
    rows = rows - rows.mean(axis=1, keepdims=True)
    inverse = 1 / np.sqrt(np.einsum("ij,ij->i", rows, rows) / rows.shape[1] + eps)[:, None]
    return rows * inverse, inverse


def _through_normalisation(back: Matrix, rows: Matrix, inverse: Matrix) -> Matrix:
    along = np.einsum("ij,ij->i", rows, back)[:, None] / rows.shape[1]
    return np.asarray((back - back.mean(axis=1, keepdims=True) - rows * along) * inverse, dtype=back.dtype)


def _look(rows: Matrix, windows: NDArray[np.int64]) -> Matrix:
    """What a convolution sees at each piece, side by side; zeros beyond the text."""
    padded = np.vstack([rows, np.zeros((1, rows.shape[1]), dtype=rows.dtype)])
    return padded[windows].reshape(len(rows), -1)


def _look_back(back: Matrix, windows: NDArray[np.int64]) -> Matrix:
    """Gradients of what was seen, added up where it was."""
    found = np.zeros((len(back) + 1, BRANCH), dtype=back.dtype)
    for place in range(windows.shape[1]):
        found[windows[:, place]] += back[:, place * BRANCH : (place + 1) * BRANCH]
    return found[:-1]


class Steps:
    """AdamW with a warm-up, a straight descent of the rate, and gradients cut at a length."""

    def __init__(self, weights: Weights, count: int) -> None:
        self._weights, self._count, self._done = weights, count, 0
        self._first = {name: np.zeros_like(array) for name, array in weights.items()}
        self._second = {name: np.zeros_like(array) for name, array in weights.items()}

    def take(self, found: Weights) -> None:
        """One step down."""
        length = float(np.sqrt(sum(float(np.vdot(each, each)) for each in found.values())))
        cut = min(1.0, CLIPPED / max(length, SMALLEST))
        pace = min(1.0, (self._done + 1) / (WARM_UP * self._count)) * (1 - self._done / self._count)
        self._done += 1
        straight, even = 1 - MOMENTS[0] ** self._done, np.sqrt(1 - MOMENTS[1] ** self._done)
        for name, gradient in found.items():
            rate = pace * (HEAD_RATE if name in ("heads", "bias") else RATE)
            cutting = gradient * np.float32(cut)
            first, second, array = self._first[name], self._second[name], self._weights[name]
            first *= MOMENTS[0]
            first += (1 - MOMENTS[0]) * cutting
            cutting *= cutting
            second *= MOMENTS[1]
            second += (1 - MOMENTS[1]) * cutting
            down = np.sqrt(second)
            down += 1e-8 * even
            np.divide(first, down, out=down)
            down *= rate * even / straight
            array *= 1 - rate * DECAY
            array -= down
