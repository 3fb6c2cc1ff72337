"""Weighted least squares on cells, with absorbed effects and the influence of every cluster.

Every sum over cells runs in plain numpy loops (einsum without optimisation, bincount), never in
multi-threaded BLAS, so that results are the same to the last bit whatever the number of threads.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from measurement.estimation.estimate import Estimate, NotEstimable, group_clusters

StandardErrors = Literal["CR1", "CR3", "HC3"]
Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

MINIMUM_CLUSTERS = 6
# Share of a column's length (or of the information on it) below which nothing of it is left.
COLLINEAR = 1e-9
# Share of a dropped column above which another column counts as part of what explains it.
EXPLAINS = 1e-6
# Residuals this small, relative to the outcome, are rounding noise of a perfect fit.
ROUNDING = 1e-12
ROWS_NAMED = 5


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
            raise NotEstimable(_absent(name, self.dropped))
        row: Floats = self.inverse[self.names.index(name)]
        return row


@dataclass(frozen=True, eq=False)
class Fit:
    """Coefficients with the influence of every cluster on them.

    coefficients: by name; psi: clusters x names, small-sample factor included; dropped: terms that
    the terms to their left already explain; explained: how, dropped x names; refused: terms that
    rest on one cluster, whose own standard error would mean nothing, with the reason.
    """

    coefficients: pd.Series[float]
    psi: pd.DataFrame
    degrees_of_freedom: float
    clusters: int
    logs: int
    standard_errors: StandardErrors
    dropped: tuple[str, ...]
    explained: Floats
    refused: Mapping[str, str]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the terms kept."""
        return tuple(self.coefficients.index)

    @property
    def arbitrary(self) -> tuple[str, ...]:
        """Names of the terms kept whose coefficients depend on which collinear term was dropped."""
        taking_part = np.flatnonzero((self.explained != 0).sum(axis=0))
        return tuple(self.names[place] for place in taking_part)

    @cached_property
    def _places(self) -> Mapping[str, int]:
        return {name: place for place, name in enumerate(self.names)}

    def coefficient(self, name: str) -> float:
        """Return the coefficient of a term, refused or not; NotEstimable when it has none."""
        if name not in self._places:
            raise NotEstimable(_absent(name, self.dropped))
        return float(self.coefficients.iloc[self._places[name]])

    def estimate(self, name: str) -> Estimate:
        """Return the coefficient of a term; NotEstimable, naming it, when it has none."""
        return self.combine({name: 1.0})

    def combine(self, weights: Mapping[str, float]) -> Estimate:
        """Return the sum of coefficients times weights.

        Raises NotEstimable, naming the term, when one is missing, when the sum would be another
        if a dropped term stood for one of those that explain it, or when all are refused.
        """
        value = math.fsum(self.coefficient(name) * weight for name, weight in weights.items())
        if weights.keys() <= self.refused.keys():
            raise NotEstimable("; ".join(self.refused[name] for name in weights))
        factors = np.array(list(weights.values()), dtype=np.float64)
        places = [self._places[name] for name in weights]
        self._require_estimable(places, factors)
        psi = np.einsum("kg,k->g", self.psi.to_numpy().T[places], factors)
        return Estimate(value, pd.Series(psi, index=self.psi.index), self.degrees_of_freedom)

    def _require_estimable(self, places: Sequence[int], factors: Floats) -> None:
        """Raise NotEstimable unless the sum is the same whichever collinear term was dropped.

        Adding t to a dropped coefficient and taking t times its row of `explained` from the kept
        ones leaves every fitted value as it is, so a sum that such a step moves is arbitrary.
        """
        shares = self.explained[:, places] * factors
        moved = abs(np.einsum("dk->d", shares)) > EXPLAINS * np.einsum("dk->d", abs(shares))
        if moved.any():
            name = self.names[places[int(np.argmax(abs(shares[moved]).max(axis=0)))]]
            raise NotEstimable(_absent(name, (name,)))


def fit(sample: Sample, *, standard_errors: StandardErrors, nested: bool) -> Fit:
    """Fit by weighted least squares, with the stated standard errors.

    CR1: psi_g = c A^-1 S_g, c^2 = G/(G-1) (N-1)/(N-K); CR3: the leave-one-cluster-out jackknife,
    psi_g = sqrt((G-1)/G) (b - b_-g), where a term that the other clusters say nothing about
    counts 0 in b_-g; both by cluster with G-1 degrees of freedom. HC3:
    psi_i = A^-1 x_i e_i / (1 - h_i) by row with N-K. N counts logs. K counts the terms kept and
    the absorbed effects; `nested` says that these lie inside the clusters, then they count as one,
    the overall level (as in fixest and pyfixest). Under HC3 they always count in full.

    Raises NotEstimable for too few clusters, for no more logs than terms, and under HC3 for rows
    with leverage 1, which it names; ValueError when effects are said to be nested and are not,
    when CR3 meets effects that are not, and when HC3 meets rows that are not single logs.
    """
    numbers, clusters = sample.grouped
    by_row = standard_errors == "HC3"
    if not by_row:
        require_clusters(len(clusters))
        if nested or standard_errors == "CR3":
            require_nested(sample, numbers)
    projection = project(sample)
    logs = float(sample.weights.sum())
    spare = logs - _terms(sample, projection, nested and not by_row)
    if spare <= 0:
        raise NotEstimable(f"{logs:.0f} logs are too few for the terms of the model")
    coefficients = np.einsum("ij,j->i", projection.inverse, projection.coordinates)
    if standard_errors == "CR1":
        factor = math.sqrt(len(clusters) / (len(clusters) - 1) * (logs - 1) / spare)
        psi = factor * _moves(projection, _scores(projection, numbers, len(clusters)))
    elif standard_errors == "CR3":
        psi = _jackknife(projection, coefficients, numbers, len(clusters))
    else:
        psi = _moves(projection, _row_scores(sample, projection, numbers))
    names = list(projection.names)
    return Fit(
        coefficients=pd.Series(coefficients, index=names),
        psi=pd.DataFrame(psi, index=clusters, columns=names),
        degrees_of_freedom=spare if by_row else float(len(clusters) - 1),
        clusters=len(clusters),
        logs=round(logs),
        standard_errors=standard_errors,
        dropped=projection.dropped,
        explained=projection.explained,
        refused={} if by_row else terms_on_one_cluster(projection, numbers, clusters),
    )


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


def require_clusters(clusters: int) -> None:
    """Raise NotEstimable when there are too few clusters for any clustered standard error."""
    if clusters < MINIMUM_CLUSTERS:
        raise NotEstimable(f"{clusters} clusters, at least {MINIMUM_CLUSTERS} are needed")


def require_nested(sample: Sample, numbers: Codes) -> None:
    """Raise ValueError when an absorbed effect spreads over several clusters."""
    if sample.absorbed is None:
        return
    home = np.zeros(sample.absorbed.max() + 1, dtype=np.intp)
    home[sample.absorbed] = numbers
    if (home[sample.absorbed] != numbers).any():
        raise ValueError("an absorbed effect lies in several clusters; each must lie in one")


def terms_on_one_cluster(
    projection: Projection, numbers: Codes, clusters: pd.MultiIndex
) -> dict[str, str]:
    """Return the terms that the data without some one cluster say nothing about, with a reason.

    Their residuals in that cluster are 0 by construction, so a clustered error would be far too
    small. Only clusters whose leverages sum to 1 or more can hold a term alone: at most k.
    """
    leverage = np.einsum("kn,kn->n", projection.columns, projection.columns)
    heavy = np.bincount(numbers, weights=leverage) >= 1 - COLLINEAR
    alone = np.zeros(len(projection.names), dtype=bool)
    for cluster in np.flatnonzero(heavy):
        alone |= _without(projection, projection.columns[:, numbers == cluster])[1]
    level = clusters.names[-1]
    names = [projection.names[position] for position in np.flatnonzero(alone)]
    return {name: f"'{name}' rests on the logs of one {level} alone" for name in names}


def _absent(name: str, dropped: tuple[str, ...]) -> str:
    if name in dropped:
        return f"the data cannot tell '{name}' from the other terms of the model"
    return f"the model has no term '{name}'"


def _terms(sample: Sample, projection: Projection, nested: bool) -> int:
    """K of the small-sample factors."""
    absorbed = 0 if sample.absorbed is None else int(sample.absorbed.max()) + 1
    return len(projection.names) + (min(absorbed, 1) if nested else absorbed)


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


def _scores(projection: Projection, numbers: Codes, clusters: int) -> Floats:
    """Cluster scores in the coordinates of the orthonormal columns: k x clusters."""
    return cluster_sums(projection.columns * projection.residual, numbers, clusters)


def _moves(projection: Projection, scores: Floats) -> Floats:
    """Turn scores (k x clusters) into moves of the coefficients (clusters x k)."""
    moves: Floats = np.einsum("ij,jg->gi", projection.inverse, scores)
    return moves


def _without(projection: Projection, own: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Pseudo-inverse of the information outside a cluster, and the terms unknown outside it.

    own: the cluster's part of the orthonormal columns, in which all information is I.
    """
    information, directions = np.linalg.eigh(np.eye(len(own)) - np.einsum("in,jn->ij", own, own))
    lost = information <= COLLINEAR
    known = directions[:, ~lost]
    inverse = np.einsum("ik,jk->ij", known / information[~lost], known)
    if not lost.any():
        return inverse, lost
    reach = np.einsum("ij,jl->il", projection.inverse, directions[:, lost])
    sizes = np.einsum("ij,ij->i", projection.inverse, projection.inverse)
    return inverse, np.einsum("il,il->i", reach, reach) > COLLINEAR * sizes


def _jackknife(
    projection: Projection, coefficients: Floats, numbers: Codes, clusters: int
) -> Floats:
    """CR3 influence (clusters x k).

    With Q the orthonormal columns, leaving out cluster g moves the coordinates by
    (I - Q_g'Q_g)^-1 Q_g'e_g exactly, because absorbed effects lie inside clusters.
    """
    scores = _scores(projection, numbers, clusters)
    columns = projection.columns[:, np.argsort(numbers, kind="stable")]
    ends = np.cumsum(np.bincount(numbers))
    steps, unknown = np.empty_like(scores), np.empty(scores.shape, dtype=bool)
    for cluster, own in enumerate(np.split(columns, ends[:-1], axis=1)):
        inverse, unknown[:, cluster] = _without(projection, own)
        steps[:, cluster] = np.einsum("ij,j->i", inverse, scores[:, cluster])
    moves = np.where(unknown.T, coefficients, _moves(projection, steps))
    return math.sqrt((clusters - 1) / clusters) * moves


def _row_scores(sample: Sample, projection: Projection, numbers: Codes) -> Floats:
    """HC3 scores (k x n) in the order of the rows' paths, absorbed effects in the leverage."""
    if (sample.weights != 1).any() or (sample.within != 0).any():
        raise ValueError("HC3 needs one row a log: weights of 1, sums of squares of 0")
    if not sample.clusters.is_unique:
        raise ValueError("HC3 needs a cluster path of its own for each row")
    leverage = np.einsum("kn,kn->n", projection.columns, projection.columns)
    if sample.absorbed is not None:
        leverage += 1 / np.bincount(sample.absorbed)[sample.absorbed]
    spare = 1 - leverage
    if (spare <= COLLINEAR).any():
        raise NotEstimable(_full_leverage(sample.clusters[spare <= COLLINEAR]))
    scores: Floats = (projection.columns * (projection.residual / spare))[:, np.argsort(numbers)]
    return scores


def _full_leverage(rows: pd.MultiIndex) -> str:
    named = "; ".join(", ".join(str(part) for part in path) for path in rows[:ROWS_NAMED])
    more = f" and {len(rows) - ROWS_NAMED} more" if len(rows) > ROWS_NAMED else ""
    return f"these logs alone decide a term of the model, so HC3 has no answer: {named}{more}"
