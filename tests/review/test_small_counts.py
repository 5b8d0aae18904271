"""What the masking promises, against somebody who knows the code, the total and every other count."""

from itertools import product

from hypothesis import assume, given
from hypothesis import strategies as st

from review.small_counts import SMALLEST, mask, mask_part, mask_total

CELLS = st.lists(st.integers(0, 9), min_size=1, max_size=4)
MANY = st.lists(st.integers(0, 60), min_size=1, max_size=60)


@given(MANY)
def test_no_count_under_five_is_shown_but_zeros_where_nobody_hides(cells: list[int]) -> None:
    shown = mask(cells)
    assert all(count is None or count >= SMALLEST or count == 0 for count in shown)
    assert all(count in (None, cell) for count, cell in zip(shown, cells, strict=True))
    if any(0 < cell < SMALLEST for cell in cells):
        assert 0 not in shown


@given(MANY)
def test_where_nothing_is_small_nothing_is_masked(cells: list[int]) -> None:
    large = [cell + SMALLEST for cell in cells]
    assert mask(large) == large


@given(CELLS)
def test_a_total_less_the_others_never_tells_a_masked_count(cells: list[int]) -> None:
    assume(sum(cells) >= SMALLEST)  # below, the total is masked too
    shown = mask(cells)
    hidden = [place for place, count in enumerate(shown) if count is None]
    left = sum(cells) - sum(count for count in shown if count is not None)
    possible: list[set[int]] = [set() for _ in cells]
    for values in product(range(left + 1), repeat=len(hidden)):
        if sum(values) != left:
            continue
        other = list(cells)
        for place, value in zip(hidden, values, strict=True):
            other[place] = value
        if mask(other) == shown:
            for place in hidden:
                possible[place].add(other[place])
    for place in hidden:
        if 0 < cells[place] < SMALLEST:
            assert len(possible[place]) > 1, (cells, shown)


@given(MANY)
def test_what_is_masked_is_not_a_small_count_even_together(cells: list[int]) -> None:
    assume(sum(cells) >= SMALLEST)
    hidden = [cell for cell, count in zip(cells, mask(cells), strict=True) if count is None]
    assert not hidden or sum(hidden) >= SMALLEST


@given(st.integers(0, 200), st.integers(0, 200))
def test_neither_a_part_nor_the_rest_of_it_is_told_when_it_is_small(part: int, rest: int) -> None:
    shown = mask_part(part, part + rest)
    if 0 < part < SMALLEST or 0 < rest < SMALLEST:
        assert shown is None
    else:
        assert shown == part


@given(st.integers(0, 200))
def test_a_small_total_is_masked(total: int) -> None:
    assert (mask_total(total) is None) == (0 < total < SMALLEST)
