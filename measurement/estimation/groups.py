"""Several groups at once: do they differ at all, adjusted intervals, arms that share a control.

Groups may share clusters (people do several types of task) or not (departments): covariances come
from the influence of the clusters that estimates have in common.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import optimize, special, stats

from measurement.estimation.estimate import (
    Estimate,
    Interval,
    NotEstimable,
    require_confidence,
    shared_clusters,
)

Floats = NDArray[np.float64]

GROUPS_TO_SHRINK = 3
# Directions with less than this share of the largest variance (or correlation) are rounding noise.
SINGULAR = 1e-9
# Integration of the multivariate t: absolute error about 2e-6.
POINTS = 100_000
SEED = 1
# The distributions need correlations within -1 and 1, and a number of degrees of freedom.
NEARLY_ONE = 1 - 1e-10
NEARLY_NORMAL = 1e9


class WaldTest(NamedTuple):
    """An F test: `statistic` is F(`df1`, `df2`) where the hypothesis holds."""

    statistic: float
    p_value: float
    df1: int
    df2: float


def agreeing_interval(
    estimate: Estimate, p_value_adjusted: float, *, confidence: float, groups: int
) -> Interval:
    """Return the interval that agrees with an adjusted p-value of "the truth is 0".

    Its level is 1 - alpha p / p_adjusted with p the estimate's own p-value: it leaves 0 out
    exactly if p_adjusted < alpha. Where p is too small for a number, the level is Bonferroni's,
    1 - alpha / `groups` (`groups`: p-values adjusted together), to which the rule tends for the
    smallest p-value.

    Raises NotEstimable for a standard error of 0; ValueError for an adjusted p-value below the
    estimate's own or above 1, for no groups and for a confidence outside 0 to 1.
    """
    require_confidence(confidence)
    if groups < 1:
        raise ValueError(f"groups {groups}: 1 or more are allowed")
    p_value = estimate.p_value()
    if not p_value <= p_value_adjusted <= 1:
        raise ValueError(
            f"p_value_adjusted {p_value_adjusted}: from the p-value itself, {p_value}, to 1 is "
            "allowed"
        )
    share = p_value / p_value_adjusted if p_value > 0 else 1 / groups
    return estimate.interval(1 - (1 - confidence) * share)


def equal_effects(estimates: Sequence[Estimate]) -> WaldTest:
    """Test that the effects of all groups are equal.

    With d the differences from the first group and V their covariance (joint psi), Q = d'V^-1 d on
    q = rank of V differences, and nu the smallest degrees of freedom of the estimates:
    - groups without a cluster in common: Q / q as F(q, nu);
    - groups that share clusters: V is estimated from the same nu, which Hotelling's T^2 allows
      for: Q (nu - q + 1) / (nu q) as F(q, nu - q + 1).
    Directions in which nothing varies are left out.

    Raises NotEstimable for fewer than two groups, when no difference varies, and when groups that
    share clusters are more than the degrees of freedom can compare.
    """
    if len(estimates) < 2:
        raise NotEstimable("fewer than two groups to compare")
    psi, freedom = _joint_psi(estimates)
    values = np.array([estimate.value for estimate in estimates])
    squared, rank = _squared_distance(values[1:] - values[0], psi[:, 1:] - psi[:, :1])
    share_clusters = bool(((psi != 0).sum(axis=1) > 1).any())
    below = freedom - rank + 1 if share_clusters else freedom
    if below <= 0:
        raise NotEstimable(
            f"too few clusters to compare the groups: {rank} differences, "
            f"{freedom:g} degrees of freedom"
        )
    statistic = squared / rank * (below / freedom)
    return WaldTest(statistic, float(special.fdtrc(rank, below, statistic)), rank, below)


def dunnett(estimates: Sequence[Estimate]) -> list[float]:
    """Return single-step adjusted p-values of several arms, each against one shared control.

    p_j = P(max |T| >= |t_j|) with T multivariate t, the correlations of the joint psi (arms share
    the control's clusters) and the smallest degrees of freedom: family-wise error, less strict
    than Holm's first step where arms correlate. Integrated on a fixed lattice with a fixed seed,
    absolute error about 2e-6; never below the arm's own p-value at those degrees of freedom nor
    above Bonferroni's. Source: Dunnett 1955; Hothorn, Bretz and Westfall 2008.

    Raises NotEstimable for a standard error of 0.
    """
    if not estimates:
        return []
    if not all(estimate.std_error for estimate in estimates):
        raise NotEstimable("a standard error of 0 allows no test")
    psi, freedom = _joint_psi(estimates)
    correlations = _correlations(np.einsum("gi,gj->ij", psi, psi))
    adjusted = []
    for estimate in estimates:
        distance = abs(estimate.value) / estimate.std_error
        own = 2 * float(special.stdtr(freedom, -distance))
        beyond = 1 - _within(distance, correlations, freedom)
        adjusted.append(max(own, min(beyond, len(estimates) * own)))
    return adjusted


def shrunken(estimates: Sequence[Estimate]) -> list[float]:
    """Return empirical-Bayes values: each pulled to the common mean, the more the vaguer it is.

    Normal groups around a normal mean: value_i = mean + tau2 / (tau2 + se_i^2) (x_i - mean), with
    the mean weighted by 1 / (tau2 + se_i^2) and the between-group variance tau2 of Paule and
    Mandel 1982, 0 where the groups differ no more than by chance. Covariances of the groups are
    not used. Unit: that of the estimates.

    Raises NotEstimable for fewer than 3 groups, whose variance two values could not tell, and for
    a standard error of 0.
    """
    if len(estimates) < GROUPS_TO_SHRINK:
        raise NotEstimable(
            f"too few groups for shrunken values: {len(estimates)}, "
            f"at least {GROUPS_TO_SHRINK} are needed"
        )
    values = np.array([estimate.value for estimate in estimates])
    variances = np.array([estimate.std_error for estimate in estimates]) ** 2
    if not variances.all():
        raise NotEstimable("a standard error of 0 allows no shrunken values")
    between = _variance_between(values, variances)
    weights = 1 / (between + variances)
    mean = (weights * values).sum() / weights.sum()
    kept = between * weights
    return [float(value) for value in mean + kept * (values - mean)]


def _joint_psi(estimates: Sequence[Estimate]) -> tuple[Floats, float]:
    """Return the influence of each cluster (clusters x estimates) and the degrees of freedom.

    The clusters' level is one that all estimates have; the degrees of freedom are the smallest.
    """
    levels = shared_clusters(estimates)
    coarse = [estimate.coarsened(levels) for estimate in estimates]
    psi = pd.concat([estimate.psi for estimate in coarse], axis=1).fillna(0.0).sort_index()
    freedom = min(NEARLY_NORMAL, *(estimate.degrees_of_freedom for estimate in coarse))
    return psi.to_numpy(dtype=np.float64), freedom


def _squared_distance(differences: Floats, psi: Floats) -> tuple[float, int]:
    """Return d'V^-1 d and the rank of V; scaled first, so that units do not decide the rank."""
    errors = np.sqrt(np.einsum("gi,gi->i", psi, psi))
    vary = errors > 0
    if not vary.any():
        raise NotEstimable("the differences between the groups do not vary")
    psi, differences = psi[:, vary] / errors[vary], differences[vary] / errors[vary]
    spread, directions = np.linalg.eigh(np.einsum("gi,gj->ij", psi, psi))
    kept = spread > SINGULAR * spread.max()
    along = np.einsum("i,ij->j", differences, directions[:, kept])
    return math.fsum(along**2 / spread[kept]), int(kept.sum())


def _correlations(covariance: Floats) -> Floats:
    errors = np.sqrt(covariance.diagonal())
    correlations: Floats = covariance / np.outer(errors, errors) * NEARLY_ONE
    np.fill_diagonal(correlations, 1.0)
    return correlations


def _within(distance: float, correlations: Floats, degrees_of_freedom: float) -> float:
    """Return P(max |T| <= distance) of a multivariate t."""
    limits = np.full(len(correlations), distance)
    chance = stats.multivariate_t.cdf(
        limits,
        shape=correlations,
        df=degrees_of_freedom,  # type: ignore[arg-type]  # the stubs know whole numbers only
        allow_singular=True,
        lower_limit=-limits,
        maxpts=POINTS,
        random_state=np.random.Generator(np.random.PCG64(SEED)),
    )
    return float(chance)


def _variance_between(values: Floats, variances: Floats) -> float:
    """Return tau2 with sum((x - mean)^2 / (tau2 + v)) = groups - 1, or 0 where the sum is less.

    The sum falls as tau2 grows; at the squared range of the values it is below (groups - 1) / 2.
    """

    def excess(between: float) -> float:
        weights = 1 / (between + variances)
        mean = (weights * values).sum() / weights.sum()
        return float((weights * (values - mean) ** 2).sum()) - (len(values) - 1)

    if excess(0.0) <= 0:
        return 0.0
    return float(optimize.brentq(excess, 0.0, float(np.ptp(values)) ** 2, xtol=1e-300))
