"""Sums that are about as few sets as possible, and all that others tell."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.sparse import csr_array

from measurement.estimation.elimination import eliminated, sets_of_sums

tables = arrays(
    np.float64,
    st.tuples(st.integers(1, 9), st.integers(1, 6)),
    elements=st.sampled_from([0.0, 1.0]),
)


@given(tables)
def test_sums_span_what_cells_span_and_each_stands_alone_somewhere(table: np.ndarray) -> None:
    times = eliminated(csr_array(table))
    about = table @ times
    rank = np.linalg.matrix_rank(table)
    assert times.shape == (table.shape[1], rank)
    assert np.linalg.matrix_rank(np.hstack([table, about])) == rank
    for number in range(rank):
        alone = [row[number] for row in about if np.count_nonzero(np.abs(row) > 1e-9) == 1]
        assert np.isclose(alone, 1.0).any(), "a chosen set, in this sum alone"


@given(tables)
def test_a_set_that_is_told_alone_is_found(table: np.ndarray) -> None:
    """The second witness: least squares, set by set."""
    sets = [
        set(about.tolist())
        for about in sets_of_sums(csr_array(table), eliminated(csr_array(table)))
    ]
    for place, goal in enumerate(np.eye(len(table))):
        times = np.linalg.lstsq(table, goal, rcond=None)[0]
        assert np.allclose(table @ times, goal, atol=1e-9) == ({place} in sets)


def test_sets_of_many_people_are_eliminated_first() -> None:
    """Two cells that differ in the last set alone, behind more sets than are looked at at once."""
    table = np.zeros((45_000, 3))
    table[:44_999, :2] = 1.0
    table[44_999, 1] = table[20_000:, 2] = 1.0
    sums = [*sets_of_sums(csr_array(table), eliminated(csr_array(table)))]
    assert sorted(map(len, sums)) == [1, 20_000, 25_000 - 1]
    assert min(sums, key=len).tolist() == [44_999]
