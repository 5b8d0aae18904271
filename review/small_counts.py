"""Counts that could point to somebody are masked, and as many others as it takes that no subtraction finds them again.

The order of the cells must not depend on their values, and the total may be known. Even somebody who knows this
code then has, for each masked count under `SMALLEST`, at least two values left (tests/review/test_small_counts.py).
"""

from collections.abc import Sequence

SMALLEST = 5  # cases: the smallest count that is shown

Shown = int | None  # None is masked


def mask(cells: Sequence[int]) -> list[Shown]:
    """Mask counts that add up to a known total.

    Counts under `SMALLEST` are masked, zeros included, unless all of these are zero. One more, the first of the others,
    goes with them when there is only one, when they are nearly all as large as they may be, or when they are few
    even together: the total less the others would tell.
    """
    small = {place for place, count in enumerate(cells) if count < SMALLEST}
    together = sum(cells[place] for place in small)
    if not together:
        return list(cells)
    alone, full = len(small) == 1, together >= (SMALLEST - 1) * len(small) - 1
    if alone or full or together < SMALLEST:
        small |= {next((place for place in range(len(cells)) if place not in small), min(small))}
    return [None if place in small else count for place, count in enumerate(cells)]


def mask_total(total: int) -> Shown:
    """A total that stands alone."""
    return total if total == 0 or total >= SMALLEST else None


def mask_part(part: int, total: int) -> Shown:
    """A count among a known total, when the rest of it is not told otherwise."""
    return mask([part, total - part])[0]
