"""How far probabilities can be trusted, and how sure a figure is: calibration error, Brier score, bootstrap."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from nlp.tasks import Targets

BINS = 10
DRAWS = 1000
Probabilities = NDArray[np.float64]


def calibration_error(probabilities: Probabilities, target: Targets) -> float:
    """Expected calibration error over ten bins of equal width, for one head; 0 to 1."""
    bins = np.minimum((probabilities * BINS).astype(int), BINS - 1)
    gaps = [
        (bins == each).mean() * abs(probabilities[bins == each].mean() - target[bins == each].mean())
        for each in range(BINS)
        if (bins == each).any()
    ]
    return float(sum(gaps))


def brier(probabilities: Probabilities, target: Targets) -> float:
    """Mean squared distance between probability and truth, for one head; 0 to 1, lower is better."""
    return float(((probabilities - target) ** 2).mean())


def interval(figure: Callable[[NDArray[np.int64]], float], n_texts: int, seed: int = 0) -> tuple[float, float]:
    """95 % bootstrap interval of a figure computed on rows drawn with replacement."""
    dice = np.random.default_rng(seed)
    drawn = [figure(dice.integers(0, n_texts, n_texts)) for _ in range(DRAWS)]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return float(low), float(high)
