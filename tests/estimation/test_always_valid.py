"""Always-valid intervals: against the mixture they come from, and against daily looks."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, optimize, stats

from measurement.estimation.always_valid import (
    always_valid_interval,
    best_tau,
    planned_std_error,
)
from measurement.estimation.estimate import Estimate, Interval, NotEstimable
from tests.untraced import untraced

errors = st.floats(1e-3, 1e3)
confidences = st.floats(0.5, 0.999)


def estimate(value: float, std_error: float, df: float = math.inf) -> Estimate:
    clusters = pd.MultiIndex.from_arrays([["a", "b"]], names=["participant"])
    psi = pd.Series(np.array([0.6, -0.8]) * std_error, index=clusters)
    return Estimate(value, psi, df)


def half_width(std_error: float, tau: float, confidence: float) -> float:
    """Return the half-width as METHODS writes it."""
    alpha = 1 - confidence
    ratio = std_error**2 / tau**2
    return std_error * math.sqrt((1 + ratio) * math.log((1 + 1 / ratio) / alpha**2))


@given(value=st.floats(-10, 10), std_error=errors, shape=st.floats(0.05, 20), level=confidences)
def test_it_is_the_published_formula(
    value: float, std_error: float, shape: float, level: float
) -> None:
    tau = shape * std_error
    interval = always_valid_interval(estimate(value, std_error), tau, level)
    half = half_width(std_error, tau, level)
    assert interval.low == pytest.approx(value - half, rel=1e-12, abs=1e-12 * half)
    assert interval.high == pytest.approx(value + half, rel=1e-12, abs=1e-12 * half)


@pytest.mark.parametrize(("tau", "confidence"), [(0.2, 0.95), (1.0, 0.9), (5.0, 0.99)])
def test_at_its_ends_the_mixture_likelihood_ratio_is_one_over_alpha(
    tau: float, confidence: float
) -> None:
    value, std_error = 0.7, 0.3
    interval = always_valid_interval(estimate(value, std_error), tau, confidence)

    def evidence_against(truth: float) -> float:
        """Density of the value when the truth is drawn around `truth`, over that at `truth`."""

        def drawn(effect: float) -> float:
            return stats.norm.pdf(effect, truth, tau) * stats.norm.pdf(value, effect, std_error)

        # The product is a bump between the value and the truth.
        middle = (value * tau**2 + truth * std_error**2) / (tau**2 + std_error**2)
        width = 12 / math.sqrt(1 / tau**2 + 1 / std_error**2)
        mixture = integrate.quad(drawn, middle - width, middle + width, epsabs=0, epsrel=1e-11)[0]
        return mixture / stats.norm.pdf(value, truth, std_error)

    for end in (interval.low, interval.high):
        assert evidence_against(end) == pytest.approx(1 / (1 - confidence), rel=1e-8)
    assert evidence_against(value) < 1 / (1 - confidence)


@given(std_error=errors, confidence=confidences)
def test_the_best_tau_gives_the_narrowest_interval(std_error: float, confidence: float) -> None:
    tau = best_tau(std_error, confidence)
    search = optimize.minimize_scalar(
        lambda log_tau: half_width(std_error, math.exp(log_tau), confidence),
        bracket=(math.log(std_error), math.log(std_error) + 1),
        tol=1e-10,
    )
    # Flat around the minimum: the search finds the place to half of the digits of the width.
    assert math.log(tau) == pytest.approx(search.x, abs=1e-4)
    assert half_width(std_error, tau, confidence) == pytest.approx(search.fun, rel=1e-12)
    # In closed form the narrowest half-width is se sqrt(1 + tau^2 / se^2).
    narrowest = math.hypot(std_error, tau)
    assert half_width(std_error, tau, confidence) == pytest.approx(narrowest, rel=1e-9)


def test_the_best_tau_at_95_per_cent() -> None:
    # log((1 + r) / 0.0025) = r has the solution 8.212: log(9.212 / 0.0025) = 8.212.
    ratio = optimize.brentq(lambda r: math.log((1 + r) / 0.05**2) - r, 1, 100, xtol=1e-13)
    assert best_tau(2.0, 0.95) == pytest.approx(2 * math.sqrt(ratio), rel=1e-12)
    assert best_tau(1.0, 0.95) == pytest.approx(math.sqrt(8.212), abs=1e-3)


@pytest.mark.parametrize("df", [5, 11, 38.5, 1000])
def test_few_clusters_widen_it_as_they_widen_the_fixed_interval(df: float) -> None:
    endless = always_valid_interval(estimate(0, 1), 2, 0.9).high
    widening = stats.t.ppf(0.95, df) / stats.norm.ppf(0.95)
    interval = always_valid_interval(estimate(0, 1, df), 2, 0.9)
    assert interval.high == pytest.approx(endless * widening, rel=1e-12)
    assert interval.low == -interval.high


@given(std_error=errors, shape=st.floats(0.05, 20), df=st.floats(5, 1e4), level=confidences)
def test_it_is_never_narrower_than_the_fixed_interval(
    std_error: float, shape: float, df: float, level: float
) -> None:
    measured = estimate(1.0, std_error, df)
    fixed, always = measured.interval(level), always_valid_interval(measured, shape, level)
    assert always.low < fixed.low < fixed.high < always.high


def test_the_planned_error_falls_with_the_root_of_the_logs() -> None:
    planned = planned_std_error(0.5, 400, planned_participants=160, planned_logs_per_participant=40)
    assert planned == 0.5 * math.sqrt(400 / 6400) == 0.125


def test_a_plan_may_expect_fewer_logs_than_there_are() -> None:
    planned = planned_std_error(0.5, 400, planned_participants=1, planned_logs_per_participant=100)
    assert planned == 1.0


@pytest.mark.parametrize(("participants", "logs"), [(None, None), (160, None), (None, 40)])
def test_without_both_planned_numbers_the_error_stays(
    participants: int | None, logs: int | None
) -> None:
    planned = planned_std_error(
        0.5, 1, planned_participants=participants, planned_logs_per_participant=logs
    )
    assert planned == 0.5


def test_without_logs_or_error_nothing_can_be_tuned() -> None:
    for logs in (0, -1):
        with pytest.raises(NotEstimable, match=r"^no task logs to tune the always-valid interval"):
            planned_std_error(0.5, logs, planned_participants=1, planned_logs_per_participant=1)
    reason = "^a standard error of 0 allows no always-valid interval$"
    with pytest.raises(NotEstimable, match=reason):
        planned_std_error(0, 5, planned_participants=1, planned_logs_per_participant=1)
    with pytest.raises(NotEstimable, match=reason):
        best_tau(0, 0.95)
    with pytest.raises(NotEstimable, match=reason):
        always_valid_interval(estimate(1, 0), 1, 0.95)
    for wrong in (-1.0, math.nan, math.inf):
        with pytest.raises(NotEstimable, match=f"^a standard error of {wrong:g} allows"):
            best_tau(wrong, 0.95)


@pytest.mark.parametrize("tau", [0, -1, math.nan, math.inf])
def test_tau_lies_above_zero(tau: float) -> None:
    with pytest.raises(ValueError, match=f"^tau {tau}: a finite number above 0 is allowed$"):
        always_valid_interval(estimate(1, 1), tau, 0.95)


@pytest.mark.parametrize("confidence", [0, 1, 95, math.nan])
def test_confidence_lies_between_zero_and_one(confidence: float) -> None:
    for formula in (
        lambda: always_valid_interval(estimate(1, 1), 1, confidence),
        lambda: best_tau(1, confidence),
    ):
        with pytest.raises(ValueError, match="between 0 and 1 is allowed"):
            formula()


def daily_looks(seed: int, people: int = 40, days: int = 30) -> list[Estimate]:
    """Return the mean difference with and without AI after each day, without effect on average.

    Each person has an effect of their own and three logs with and three without AI a day.
    """
    rng = np.random.default_rng(seed)
    own_effect = rng.normal(scale=0.3, size=(people, 1))
    difference = own_effect + rng.normal(size=(people, days)) * math.sqrt(2 / 3)
    so_far = difference.cumsum(axis=1) / np.arange(1, days + 1)
    clusters = pd.MultiIndex.from_arrays([np.arange(people)], names=["participant"])
    return [
        Estimate(
            mean := so_far[:, day].mean(),
            pd.Series((so_far[:, day] - mean) / math.sqrt(people * (people - 1)), index=clusters),
            people - 1,
        )
        for day in range(days)
    ]


@untraced()
def test_daily_looks_raise_false_alarms_no_more_often_than_promised() -> None:
    trials = 200
    alarms = {"always valid": 0, "fixed": 0}
    for seed in range(trials):
        looks = daily_looks(seed)
        first = planned_std_error(
            looks[0].std_error, 240, planned_participants=40, planned_logs_per_participant=180
        )
        tau = best_tau(first, 0.95)
        alarms["fixed"] += any(excludes_zero(look.interval(0.95)) for look in looks)
        alarms["always valid"] += any(
            excludes_zero(always_valid_interval(look, tau, 0.95)) for look in looks
        )
    assert alarms["always valid"] / trials <= 0.05
    assert alarms["fixed"] / trials > 0.10


def excludes_zero(interval: Interval) -> bool:
    return interval.low > 0 or interval.high < 0
