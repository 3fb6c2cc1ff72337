"""Regressions on cells: coefficients with the influence of every cluster, or row, on them.

The coefficients are those of `least_squares.py`, and sums over cells run as its do.
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

from measurement.estimation.estimate import Estimate, NotEstimable
from measurement.estimation.least_squares import (
    COLLINEAR,
    EXPLAINS,
    Codes,
    Floats,
    Projection,
    Sample,
    cluster_sums,
    project,
    why_absent,
)

StandardErrors = Literal["CR1", "CR3", "HC3"]

MINIMUM_CLUSTERS = 6
ROWS_NAMED = 5


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
            raise NotEstimable(why_absent(name, self.dropped))
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
            raise NotEstimable(why_absent(name, (name,)))


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


def _terms(sample: Sample, projection: Projection, nested: bool) -> int:
    """K of the small-sample factors."""
    absorbed = 0 if sample.absorbed is None else int(sample.absorbed.max()) + 1
    return len(projection.names) + (min(absorbed, 1) if nested else absorbed)


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
