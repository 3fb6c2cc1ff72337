"""The mean of a normal distribution of which only bands are seen, by maximum likelihood."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from measurement.estimation.estimate import Estimate, NotEstimable

Floats = NDArray[np.float64]

MOST_STEPS: Final = 100
SMALLEST_GAIN: Final = 1e-14
"""A Newton step that promises to raise the mean log-likelihood by less than this is the last."""
LOG_ROOT_TWO_PI: Final = float(np.log(2 * np.pi) / 2)


@dataclass(frozen=True, eq=False)
class _Likelihood:
    """Log-likelihood of each band, with its slopes and curvatures in (mean / sd, 1 / sd)."""

    log: Floats
    slopes: Floats
    curvatures: Floats


def latent_mean(weights: Floats, clusters: pd.MultiIndex, lower: Floats, upper: Floats) -> Estimate:
    """Return the mean of a normal variable of which each cluster shows the bands it falls in.

    `weights`: clusters x bands, how much each cluster's answers weigh in each band; `lower` and
    `upper`: where the bands, none of them empty, begin and end, lower < upper, -inf and inf where
    they do not.

    Maximum likelihood in g = mean / sd and h = 1 / sd, in which the log-likelihood is concave
    (Olsen 1978, Burridge 1981), by Newton's method. Influence of a cluster: A^-1 S_i, A the
    negative curvature and S_i the cluster's score (White 1982), carried to g / h and multiplied
    by sqrt(G / (G - 1)); G - 1 degrees of freedom.

    Raises NotEstimable where no mean and spread are likeliest, and for fewer than two clusters.
    """
    if len(clusters) < 2:
        raise NotEstimable(f"{len(clusters)} {clusters.names[0]}, at least 2 are needed")
    _require_spread(lower, upper)
    # Centred and scaled, so that steps do not depend on the unit.
    edges = np.concatenate([lower[np.isfinite(lower)], upper[np.isfinite(upper)]])
    centre, unit = (edges.min() + edges.max()) / 2, (edges.max() - edges.min()) / 2
    total = weights.sum(axis=0)
    likelihood = partial(_likelihood, lower=(lower - centre) / unit, upper=(upper - centre) / unit)
    (ratio, inverse), found = _likeliest(total / total.sum(), likelihood)
    bread = -np.einsum("b,bjk->jk", total, found.curvatures)
    scores = np.einsum("ib,bj->ij", weights, found.slopes)
    slope_of_mean = np.array([1.0, -ratio / inverse]) / inverse
    psi = np.einsum("ij,j->i", scores, np.linalg.solve(bread, slope_of_mean))
    factor = unit * np.sqrt(len(clusters) / (len(clusters) - 1))
    value = centre + unit * ratio / inverse
    return Estimate(value, pd.Series(psi * factor, index=clusters), len(clusters) - 1)


def _require_spread(lower: Floats, upper: Floats) -> None:
    """Raise NotEstimable where the likelihood rises without end, towards no or endless spread."""
    if lower.max() <= upper.min():
        raise NotEstimable(
            "all answers are in one band or in two that touch, so that their spread is unknown"
        )
    if not (np.isfinite(lower) & np.isfinite(upper)).any():
        raise NotEstimable(
            "all answers are in bands without an end, so that their spread is unknown"
        )


def _likeliest(
    shares: Floats, likelihood: Callable[[Floats], _Likelihood]
) -> tuple[Floats, _Likelihood]:
    """Return the point with the greatest likelihood, by Newton steps, shortened where needed."""
    point = np.array([0.0, 1.0])
    found = likelihood(point)
    for _ in range(MOST_STEPS):
        slope = np.einsum("b,bj->j", shares, found.slopes)
        step = np.linalg.solve(-np.einsum("b,bjk->jk", shares, found.curvatures), slope)
        if np.einsum("j,j->", slope, step) < SMALLEST_GAIN:
            return point + step, likelihood(point + step)
        before, part = np.einsum("b,b->", shares, found.log), 1.0
        # The step points uphill: a small enough part gains, at worst one that moves nothing.
        while not _gains(point + part * step, before, shares, likelihood):
            part /= 2
        point = point + part * step
        found = likelihood(point)
    raise NotEstimable(f"no most likely mean of the answers was found in {MOST_STEPS} steps")


def _gains(
    point: Floats, before: float, shares: Floats, likelihood: Callable[[Floats], _Likelihood]
) -> bool:
    """Return whether the point has a spread above 0 and no less likelihood than before."""
    if point[1] <= 0:
        return False
    return bool(np.einsum("b,b->", shares, likelihood(point).log) >= before)


def _likelihood(point: Floats, lower: Floats, upper: Floats) -> _Likelihood:
    ratio, inverse = point
    log = _log_probability(inverse * lower - ratio, inverse * upper - ratio)
    high, up = _at_limit(point, upper, log)
    low, down = _at_limit(point, lower, log)
    slope = np.stack([down - up, high * up - low * down], axis=1)
    # The density falls by itself times z = inverse x limit - ratio.
    up, down = up * (inverse * high - ratio), down * (inverse * low - ratio)
    curvature = np.array(
        [
            [down - up, high * up - low * down],
            [high * up - low * down, low**2 * down - high**2 * up],
        ]
    ).transpose(2, 0, 1) - np.einsum("bj,bk->bjk", slope, slope)
    return _Likelihood(log, slope, curvature)


def _at_limit(point: Floats, limit: Floats, log_probability: Floats) -> tuple[Floats, Floats]:
    """Return the limit and, over the band's probability, the density there; 0, 0 if it is open."""
    ratio, inverse = point
    closed = np.isfinite(limit)
    place = np.where(closed, limit, 0.0)
    log_density = -((inverse * place - ratio) ** 2) / 2 - LOG_ROOT_TWO_PI
    return place, np.exp(np.where(closed, log_density - log_probability, -np.inf))


def _log_probability(low: Floats, high: Floats) -> Floats:
    """Return the log of the standard normal's probability between, exact in both tails."""
    right = low > 0
    low, high = np.where(right, -high, low), np.where(right, -low, high)
    log_high = special.log_ndtr(high)
    between: Floats = log_high + np.log(-np.expm1(special.log_ndtr(low) - log_high))
    return between
