"""Weighted least squares on cells: a sample, and its problem solved in orthonormal columns.

Every sum over cells runs in plain numpy loops (einsum without optimisation, bincount), never in
multi-threaded BLAS, so that results are the same to the last bit whatever the number of threads.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from measurement.estimation.estimate import NotEstimable, group_clusters

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
# Share of a column's length (or of the information on it) below which nothing of it is left.
COLLINEAR = 1e-9
# Share of a dropped column above which another column counts as part of what explains it.
EXPLAINS = 1e-6
# Residuals this small, relative to the outcome, are rounding noise of a perfect fit.
ROUNDING = 1e-12


@dataclass(frozen=True, eq=False)
class Sample:
    """What a regression is fitted to: one row a cell, or one row a log with weight 1.

    regressors: n x K floats, columns are the named terms, "intercept" among them unless effects
    are absorbed; outcome: cell means (n); weights: logs in the cell (n), above 0; within: centred
    sum of squares of the outcome inside the cell (n), 0 for single logs; clusters: cluster path
    of each row, coarse to fine; absorbed: integer code of the row's absorbed effect, or None.

    Raises ValueError for shapes that do not match and for numbers that are not finite,
    NotEstimable when there is no row.
    """

    regressors: pd.DataFrame
    outcome: Floats
    weights: Floats
    within: Floats
    clusters: pd.MultiIndex
    absorbed: Codes | None = None

    def __post_init__(self) -> None:
        if not len(self.regressors):
            raise NotEstimable("there are no logs to analyse")
        for field in ("outcome", "weights", "within"):
            object.__setattr__(self, field, np.asarray(getattr(self, field), dtype=np.float64))
            self._check(field, getattr(self, field))
        if not np.isfinite(self.regressors.to_numpy(dtype=np.float64)).all():
            raise ValueError("regressors: finite numbers are allowed")
        if (self.weights <= 0).any() or (self.within < 0).any():
            raise ValueError("weights above 0 and sums of squares of 0 or more are allowed")
        if not self.regressors.columns.is_unique:
            raise ValueError(f"regressors {list(self.regressors.columns)}: each name once")
        self._check("clusters", np.zeros(len(self.clusters)))
        if self.absorbed is not None:
            self._check("absorbed", self.absorbed)
            if (self.absorbed < 0).any():
                raise ValueError("absorbed: codes of 0 or more are allowed, -1 means missing")
            numbers = np.unique(self.absorbed, return_inverse=True)[1]
            object.__setattr__(self, "absorbed", numbers)

    @cached_property
    def grouped(self) -> tuple[Codes, pd.MultiIndex]:
        """Each row's cluster number, and the distinct cluster paths in order."""
        return group_clusters(self.clusters)

    def _check(self, field: str, numbers: Floats | Codes) -> None:
        if numbers.shape != (len(self.regressors),) or not np.isfinite(numbers).all():
            raise ValueError(
                f"{field}, shape {numbers.shape}: {len(self.regressors)} finite numbers are allowed"
            )


@dataclass(frozen=True, eq=False)
class Projection:
    """A sample's least-squares problem, solved in orthonormal columns.

    Rows are scaled by the root of their weight, absorbed effects are taken out. names: the k
    terms kept; dropped: collinear terms; explained: dropped terms x k, what each kept term has to
    do with a dropped one, 0 where nothing; columns: k x n orthonormal; inverse: k x k, turns
    coordinates in these columns into coefficients; coordinates: those of the outcome (k);
    residual: scaled residual of each row (n).
    """

    names: tuple[str, ...]
    dropped: tuple[str, ...]
    explained: Floats
    columns: Floats
    inverse: Floats
    coordinates: Floats
    residual: Floats

    def row_of(self, name: str) -> Floats:
        """Weights of the coordinates in the coefficient `name`; NotEstimable when it has none."""
        if name not in self.names:
            raise NotEstimable(why_absent(name, self.dropped))
        row: Floats = self.inverse[self.names.index(name)]
        return row


def project(sample: Sample) -> Projection:
    """Solve the least-squares problem of a sample; collinear terms to the right are dropped."""
    root = np.sqrt(sample.weights)
    raw = np.ascontiguousarray(sample.regressors.to_numpy(dtype=np.float64).T)
    lengths = np.sqrt(np.einsum("kn,kn,n->k", raw, raw, sample.weights))
    scaled = _net(raw, sample) * root
    columns, triangle, kept = _orthonormal(scaled, lengths)
    lost = [position for position in range(len(raw)) if position not in kept]
    inverse = _inverse(triangle)
    outcome = _net(sample.outcome[np.newaxis], sample)[0] * root
    coordinates, residual = _split(outcome, columns)
    if _length(residual) <= ROUNDING * _length(sample.outcome * root):
        residual = np.zeros_like(residual)
    names = [str(name) for name in sample.regressors.columns]
    return Projection(
        names=tuple(names[position] for position in kept),
        dropped=tuple(names[position] for position in lost),
        explained=_explained(scaled[lost], columns, inverse, lengths[lost], lengths[kept]),
        columns=columns,
        inverse=inverse,
        coordinates=coordinates,
        residual=residual,
    )


def cluster_sums(columns: Floats, numbers: Codes, clusters: int) -> Floats:
    """Sum each of the k columns (k x n) within clusters: k x clusters."""
    sums = np.empty((len(columns), clusters))
    for position, column in enumerate(columns):
        sums[position] = np.bincount(numbers, weights=column, minlength=clusters)
    return sums


def why_absent(name: str, dropped: tuple[str, ...]) -> str:
    """Return why a model has no coefficient `name`: it was dropped, or is no term at all."""
    if name in dropped:
        return f"the data cannot tell '{name}' from the other terms of the model"
    return f"the model has no term '{name}'"


def _net(columns: Floats, sample: Sample) -> Floats:
    """Take the absorbed effects out of columns (k x n): less their weighted group means."""
    if sample.absorbed is None:
        return columns
    groups = int(sample.absorbed.max()) + 1
    totals = np.bincount(sample.absorbed, weights=sample.weights)
    means = cluster_sums(columns * sample.weights, sample.absorbed, groups) / totals
    return columns - np.take(means, sample.absorbed, axis=1)


def _length(column: Floats) -> float:
    return math.sqrt(np.einsum("n,n->", column, column))


def _split(column: Floats, columns: Floats) -> tuple[Floats, Floats]:
    """Coordinates of a column in orthonormal columns, and what they leave of it.

    The second pass removes the rounding error of the first.
    """
    coordinates = np.zeros(len(columns))
    for _ in range(2):
        step = np.einsum("kn,n->k", columns, column)
        column = column - np.einsum("k,kn->n", step, columns)
        coordinates += step
    return coordinates, column


def _orthonormal(columns: Floats, lengths: Floats) -> tuple[Floats, Floats, list[int]]:
    """Gram-Schmidt from left to right: orthonormal columns, triangle, positions kept.

    A column of which less than COLLINEAR of its raw length is left is dropped.
    """
    basis, triangle, kept = np.empty_like(columns), np.zeros((len(columns),) * 2), list[int]()
    for position, column in enumerate(columns):
        rank = len(kept)
        coordinates, rest = _split(column, basis[:rank])
        length = _length(rest)
        if length <= COLLINEAR * lengths[position]:
            continue
        basis[rank] = rest / length
        triangle[:rank, rank], triangle[rank, rank] = coordinates, length
        kept.append(position)
    return basis[: len(kept)], triangle[: len(kept), : len(kept)], kept


def _explained(
    dropped: Floats, columns: Floats, inverse: Floats, lengths: Floats, of_kept: Floats
) -> Floats:
    """Coefficients of dropped columns (d x n) on the kept ones (d x k); noise becomes 0."""
    coordinates = np.einsum("dn,kn->dk", dropped, columns)
    shares = np.einsum("ij,dj->di", inverse, coordinates)
    sizes = abs(shares) * of_kept
    return np.where(sizes > EXPLAINS * lengths[:, np.newaxis], shares, 0.0)


def _inverse(triangle: Floats) -> Floats:
    """Invert an upper triangle by back substitution."""
    inverse = np.zeros_like(triangle)
    for row in reversed(range(len(triangle))):
        inverse[row] = -np.einsum("k,kj->j", triangle[row, row + 1 :], inverse[row + 1 :])
        inverse[row, row] += 1
        inverse[row] /= triangle[row, row]
    return inverse
