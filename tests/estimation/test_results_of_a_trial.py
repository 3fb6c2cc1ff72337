"""What an analysis says beside its estimates: always-valid intervals, limits, checks, the table."""

import datetime
import math
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from scipy import optimize, stats

from measurement.estimation.checks import CHECKS
from measurement.estimation.disclosure import published
from measurement.estimation.evaluation import evaluate
from measurement.estimation.evidence import evidence_of
from measurement.estimation.flags import FLAG_RULES_VERSION
from measurement.estimation.history import History, PlanLock, Tuning, promise
from measurement.estimation.simulate import simulate
from tests.estimation.frames import AS_OF, bundle, row_of
from tests.estimation.test_history import LOCKED_AT
from tests.untraced import untraced


def trial(**plan: Any) -> Any:
    """Return a parallel trial of two departments."""
    generator = np.random.default_rng(3)
    people = [
        {
            "participant": f"p{number:02d}",
            "arm": ("ai", "control")[number % 2],
            "department": ("Kites", "Tea")[number // 2 % 2],
        }
        for number in range(96)
    ]
    logs = [
        {
            "participant": person["participant"],
            "key": str(task),
            "minutes": float(np.exp(generator.normal(3 - 0.3 * (person["arm"] == "ai"), 0.5))),
            "ai_used": person["arm"] == "ai",
            "task_type": ("draft", "search")[task % 2],
            "date": f"2025-04-{22 + task % 2}",
        }
        for person in people
        for task in range(4)
    ]
    dates = {"starts_on": "2025-04-14", "ends_on": "2025-05-02"}
    return bundle("parallel", logs=logs, participants=people, trial=dates, plan=plan)


def results_of(data: Any, history: Any = None) -> Any:
    evidence = evidence_of(data, AS_OF)
    return evaluate(evidence if history is None else replace(evidence, history=history))


@cache
def plain_results() -> Any:
    return results_of(trial())


def width(tau: float, std_error: float, alpha: float) -> float:
    """Return the half-width of METHODS.md section 4, letter by letter."""
    r = tau**2 / std_error**2
    return std_error * math.sqrt((1 + 1 / r) * math.log((1 + r) / alpha**2))


def narrowest(std_error: float, alpha: float) -> float:
    found = optimize.minimize_scalar(
        lambda log_tau: width(math.exp(log_tau), std_error, alpha),
        bracket=(math.log(std_error), math.log(9 * std_error)),
        options={"xtol": 1e-12},
    )
    return math.exp(found.x)


def test_intervals_are_tuned_to_the_planned_amount_of_logs() -> None:
    results = results_of(trial(planned_participants=400, planned_logs_per_participant=10))

    for row in results.estimates:
        if row.std_error is None or row.std_error == 0:
            continue
        # 384 task logs of the 4,000 planned.
        tau = narrowest(row.std_error * math.sqrt(384 / 4000), 0.05)
        t, z = stats.t.ppf(0.975, row.degrees_of_freedom), stats.norm.ppf(0.975)
        half = width(tau, row.std_error, 0.05) * t / z
        value = math.log(row.value) if row.scale == "log" else row.value
        ends = [value - half, value + half]
        ends = [math.exp(end) for end in ends] if row.scale == "log" else ends
        assert [row.always_valid_low, row.always_valid_high] == pytest.approx(ends, rel=1e-6)
        assert row.always_valid_low < row.ci_low
        assert row.ci_high < row.always_valid_high


def test_a_tau_that_was_fixed_after_the_lock_is_kept() -> None:
    data = trial()
    key = ("time_ratio", "department", "Tea", "primary", "ai")
    lock = PlanLock(LOCKED_AT, "administrator (user 1)", "0" * 64, promise(data.trial))
    results = results_of(data, History(lock, tuning=(Tuning(*key, tau=0.25),)))

    row = row_of(results, "time_ratio", dimension="department", group="Tea")
    t, z = stats.t.ppf(0.975, row.degrees_of_freedom), stats.norm.ppf(0.975)
    half = width(0.25, row.std_error, 0.05) * t / z
    assert row.always_valid_high == pytest.approx(row.value * math.exp(half), rel=1e-12)
    taus = {tuple(one.values())[:5]: one["tau"] for one in results.tuning}
    assert taus[key] == 0.25
    other = row_of(results, "time_ratio", dimension="department", group="Kites")
    tuned = taus["time_ratio", "department", "Kites", "primary", "ai"]
    assert tuned == pytest.approx(narrowest(other.std_error, 0.05), rel=1e-6)


def test_every_estimate_with_an_error_is_tuned_once() -> None:
    results = plain_results()

    tuned = [tuple(one.values())[:5] for one in results.tuning]
    expected = [
        (row.estimand, row.dimension, row.group, row.sample, row.arm)
        for row in results.estimates
        if row.std_error
    ]
    assert tuned == expected
    assert len(set(tuned)) == len(tuned)


def test_without_an_error_there_is_no_interval_and_it_is_said() -> None:
    results = plain_results()

    # Everybody used AI: a share without an error has no interval to be tuned.
    adoption = row_of(results, "adoption_rate")
    assert (adoption.value, adoption.std_error, adoption.always_valid_low) == (1, 0, None)
    reason = "no always-valid interval: the standard error is 0"
    assert adoption.notes == (reason,)
    said = {row.std_error for row in results.estimates if reason in row.notes}
    assert said == {0}
    public = row_of(published(results, minimum_people=10), "adoption_rate")
    assert public.notes == ("no always-valid interval",)


def test_an_interval_beyond_every_number_is_left_out_and_said() -> None:
    data = trial(subgroups=[])
    key = ("time_ratio", "all", "all", "primary", "ai")
    lock = PlanLock(LOCKED_AT, "administrator (user 1)", "0" * 64, promise(data.trial))
    row = row_of(results_of(data, History(lock, tuning=(Tuning(*key, tau=1e-6),))), "time_ratio")

    assert row.value is not None
    assert row.always_valid_high is None
    assert row.notes[-1].startswith("no always-valid interval: the interval reaches beyond")


@pytest.mark.parametrize("design", list(CHECKS))
@untraced()
def test_every_design_has_its_checks_and_its_three_figures(design: Any) -> None:
    data = simulate(participants=90, logs_per_participant=12, design=design, seed=3).bundle
    results = evaluate(evidence_of(data, datetime.date(2025, 12, 31)))

    names = [check.check for check in results.checks]
    assert names[: len(CHECKS[design])] == list(CHECKS[design])
    assert names[len(CHECKS[design]) :] == [
        f"interaction_{dimension}" for dimension in data.trial.plan.subgroups
    ]
    assert {check.verdict for check in results.checks} <= {"pass", "warn", "fail", "not_estimable"}
    for estimand in ("time_ratio", "minutes_saved_per_task", "minutes_saved_per_working_day"):
        assert row_of(results, estimand).value is not None
    assert ("two_way" in {row.sample for row in results.estimates}) == (design == "stepped_wedge")
    assert results.flag_rules_version == FLAG_RULES_VERSION
    assert len(results.sensitivity) > 10


def test_limits_are_named_by_task_type() -> None:
    data = trial(subgroups=[])
    data.task_logs.loc[data.task_logs["task_type"] == "search", "task_type"] = np.nan
    limits = results_of(data).winsorising_limits

    logs = data.task_logs
    expected = [
        np.quantile(part["minutes"], [0.01, 0.99]).tolist()
        for part in (logs[logs["task_type"].isna()], logs[logs["task_type"] == "draft"])
    ]
    assert [one["task_type"] for one in limits] == [None, "draft"]
    assert [[one["low"], one["high"]] for one in limits] == expected


def test_a_plan_without_subgroups_asks_for_no_interaction() -> None:
    results = results_of(trial(subgroups=["grade"]))

    assert not [check for check in results.checks if check.check.startswith("interaction")]
    assert not [row for row in results.estimates if row.dimension == "grade"]
