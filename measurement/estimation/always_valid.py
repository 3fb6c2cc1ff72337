"""Always-valid confidence intervals: as safe to look at every day as once.

The fixed interval covers the truth at one look that was named beforehand. This one covers it at
all looks together, whenever one stops. It comes from a normal mixture: with z = estimate / se and
a truth of 0, the likelihood ratio of "the truth is drawn from N(0, tau^2)" against "it is 0",
sqrt(se^2 / (se^2 + tau^2)) exp(z^2 / 2 x tau^2 / (se^2 + tau^2)), is a martingale as logs come
in. By Ville's inequality it ever reaches 1 / alpha with a chance of at most alpha; the interval
holds the truths for which it has not. Source: Robbins 1970; Waudby-Smith and others 2021.

That holds for a `tau` that does not depend on the logs to which the interval is applied: it is
set once, at the first look after the plan was locked, from that look's standard error (never from
its value) and the plan's numbers, then stored and used at every look from then on. A `tau` chosen
anew at each look would lose the guarantee.
"""

from __future__ import annotations

import math

from scipy import special

from measurement.estimation.estimate import (
    Estimate,
    Interval,
    NotEstimable,
    require_confidence,
)


def planned_std_error(
    std_error: float,
    logs: int,
    *,
    planned_participants: int | None,
    planned_logs_per_participant: int | None,
) -> float:
    """Return the standard error expected once the planned task logs are in, in the same unit.

    `std_error` is that of the first `logs` analysed logs; it falls with the root of their number.
    It is returned as it is where the plan does not name both of its numbers: the interval is then
    narrowest at today's amount of data, and valid all the same.

    Raises NotEstimable for a standard error of 0 and without logs.
    """
    _require_std_error(std_error)
    if logs < 1:
        raise NotEstimable("no task logs to tune the always-valid interval by")
    if planned_participants is None or planned_logs_per_participant is None:
        return std_error
    return std_error * math.sqrt(logs / (planned_participants * planned_logs_per_participant))


def best_tau(std_error: float, confidence: float) -> float:
    """Return the tau whose interval is narrowest at `std_error`, in the unit of `std_error`.

    The width depends on r = tau^2 / se^2 alone; its derivative is 0 where
    log((1 + r) / alpha^2) = r, so r = -1 - W(-alpha^2 / e) with W the lower branch of Lambert's
    function.

    Raises NotEstimable for a standard error of 0, ValueError for a confidence outside 0 to 1.
    """
    _require_std_error(std_error)
    require_confidence(confidence)
    alpha = 1 - confidence
    ratio = -1 - float(special.lambertw(-(alpha**2) / math.e, -1).real)
    return std_error * math.sqrt(ratio)


def always_valid_interval(estimate: Estimate, tau: float, confidence: float) -> Interval:
    """Return the interval that covers the truth at all looks at once with `confidence`.

    Half-width: se sqrt((1 + se^2 / tau^2) log((1 + tau^2 / se^2) / alpha^2)), times the ratio of
    the Student-t quantile at the estimate's degrees of freedom to the normal one, so that few
    clusters widen it as much as they widen the fixed interval. `tau` is in the estimate's unit.

    Raises NotEstimable for a standard error of 0, ValueError for a tau that is not above 0 and
    for a confidence outside 0 to 1.
    """
    _require_std_error(estimate.std_error)
    require_confidence(confidence)
    if not 0 < tau < math.inf:
        raise ValueError(f"tau {tau}: a finite number above 0 is allowed")
    squared_ratio = (tau / estimate.std_error) ** 2
    squared_z = (1 + 1 / squared_ratio) * (math.log1p(squared_ratio) - 2 * math.log1p(-confidence))
    half = estimate.std_error * math.sqrt(squared_z) * _widening(estimate, confidence)
    return Interval(estimate.value - half, estimate.value + half)


def _widening(estimate: Estimate, confidence: float) -> float:
    """Return the Student-t quantile over the normal one: 1 for endless degrees of freedom."""
    level = (1 + confidence) / 2
    quantile = float(special.stdtrit(estimate.degrees_of_freedom, level))
    return quantile / float(special.ndtri(level))


def _require_std_error(std_error: float) -> None:
    if not 0 < std_error < math.inf:
        raise NotEstimable(f"a standard error of {std_error:g} allows no always-valid interval")
