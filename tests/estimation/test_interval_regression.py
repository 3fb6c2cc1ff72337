"""The latent mean against closed forms, a plain likelihood, statsmodels, and its own derivative."""

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats
from statsmodels.base.model import GenericLikelihoodModel

from measurement.estimation import interval_regression
from measurement.estimation.estimate import NotEstimable
from measurement.estimation.interval_regression import latent_mean
from tests.untraced import untraced

INF = math.inf
# The limits of the default survey's bands.
LOWER = np.array([-INF, 0.5, 10.5, 20.5, 30.5, 60.0])
UPPER = np.array([0.5, 10.5, 20.5, 30.5, 60.0, INF])
COUNTS = (17, 13, 17, 18, 22, 13)
NO_STEP_BACK = COUNTS
TOO_LONG_A_STEP = (80584, 0, 12556, 0, 0, 66483)
BEYOND_ALL_SPREAD = (858, 0, 0, 0, 554, 764)


def people(number: int) -> pd.MultiIndex:
    """Return the paths of so many participants."""
    return pd.MultiIndex.from_arrays([range(number)], names=["participant"])


def one_answer_each(counts: Any) -> Any:
    """Return weights of people who gave one answer, so many a band."""
    return np.repeat(np.eye(len(counts)), counts, axis=0)


def mean_of(weights: Any, lower: Any = LOWER, upper: Any = UPPER) -> Any:
    """Return the estimate of bands that somebody chose."""
    weights = np.asarray(weights, dtype=float)
    seen = weights.sum(axis=0) > 0
    paths = people(len(weights))
    return latent_mean(weights[:, seen], paths, np.array(lower)[seen], np.array(upper)[seen])


def minus_log_likelihood(parameters: Any, weights: Any) -> float:
    """Return it in plain loops, of the mean and the log of the standard deviation."""
    mean, sd = parameters[0], math.exp(parameters[1])
    total = 0.0
    for person in weights:
        for weight, low, high in zip(person, LOWER, UPPER, strict=True):
            if weight:
                inside = stats.norm.cdf(high, mean, sd) - stats.norm.cdf(low, mean, sd)
                total -= weight * math.log(inside)
    return total


def test_three_bands_fit_exactly_and_have_a_closed_form() -> None:
    below, between, above = 30, 50, 20
    bands = ([-INF, 10.0, 40.0], [10.0, 40.0, INF])
    estimate = mean_of(one_answer_each((below, between, above)), *bands)

    # P(x < 10) = 0.3 and P(x < 40) = 0.8.
    first, second = (float(stats.norm.ppf(share)) for share in (0.3, 0.8))
    assert estimate.value == pytest.approx(10 - 30 * first / (second - first), rel=1e-12)
    assert estimate.degrees_of_freedom == 99
    # Delta method on the two shares p, with variances p (1 - p) / n and covariance -p q / n.
    gap = second - first
    slopes = np.array(
        [
            -30 * second / gap**2 / stats.norm.pdf(first),
            30 * first / gap**2 / stats.norm.pdf(second),
        ]
    )
    cumulative = np.array([0.3, 0.8])
    covariance = np.minimum.outer(cumulative, cumulative) - np.outer(cumulative, cumulative)
    variance = slopes @ covariance @ slopes / 100 * (100 / 99)
    assert estimate.std_error == pytest.approx(math.sqrt(variance), rel=1e-9)


@pytest.mark.parametrize("counts", [NO_STEP_BACK, (3, 0, 9, 14, 2, 1), (1, 2, 0, 0, 1, 0)])
@untraced()
def test_the_mean_is_the_likeliest_of_a_plain_likelihood(counts: Any) -> None:
    weights = one_answer_each(counts)
    found = optimize.minimize(
        minus_log_likelihood,
        (20.0, 3.0),
        args=(weights,),
        method="Nelder-Mead",
        options={"xatol": 1e-9, "fatol": 1e-12, "maxiter": 2000},
    )

    assert mean_of(weights).value == pytest.approx(found.x[0], rel=1e-6)


class Banded(GenericLikelihoodModel):  # type: ignore[misc]
    """The log-likelihood of one banded answer a person, for statsmodels to maximise."""

    def loglikeobs(self, params: Any) -> Any:
        low, high = self.endog[:, 0], self.endog[:, 1]
        sd = math.exp(params[1])
        below = stats.norm.cdf(low, params[0], sd)
        return np.log(stats.norm.cdf(high, params[0], sd) - below)


def test_mean_and_robust_error_agree_with_statsmodels() -> None:
    band = np.repeat(np.arange(6), COUNTS)
    limits = np.column_stack([LOWER[band], UPPER[band]])
    model = Banded(limits, np.ones((len(band), 1)), extra_params_names=["log_sd"])
    fitted = model.fit(
        start_params=[25.0, 3.0], method="newton", cov_type="HC0", disp=False, tol=1e-10
    )
    estimate = mean_of(one_answer_each(COUNTS))

    assert estimate.value == pytest.approx(fitted.params[0], rel=1e-8)
    factor = math.sqrt(len(band) / (len(band) - 1))
    assert estimate.std_error == pytest.approx(factor * fitted.bse[0], rel=1e-5)


@pytest.mark.parametrize("counts", [NO_STEP_BACK, TOO_LONG_A_STEP, BEYOND_ALL_SPREAD])
def test_the_influence_is_how_the_mean_moves_with_a_weight(counts: Any) -> None:
    weights = np.diag(np.array(counts, dtype=float))[np.array(counts) > 0]
    estimate = mean_of(weights)
    factor = math.sqrt(len(weights) / (len(weights) - 1))

    for person, influence in enumerate(estimate.psi):
        by = np.ones(len(weights))
        by[person] += 1e-5
        more = mean_of(weights * by[:, None]).value
        by[person] -= 2e-5
        less = mean_of(weights * by[:, None]).value
        assert influence / factor == pytest.approx((more - less) / 2e-5, rel=1e-5, abs=1e-6)


@given(
    counts=st.lists(st.integers(1, 200), min_size=6, max_size=6),
    shift=st.floats(-500, 500),
    stretch=st.floats(0.01, 100),
)
@settings(max_examples=30, deadline=None)
def test_the_estimate_follows_the_unit(counts: Any, shift: Any, stretch: Any) -> None:
    weights = np.diag(np.array(counts, dtype=float))
    plain = mean_of(weights)
    moved = mean_of(weights, LOWER * stretch + shift, UPPER * stretch + shift)

    size = abs(shift) + 100 * stretch
    assert moved.value == pytest.approx(plain.value * stretch + shift, abs=1e-9 * size)
    assert moved.std_error == pytest.approx(plain.std_error * stretch, rel=1e-7)


def test_equal_weights_of_all_change_nothing() -> None:
    weights = one_answer_each(COUNTS)

    assert mean_of(3 * weights).value == pytest.approx(mean_of(weights).value, rel=1e-12)
    assert mean_of(3 * weights).std_error == pytest.approx(mean_of(weights).std_error, rel=1e-10)


def test_far_tails_keep_their_digits() -> None:
    # Nearly all far to the right of one band: its probability is of the order of 1e-9.
    lower, upper = [-INF, 0.0, 100.0, 101.0], [0.0, 100.0, 101.0, INF]
    right = mean_of(np.diag([1.0, 1e6, 1e9, 1e9]), lower, upper)
    # The same seen in a mirror.
    left = mean_of(np.diag([1e9, 1e9, 1e6, 1.0]), -np.array(upper)[::-1], -np.array(lower)[::-1])

    assert left.value == pytest.approx(-right.value, rel=1e-12)
    assert left.std_error == pytest.approx(right.std_error, rel=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_a_simulated_mean_is_recovered(seed: Any) -> None:
    generator = np.random.Generator(np.random.PCG64(seed))
    values = generator.normal(26, 20, 4000)
    weights = one_answer_each(np.histogram(values, [-INF, *UPPER])[0])
    estimate = mean_of(weights)

    assert abs(estimate.value - 26) < 3 * estimate.std_error
    # Bands lose little of what the values themselves tell.
    assert 1 < estimate.std_error / (20 / math.sqrt(4000)) < 1.25


@pytest.mark.parametrize(
    ("counts", "reason"),
    [
        ((0, 0, 9, 0, 0, 0), "all answers are in one band or in two that touch"),
        ((0, 0, 9, 4, 0, 0), "all answers are in one band or in two that touch"),
        ((5, 0, 0, 0, 0, 5), "all answers are in bands without an end"),
        ((0, 0, 1, 0, 0, 0), "1 participant, at least 2 are needed"),
    ],
)
def test_without_spread_there_is_no_mean(counts: Any, reason: Any) -> None:
    with pytest.raises(NotEstimable, match=reason):
        mean_of(one_answer_each(counts))


def test_two_bands_apart_are_enough() -> None:
    # Symmetric: the mean is in the middle of the gap.
    assert mean_of(one_answer_each((0, 5, 0, 5, 0, 0))).value == pytest.approx(15.5, rel=1e-12)
    assert mean_of(one_answer_each((0, 1, 0, 1, 0, 0))).degrees_of_freedom == 1


def test_a_search_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interval_regression, "MOST_STEPS", 1)

    with pytest.raises(NotEstimable, match="no most likely mean of the answers was found in 1"):
        mean_of(one_answer_each(COUNTS))
