"""Sums of cells that are about as few as possible: a greedy search by Gaussian elimination.

All that is had by adding and subtracting sums is a space. Elimination turns them into others that
span the same space, each about one chosen set and never about the other chosen ones. Chosen are
sets of many people first, so that a sum about few people stands alone in the end. Which sums are
about the fewest people is a hard problem in general (it is that of the cogirth of a matroid).
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

NOTHING: Final = 1e-9
_AT_ONCE: Final = 20_000


def eliminated(table: csr_array) -> Floats:
    """Return how often each cell counts in each sum, one sum a column (cells x sums).

    table: which cells a set is in (sets x cells, ones), the sets of many people first.
    """
    times, done = _independent(table), 0
    for rows in _chunks(table):
        about = rows @ times
        while done < times.shape[1]:
            left = np.abs(about[:, done:])
            told = left.max(axis=1) > NOTHING
            if not told.any():
                break
            row = int(told.argmax())
            column = done + int(left[row].argmax())
            times[:, [done, column]] = times[:, [column, done]]
            about[:, [done, column]] = about[:, [column, done]]
            times[:, done] /= about[row, done]
            about[:, done] /= about[row, done]
            share = about[row].copy()
            share[done] = 0.0
            times -= np.outer(times[:, done], share)
            about -= np.outer(about[:, done], share)
            done += 1
    return times


def sets_of_sums(table: csr_array, times: Floats) -> Iterator[Codes]:
    """Yield the sets that each sum is about."""
    found = [np.nonzero(np.abs(rows @ times) > NOTHING) for rows in _chunks(table)]
    sets = np.concatenate([place + number * _AT_ONCE for number, (place, _) in enumerate(found)])
    sums = np.concatenate([column for _, column in found])
    order = np.argsort(sums, kind="stable")
    ends = np.searchsorted(sums[order], np.arange(1, times.shape[1]))
    yield from np.split(sets[order], ends)


def _independent(table: csr_array) -> Floats:
    """Return sums that span all that is had, none of which follows from the others."""
    sizes, directions = np.linalg.eigh((table.T @ table).toarray())
    return np.asarray(directions[:, sizes > NOTHING * max(sizes.max(initial=0.0), 1.0)])


def _chunks(table: csr_array) -> Iterator[csr_array]:
    for start in range(0, table.shape[0], _AT_ONCE):
        yield table[start : start + _AT_ONCE]
