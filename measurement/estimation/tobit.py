"""The effect on log(minutes) where tasks were stopped at a time limit: a Tobit model.

A stopped task would have taken at least as long as it did. log(minutes) is normal about the
planned model's terms and right-censored where a task was stopped (Tobin 1958).
"""

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from measurement.estimation.estimate import Estimate, NotEstimable, group_clusters
from measurement.estimation.least_squares import (
    Codes,
    Floats,
    Projection,
    Sample,
    cluster_sums,
    project,
)
from measurement.estimation.planned_model import (
    TREATMENT,
    Model,
    require_comparison,
    sample,
)
from measurement.estimation.regression import require_clusters, terms_on_one_cluster

Booleans = NDArray[np.bool_]

PARTICIPANT_MEANS: Final = (
    "participants enter by the means of their other terms (Mundlak 1978), as effects of each "
    "participant would bias a Tobit model"
)
ITERATIONS: Final = 100
# Squared distance to the maximum, in standard errors, from which one more step is exact.
EXACT: Final = 1e-16
# Squared distance within which Newton's step is known to be good.
NEAR: Final = 1e-4
# Share of the rise foretold by the gradient that a step must bring (Armijo).
ENOUGH: Final = 1e-4
LOG_ROOT_TWO_PI: Final = math.log(2 * math.pi) / 2


@dataclass(frozen=True, eq=False)
class TobitEffect:
    """`estimate`: coefficient of d on log(minutes); `note`: how the model differs, if it does."""

    estimate: Estimate
    clusters: int
    note: str | None


def tobit_effect(model: Model, cells: pd.DataFrame) -> TobitEffect:
    """Return the effect of the treatment on log(minutes) with stopped tasks as censored.

    Cells with `censored_minutes` count as stopped at their minutes. Terms are the model's, but
    absorbed effects enter by group means of all terms (Mundlak 1978). psi_g = A^-1 S_g with the
    information A and cluster scores S_g, times sqrt(G / (G - 1)), with G - 1 degrees of freedom;
    clusters are participants where the model has none.

    Raises NotEstimable without a comparison, without stopped or without finished tasks, for fewer
    than 6 clusters, for terms that finished tasks say nothing about, and where there is no
    maximum to be found.
    """
    require_comparison(cells)
    stopped = cells["censored_minutes"].notna().to_numpy(dtype=bool)
    if not stopped.any():
        raise NotEstimable("no task was stopped at a time limit")
    if stopped.all():
        raise NotEstimable("every task was stopped at a time limit")
    planned = _without_absorbing(model, cells)
    numbers, paths = group_clusters(planned.clusters)
    require_clusters(len(paths))
    projection = project(planned)
    direction = projection.row_of(TREATMENT)
    if TREATMENT in (refused := terms_on_one_cluster(projection, numbers, paths)):
        raise NotEstimable(refused[TREATMENT])
    _require_finished(planned, projection, stopped)
    likelihood = _Likelihood.of(planned, projection, stopped)
    spread = math.sqrt(float(planned.weights.sum()) / likelihood.squares)
    parameters = likelihood.maximum(np.array([*np.zeros(len(direction)), spread]))
    beyond, psi = _in_coordinates(likelihood, parameters, numbers, len(paths))
    return TobitEffect(
        estimate=Estimate(
            math.fsum(direction * (projection.coordinates + beyond)),
            pd.Series(np.einsum("k,kg->g", direction, psi), index=paths),
            len(paths) - 1,
        ),
        clusters=len(paths),
        note=None if model.absorbed is None else PARTICIPANT_MEANS,
    )


def _without_absorbing(model: Model, cells: pd.DataFrame) -> Sample:
    """Return the sample of log(minutes) with means of its terms in place of absorbed effects."""
    by_participant = model.standard_errors == "HC3"
    plain = replace(
        model,
        effects=(*model.effects, *_held_types(model)),
        absorbed=None,
        cluster="participant" if by_participant else model.cluster,
        standard_errors="cluster",
    )
    planned = sample(plain, cells, "log_minutes")
    groups = sample(model, cells, "log_minutes").absorbed
    if groups is None:
        return planned
    terms = planned.regressors.drop(columns="intercept")
    means = _group_means(terms.to_numpy(dtype=np.float64).T, planned.weights, groups)
    named = {f"mean of {name}": mean for name, mean in zip(terms, means, strict=True)}
    # The treatment stays last, see planned_model.
    ordered = [planned.regressors.drop(columns=TREATMENT), pd.DataFrame(named), terms[TREATMENT]]
    return replace(planned, regressors=pd.concat(ordered, axis=1))


def _held_types(model: Model) -> tuple[str, ...]:
    return ("task_type",) if model.absorbed == "participant_by_task_type" else ()


def _group_means(columns: Floats, weights: Floats, groups: Codes) -> Floats:
    """Return weighted means of the columns (k x n) within groups, one entry a row."""
    totals = np.bincount(groups, weights=weights)
    means: Floats = (cluster_sums(columns * weights, groups, len(totals)) / totals)[:, groups]
    return means


def _require_finished(planned: Sample, projection: Projection, stopped: Booleans) -> None:
    """Raise NotEstimable unless the finished tasks alone identify the model.

    Then the likelihood falls without bound in every direction, and its maximum exists.
    """
    kept = ~stopped
    finished = replace(
        planned,
        regressors=planned.regressors.loc[kept, list(projection.names)],
        outcome=planned.outcome[kept],
        weights=planned.weights[kept],
        within=planned.within[kept],
        clusters=planned.clusters[kept],
    )
    alone = project(finished)
    if alone.dropped:
        named = ", ".join(f"'{name}'" for name in alone.dropped)
        raise NotEstimable(f"the finished tasks say nothing about a term of the model: {named}")
    if not (alone.residual.any() or finished.within.any()):
        raise NotEstimable("the model leaves no residuals of finished tasks")


@dataclass(frozen=True, eq=False)
class _Likelihood:
    """The Tobit log likelihood in the parameters that make it concave (Olsen 1978).

    Parameters (k + 1): coefficients over sigma, of the moves beyond least squares in the
    projection's coordinates; 1 / sigma. columns ((k + 1) x n): those coordinates' regressors and
    minus the least-squares residual, so that columns times parameters is (xb - y) / sigma.
    """

    columns: Floats
    logs: Floats
    within: Floats
    stopped: Booleans

    @classmethod
    def of(cls, planned: Sample, projection: Projection, stopped: Booleans) -> "_Likelihood":
        """Return the likelihood of a sample of which the rows `stopped` are censored."""
        rows = np.vstack([projection.columns, -projection.residual]) / np.sqrt(planned.weights)
        return cls(rows, planned.weights, planned.within, stopped)

    @property
    def squares(self) -> float:
        """Sum of squared residuals of least squares, in which stopped tasks count as finished."""
        return float((self.logs * self.columns[-1] ** 2 + self.within).sum())

    @property
    def finished(self) -> float:
        """Number of finished tasks."""
        return float(self.logs[~self.stopped].sum())

    def value(self, parameters: Floats) -> float:
        """Return the log likelihood, but for a constant; minus infinity outside its domain."""
        inverse_sigma = parameters[-1]
        if inverse_sigma <= 0:
            return -math.inf
        index = self._index(parameters)
        squares = -(self.logs * index**2 + inverse_sigma**2 * self.within) / 2
        parts = np.where(self.stopped, self.logs * special.log_ndtr(index), squares)
        return self.finished * math.log(inverse_sigma) + float(parts.sum())

    def scores(self, parameters: Floats) -> Floats:
        """Return the gradient of each row's part: (k + 1) x n."""
        index = self._index(parameters)
        scores = self.columns * self.logs * np.where(self.stopped, _mills(index), -index)
        own = self.logs / parameters[-1] - parameters[-1] * self.within
        scores[-1] += np.where(self.stopped, 0.0, own)
        return scores

    def information(self, parameters: Floats) -> Floats:
        """Return minus the second derivatives: (k + 1) x (k + 1)."""
        index = self._index(parameters)
        mills = _mills(index)
        curvature = self.logs * np.where(self.stopped, mills * (mills + index), 1.0)
        information: Floats = np.einsum("in,jn->ij", self.columns * curvature, self.columns)
        information[-1, -1] += self.finished / parameters[-1] ** 2 + self.within.sum()
        return information

    def maximum(self, parameters: Floats) -> Floats:
        """Return the parameters of the maximum, by Newton's method with halved steps."""
        value, size = self.value(parameters), 1.0
        step, distance = self._step(parameters)
        for _ in range(ITERATIONS):
            moved = parameters + size * step
            rise = self.value(moved) - value
            if distance > NEAR and rise < ENOUGH * size * distance:
                size /= 2
                continue
            if distance <= EXACT:
                return moved
            parameters, value, size = moved, value + rise, 1.0
            step, distance = self._step(parameters)
        raise NotEstimable("the Tobit model has no maximum that could be found")

    def _step(self, parameters: Floats) -> tuple[Floats, float]:
        """Return Newton's step, and the squared distance to the maximum in standard errors."""
        gradient = self.scores(parameters).sum(axis=1)
        step: Floats = np.linalg.solve(self.information(parameters), gradient)
        return step, math.fsum(gradient * step)

    def _index(self, parameters: Floats) -> Floats:
        index: Floats = np.einsum("kn,k->n", self.columns, parameters)
        return index


def _mills(index: Floats) -> Floats:
    """Return the normal density over its distribution function, also far out in the tail."""
    mills: Floats = np.exp(-(index**2) / 2 - LOG_ROOT_TWO_PI - special.log_ndtr(index))
    return mills


def _in_coordinates(
    likelihood: _Likelihood, parameters: Floats, numbers: Codes, clusters: int
) -> tuple[Floats, Floats]:
    """Return the moves beyond least squares (k) and the clusters' influence on them (k x G)."""
    by_cluster = cluster_sums(likelihood.scores(parameters), numbers, clusters)
    bread = np.linalg.inv(likelihood.information(parameters))
    influence = np.einsum("ij,jg->ig", bread, by_cluster) * math.sqrt(clusters / (clusters - 1))
    beyond = parameters[:-1] / parameters[-1]
    # Of a / c, with c = 1 / sigma: (da - a / c dc) / c.
    return beyond, (influence[:-1] - np.outer(beyond, influence[-1])) / parameters[-1]
