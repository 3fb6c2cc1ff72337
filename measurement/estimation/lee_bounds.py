"""Bounds on the time ratio when more people left one arm than the other (Lee 2009)."""

import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from measurement.estimation.definition import Trial
from measurement.estimation.designs import rules
from measurement.estimation.estimate import Estimate, NotEstimable, group_clusters
from measurement.estimation.planned_model import named
from measurement.estimation.regression import require_clusters

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]

# A share of an observation this small is rounding.
ROUNDING = 1e-9


def bounds_of_arm(
    trial: Trial, participants: pd.DataFrame, cells: pd.DataFrame, arm: str
) -> tuple[Estimate, Estimate]:
    """Return the lower and the upper bound of log(time ratio) of an arm against those without AI.

    The outcome is each participant's mean of log(minutes) over the analysed logs that are not
    novel, adjusted for nothing; participants without such logs are those who are lost. `cells`
    have columns participant, novel, logs, log_minutes_mean. Raises as `lee_bounds` does.
    """
    without = [other.name for other in trial.design.arms if not other.ai]
    people = participants[participants["arm"].isin([arm, *without])]
    cluster = rules(trial).cluster(trial)
    return lee_bounds(
        _mean_log_minutes(people, cells),
        (people["arm"] == arm).to_numpy(dtype=bool),
        pd.MultiIndex.from_arrays([named(people[cluster])], names=[cluster]),
    )


def lee_bounds(
    outcome: Floats, with_ai: Booleans, clusters: pd.MultiIndex
) -> tuple[Estimate, Estimate]:
    """Return the lower and the upper bound of the effect on those who would stay in either arm.

    `outcome` has one entry a randomised participant, NaN for the lost. With q1 >= q0 the shares
    observed with and without AI, the highest (lower bound) or lowest (upper bound) share
    (q1 - q0) / q1 of the outcomes with AI is left out; the outcome at the cut counts with the
    part of it that belongs inside, so the cut is an outcome (the inverse of the empirical
    distribution), not interpolated between two. With q1 < q0 the arm without AI is trimmed.
    Standard errors: Lee's Proposition 3 as influences, summed by cluster, times
    sqrt(G / (G - 1)), with G - 1 degrees of freedom. With q1 = q0 both are the plain difference.

    Assumes that AI makes nobody leave whom its absence keeps, or the reverse: not both. Raises
    NotEstimable where an arm has nobody observed and for fewer than 6 clusters.
    """
    numbers, paths = group_clusters(clusters)
    require_clusters(len(paths))
    observed = ~np.isnan(outcome)
    if not (observed & with_ai).any() or not (observed & ~with_ai).any():
        raise NotEstimable("an arm without anybody who logged a task")
    low, high = _bounds(outcome, observed, with_ai)
    factor = math.sqrt(len(paths) / (len(paths) - 1))

    def estimate(bound: tuple[float, Floats]) -> Estimate:
        value, influence = bound
        sums = np.bincount(numbers, weights=influence, minlength=len(paths)) * factor
        return Estimate(value, pd.Series(sums, index=paths), len(paths) - 1)

    return estimate(low), estimate(high)


def _mean_log_minutes(people: pd.DataFrame, cells: pd.DataFrame) -> Floats:
    places = pd.Index(people["participant"]).get_indexer(pd.Index(cells["participant"]))
    counted = (places >= 0) & ~cells["novel"].to_numpy(dtype=bool)
    places, logs = places[counted], cells["logs"].to_numpy(dtype=np.float64)[counted]
    minutes = logs * cells["log_minutes_mean"].to_numpy(dtype=np.float64)[counted]
    totals = np.bincount(places, weights=logs, minlength=len(people))
    sums = np.bincount(places, weights=minutes, minlength=len(people))
    return np.where(totals > 0, sums / np.maximum(totals, 1), np.nan)


def _bounds(
    outcome: Floats, observed: Booleans, with_ai: Booleans
) -> tuple[tuple[float, Floats], tuple[float, Floats]]:
    """Return value and influence of each participant, of the lower and the upper bound."""
    people, seen = with_ai.sum(), (observed & with_ai).sum()
    others, others_seen = (~with_ai).sum(), (observed & ~with_ai).sum()
    if seen * others < others_seen * people:
        (low, of_low), (high, of_high) = _bounds(outcome, observed, ~with_ai)
        return (-high, -of_high), (-low, -of_low)
    low, of_low = _lower_bound(outcome, observed, with_ai)
    high, of_high = _lower_bound(-outcome, observed, with_ai)
    return (low, of_low), (-high, -of_high)


def _lower_bound(outcome: Floats, observed: Booleans, with_ai: Booleans) -> tuple[float, Floats]:
    """Return the lower bound where the arm with AI is trimmed, if any is."""
    treated, control = observed & with_ai, observed & ~with_ai
    stay, stay_without = treated.sum() / with_ai.sum(), control.sum() / (~with_ai).sum()
    # In whole numbers first: equal arms give a whole number of outcomes without rounding.
    mass = control.sum() * with_ai.sum() / (~with_ai).sum()
    mean, cut, influence = _mean_of_lowest(outcome[treated], mass)
    reference = math.fsum(outcome[control].tolist()) / control.sum()
    psi = np.zeros(len(outcome))
    psi[treated] = influence / treated.sum()
    psi[control] = -(outcome[control] - reference) / control.sum()
    if mass < treated.sum() - ROUNDING:
        # The share kept is estimated too: d mean / d log(share) = cut - mean.
        moved = np.where(
            with_ai,
            -(observed - stay) / stay / with_ai.sum(),
            (observed - stay_without) / stay_without / (~with_ai).sum(),
        )
        psi += (cut - mean) * moved
    return mean - reference, psi


def _mean_of_lowest(values: Floats, mass: float) -> tuple[float, float, Floats]:
    """Return the mean of the lowest `mass` values, the highest of them, each value's influence.

    influence = ((y - cut) 1{y <= cut} + share x cut) / share - mean; it sums to 0.
    """
    order = np.argsort(values, kind="stable")
    weights = np.empty(len(values))
    weights[order] = np.clip(mass - np.arange(len(values)), 0, 1)
    mean = math.fsum((weights * values).tolist()) / mass
    cut = float(values[order[math.ceil(mass - ROUNDING) - 1]])
    kept = mass / len(values)
    return mean, cut, ((values - cut) * weights) / kept + cut - mean
