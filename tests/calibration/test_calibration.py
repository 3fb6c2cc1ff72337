"""The calibration in small: a few hundred light trials, and errors that it must catch.

Limits are binomial: a right formula fails less than once in 10,000 runs of all seeds, and the
seeds are fixed.
"""

import math
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from calibration.scenarios import FEW, LOGNORMAL, SCENARIOS, Scenario
from calibration.trials import Judged, coverage, judged
from measurement.estimation.definition import KINDS
from measurement.estimation.effects import effect
from measurement.estimation.estimate import Estimate
from measurement.estimation.evidence import evidence_of
from measurement.estimation.least_squares import Sample
from measurement.estimation.prepared import prepare
from measurement.estimation.regression import StandardErrors, fit
from tests.untraced import untraced

LIGHT_TRIALS = 3_000
CLUSTERS, LOGS_PER_CLUSTER = 6, 5
TRIALS_A_DESIGN = 15
RARE = 0.5e-5


def limits(share: float, trials: int) -> tuple[float, float]:
    """Return counts that are exceeded on either side less than once in 100,000 times."""
    spread = stats.binom(trials, share)
    return float(spread.ppf(RARE)), float(spread.ppf(1 - RARE))


def within(held: int, trials: int, share: float) -> bool:
    low, high = limits(share, trials)
    return low <= held <= high


# Light trials: two arms of three clusters, of which everything is known in closed form ------------


@cache
@untraced()
def light_trials(standard_errors: StandardErrors) -> list[Estimate]:
    """Fit trials without an effect: one cell a cluster, cluster means standard normal."""
    rng = np.random.default_rng(20_260)
    arm = np.repeat([0.0, 1.0], CLUSTERS // 2)
    regressors = pd.DataFrame({"intercept": np.ones(CLUSTERS), "d": arm})
    names = [[f"person {number}" for number in range(CLUSTERS)]]
    clusters = pd.MultiIndex.from_arrays(names, names=["participant"])
    logs, within_cells = np.full(CLUSTERS, float(LOGS_PER_CLUSTER)), np.zeros(CLUSTERS)

    def drawn() -> Estimate:
        sample = Sample(regressors, rng.normal(size=CLUSTERS), logs, within_cells, clusters)
        return fit(sample, standard_errors=standard_errors, nested=False).estimate("d")

    return [drawn() for _ in range(LIGHT_TRIALS)]


def expected_coverage(standard_errors: StandardErrors) -> float:
    """Return the coverage of the 95 % interval.

    The square of the standard error is a known multiple of the unbiased one, whose t has G - 2
    degrees of freedom; the interval uses the quantile of G - 1.
    """
    G, half = CLUSTERS, CLUSTERS / 2
    N = CLUSTERS * LOGS_PER_CLUSTER
    multiples = {
        "CR1": G / (G - 1) * (N - 1) / (N - 2) * (G - 2) / G,
        "CR3": (G - 1) / G * half / (half - 1),
    }
    reach = stats.t.ppf(0.975, G - 1) * math.sqrt(multiples[standard_errors])
    return float(2 * stats.t.cdf(reach, G - 2) - 1)


def covered(estimates: list[Estimate], quantile: float, factor: float = 1.0) -> int:
    return sum(abs(each.value) <= quantile * factor * each.std_error for each in estimates)


@pytest.mark.parametrize("standard_errors", ["CR1", "CR3"])
def test_intervals_cover_as_often_as_the_closed_form_says(standard_errors: StandardErrors) -> None:
    estimates, expected = light_trials(standard_errors), expected_coverage(standard_errors)
    held = sum(each.interval(0.95).low <= 0 <= each.interval(0.95).high for each in estimates)

    assert within(held, LIGHT_TRIALS, expected)


@pytest.mark.parametrize("standard_errors", ["CR1", "CR3"])
def test_the_normal_quantile_in_place_of_students_would_be_caught(
    standard_errors: StandardErrors,
) -> None:
    held = covered(light_trials(standard_errors), stats.norm.ppf(0.975))

    assert not within(held, LIGHT_TRIALS, expected_coverage(standard_errors))


def test_a_missing_small_sample_factor_would_be_caught() -> None:
    quantile = stats.t.ppf(0.975, CLUSTERS - 1)
    without = math.sqrt((CLUSTERS - 1) / CLUSTERS)
    held = covered(light_trials("CR1"), quantile, without)

    assert not within(held, LIGHT_TRIALS, expected_coverage("CR1"))


def test_errors_for_many_clusters_in_place_of_those_for_few_would_be_caught() -> None:
    held = covered(light_trials("CR1"), stats.t.ppf(0.975, CLUSTERS - 1))

    assert not within(held, LIGHT_TRIALS, expected_coverage("CR3"))


# The calibration's own trials -------------------------------------------------------------------


def scenario_of(design: str) -> Scenario:
    return next(
        each
        for each in SCENARIOS
        if (each.kind, each.design, each.clusters) == (LOGNORMAL, design, FEW)
    )


@cache
@untraced()
def few_trials(design: str) -> list[Judged]:
    scenario = scenario_of(design)
    return [row for trial in range(TRIALS_A_DESIGN) for row in judged(scenario, trial)]


@pytest.mark.parametrize(
    "figure", ["time_ratio", "minutes_saved_per_task", "minutes_saved_per_working_day"]
)
def test_every_design_covers_the_truth(figure: str) -> None:
    rows = [row for design in KINDS for row in few_trials(design) if row.figure == figure]
    answers = [row for row in rows if row.held is not None and row.distance is not None]
    low, _ = limits(0.92, len(answers))

    # A trial too small for minutes per day, because a task type has nothing to compare, is rare.
    assert 0.9 * len(KINDS) * TRIALS_A_DESIGN <= len(answers) <= len(rows)
    assert sum(bool(row.held) for row in answers) >= low
    # The mean of as many t values of 11 degrees of freedom, variance 11 / 9.
    distance = math.fsum(row.distance or 0.0 for row in answers) / len(answers)
    assert abs(distance) < 4.5 * math.sqrt(11 / 9 / len(answers))


def test_errors_that_take_tasks_for_people_are_caught() -> None:
    rows = [by_task(scenario_of("parallel"), trial) for trial in range(2 * TRIALS_A_DESIGN)]

    assert sum(bool(row.held) for row in rows) < limits(0.92, len(rows))[0]


@untraced()
def by_task(scenario: Scenario, trial: int) -> Judged:
    """Judge the trial with the errors of single tasks, as if no two were of one person."""
    bundle, truth = scenario.simulated(trial).bundle, scenario.simulated(trial).truth
    plan = replace(bundle.trial.plan, standard_errors="HC3")
    naive = replace(bundle, trial=replace(bundle.trial, plan=plan))
    prepared = prepare(evidence_of(naive, scenario.recipe.ends_on))
    estimate = effect(prepared, prepared.whole.regular, "log_minutes").estimate
    return coverage("time_ratio", estimate, math.log(truth["time_ratio"]))
