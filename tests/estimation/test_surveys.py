"""Reported minutes: midpoints, bounds, the open band and the latent mean, each respondent once."""

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from measurement.estimation.definition import Survey
from measurement.estimation.estimate import Estimate, NotEstimable
from measurement.estimation.interval_regression import latent_mean
from measurement.estimation.surveys import (
    interval_regression,
    lower_bound,
    reported_minutes_per_day,
    respondents,
    top_band,
    upper_bound,
)
from tests.estimation.frames import bundle

BANDS = ((0, 0), (1, 10), (11, 20), (21, 30), (31, 60), (60, None))
# Where the default bands meet.
LOWER = np.array([-math.inf, 0.5, 10.5, 20.5, 30.5, 60.0])
UPPER = np.array([0.5, 10.5, 20.5, 30.5, 60.0, math.inf])


def answer(participant: Any, low: Any, high: Any, wave: Any = "1") -> Any:
    """Return one banded answer."""
    return {
        "participant": participant,
        "wave": wave,
        "minutes_saved_low": low,
        "minutes_saved_high": high,
    }


def frame(*surveys: Any) -> pd.DataFrame:
    """Return the canonical frame of some answers."""
    return bundle("observational", logs=[], surveys=surveys).survey_responses


def reported(*surveys: Any, top: Any = 60.0) -> Any:
    """Return the estimate from some answers."""
    return reported_minutes_per_day(Survey(top_band_minutes=top), frame(*surveys))


def in_bands(counts: Any) -> pd.DataFrame:
    """Return the answers of so many people in each of the default bands."""
    bands = np.repeat(np.arange(len(BANDS)), counts)
    return frame(*(answer(f"p{n:04d}", *BANDS[band]) for n, band in enumerate(bands)))


THREE_PEOPLE = (
    answer("a", 0, 0),
    answer("b", 21, 30),
    answer("b", 60, None, "2"),
    answer("c", 1, 10),
    answer("c", 1, 10, "2"),
    answer("d", None, None),
)


def test_waves_of_a_respondent_are_averaged_first() -> None:
    estimate = reported(
        answer("a", 0, 0), answer("b", 21, 30), answer("b", 61, None, "2"), answer("c", 1, 10)
    )
    means = [0, (25.5 + 60) / 2, 5.5]

    assert estimate.value == pytest.approx(np.mean(means), rel=1e-14)
    assert estimate.std_error == pytest.approx(stats.sem(means), rel=1e-14)
    assert estimate.degrees_of_freedom == 2


def test_the_open_band_counts_what_the_survey_says() -> None:
    answers = [answer("a", 60, None), answer("b", 60, None), answer("c", 0, 0), answer("d", 0, 0)]

    assert reported(*answers, top=60).value == 30
    assert reported(*answers, top=120).value == 60


def test_blank_answers_do_not_count() -> None:
    assert reported(answer("a", 1, 10), answer("b", 1, 10), answer("c", None, None)).value == 5.5


def test_without_answers_nothing_is_estimated() -> None:
    with pytest.raises(NotEstimable, match="no survey responses"):
        reported(answer("a", None, None))
    with pytest.raises(NotEstimable, match="at least 2"):
        reported(answer("a", 1, 10))


def test_people_can_be_chosen_and_gathered_in_teams() -> None:
    teams = ["red", "red", "blue", "blue", "blue"]
    names = ["c", "a", "d", "b", "never-asked"]
    among = pd.MultiIndex.from_arrays([teams, names], names=["team", "participant"])
    estimate = reported_minutes_per_day(Survey(), frame(*THREE_PEOPLE), among=among)

    # a 0, b (25.5 + 60) / 2, c 5.5: d left the answer blank.
    mean = (0 + 42.75 + 5.5) / 3
    psi = np.array([42.75 - mean, 5.5 - 2 * mean]) / 3 * math.sqrt(2)
    assert estimate.value == pytest.approx(mean, rel=1e-14)
    assert estimate.levels == ["team"]
    assert estimate.psi.index.get_level_values(0).tolist() == ["blue", "red"]
    np.testing.assert_allclose(estimate.psi, psi, rtol=1e-13)
    assert estimate.degrees_of_freedom == 1


def test_of_those_chosen_somebody_must_have_answered() -> None:
    among = pd.MultiIndex.from_arrays([["d", "never-asked"]], names=["participant"])

    with pytest.raises(NotEstimable, match="no survey responses with minutes saved"):
        reported_minutes_per_day(Survey(), frame(*THREE_PEOPLE), among=among)


def test_respondents_gave_an_answer() -> None:
    assert respondents(frame(*THREE_PEOPLE[::-1])).tolist() == ["a", "b", "c"]
    assert respondents(frame()).tolist() == []


def test_bounds_are_the_means_of_the_edges() -> None:
    responses = frame(*THREE_PEOPLE)

    lowest, highest = lower_bound(responses), upper_bound(responses, 7.5)
    assert lowest.value == pytest.approx((0 + (21 + 60) / 2 + 1) / 3, rel=1e-14)
    assert lowest.std_error == pytest.approx(stats.sem([0, 40.5, 1]), rel=1e-14)
    assert highest.value == pytest.approx((0 + (30 + 450) / 2 + 10) / 3, rel=1e-14)
    assert highest.std_error == pytest.approx(stats.sem([0, 240, 10]), rel=1e-14)


def test_an_open_band_above_the_working_day_is_its_own_bound() -> None:
    responses = frame(answer("a", 500, None), answer("b", 0, 0))

    assert upper_bound(responses, 7.5).value == 250
    assert upper_bound(responses, 10).value == 300


@given(counts=st.lists(st.integers(0, 5), min_size=6, max_size=6).filter(lambda n: sum(n) > 1))
@settings(max_examples=15, deadline=None)
def test_midpoints_lie_between_the_bounds(counts: Any) -> None:
    responses = in_bands(counts)
    middle = reported_minutes_per_day(Survey(), responses).value

    assert lower_bound(responses).value <= middle <= upper_bound(responses, 7.5).value


@pytest.mark.parametrize("estimate", [lower_bound, lambda answers: upper_bound(answers, 7.5)])
def test_bounds_need_two_respondents(estimate: Any) -> None:
    with pytest.raises(NotEstimable, match="1 participant, at least 2 are needed"):
        estimate(frame(answer("a", 1, 10)))


# The open band -------------------------------------------------------------------------------


def test_counting_the_open_band_as_120_moves_the_mean_by_60_times_its_share() -> None:
    # Shares of 17, 13, 17, 18, 22 and 13 per cent.
    counts = (17, 13, 17, 18, 22, 13)
    found = top_band(Survey(), in_bands(counts))

    midpoints = np.repeat([0, 5.5, 15.5, 25.5, 45.5, 60], counts)
    assert list(found.means) == [60, 90, 120]
    assert found.planned_minutes == 60
    assert found.share.value == pytest.approx(0.13, rel=1e-14)
    assert found.share.std_error == pytest.approx(math.sqrt(0.13 * 0.87 / 99), rel=1e-12)
    assert (found.people, found.people_in_band) == (100, 13)
    assert found.means[60].value == pytest.approx(midpoints.mean(), rel=1e-14)
    assert found.means[60].std_error == pytest.approx(stats.sem(midpoints), rel=1e-12)
    assert found.means[90].value - found.means[60].value == pytest.approx(30 * 0.13, rel=1e-13)
    assert found.means[120].value - found.means[60].value == pytest.approx(60 * 0.13, rel=1e-13)
    midpoints[-13:] = 120
    assert found.means[120].std_error == pytest.approx(stats.sem(midpoints), rel=1e-12)


def test_the_share_counts_each_person_once() -> None:
    found = top_band(Survey(), frame(*THREE_PEOPLE))

    assert found.share.value == pytest.approx(0.5 / 3, rel=1e-14)
    assert found.share.std_error == pytest.approx(stats.sem([0, 0.5, 0]), rel=1e-14)
    assert (found.people, found.people_in_band) == (3, 1)


def test_the_plans_own_minutes_are_among_the_levels_and_none_is_below_the_band() -> None:
    bands = ((0.0, 30.0), (30.0, 90.0), (90.0, None))
    responses = frame(answer("a", 0, 30), answer("b", 90, None))

    found = top_band(Survey(bands, top_band_minutes=100.0), responses)
    assert {level: mean.value for level, mean in found.means.items()} == {
        90: 52.5,
        100: 57.5,
        120: 67.5,
    }
    assert found.planned_minutes == 100
    assert list(top_band(Survey(top_band_minutes=75), responses).means) == [60, 75, 90, 120]


def test_a_band_that_nobody_chose_moves_nothing() -> None:
    found = top_band(Survey(), in_bands((2, 3, 0, 0, 0, 0)))

    assert found.share.value == found.people_in_band == 0
    assert len({mean.value for mean in found.means.values()}) == 1


def test_a_survey_without_an_open_band_has_no_share() -> None:
    with pytest.raises(NotEstimable, match="the survey has no open band"):
        top_band(Survey(((0.0, 30.0), (31.0, 60.0))), in_bands((3, 3, 0, 0, 0, 0)))


# Interval regression -------------------------------------------------------------------------


def latent(weights: Any, lower: Any, upper: Any) -> Estimate:
    """Return the latent mean of the same people and bands."""
    index = pd.MultiIndex.from_arrays([range(len(weights))], names=["participant"])
    return latent_mean(np.asarray(weights, dtype=float), index, np.array(lower), np.array(upper))


def assert_same(found: Estimate, expected: Estimate) -> None:
    """Assert that two estimates agree."""
    assert found.value == pytest.approx(expected.value, rel=1e-12)
    assert found.std_error == pytest.approx(expected.std_error, rel=1e-12)
    assert found.degrees_of_freedom == expected.degrees_of_freedom


def test_neighbouring_bands_meet_halfway() -> None:
    counts = (17, 13, 17, 18, 22, 13)
    weights = np.repeat(np.eye(6), counts, axis=0)

    assert_same(interval_regression(Survey(), in_bands(counts)), latent(weights, LOWER, UPPER))


def test_each_respondent_counts_once_in_the_latent_mean() -> None:
    # b's two answers weigh a half each; the bands of nobody do not matter.
    weights = [[1, 0, 0, 0], [0, 0, 0.5, 0.5], [0, 1, 0, 0]]
    bands = [0, 1, 3, 5]

    found = interval_regression(Survey(), frame(*THREE_PEOPLE))
    assert_same(found, latent(weights, LOWER[bands], UPPER[bands]))
    assert found.degrees_of_freedom == 2


def test_a_gap_between_bands_is_halved() -> None:
    survey = Survey(((0.0, 10.0), (20.0, 30.0), (50.0, None)))
    responses = frame(
        answer("a", 0, 10), answer("b", 20, 30), answer("c", 20, 30), answer("d", 50, None)
    )
    weights = np.eye(3)[[0, 1, 1, 2]]

    expected = latent(weights, [-math.inf, 15, 40], [15, 40, math.inf])
    assert_same(interval_regression(survey, responses), expected)


def test_edges_without_neighbour_lie_half_a_minute_out() -> None:
    # 5 to 15 is no band of the survey; 61 starts no band of it, though the band is open.
    responses = frame(answer("a", 5, 15), answer("b", 21, 30), answer("c", 61, None))

    expected = latent(np.eye(3), [4.5, 20.5, 60.5], [15.5, 30.5, math.inf])
    assert_same(interval_regression(Survey(), responses), expected)


def test_a_band_without_width_is_not_estimable() -> None:
    survey = Survey(((0.0, 30.0), (30.0, 30.0), (30.0, None)))
    responses = frame(answer("a", 0, 30), answer("b", 30, 30), answer("c", 30, None))

    with pytest.raises(NotEstimable, match="a band of the survey has no width"):
        interval_regression(survey, responses)


def test_without_spread_the_latent_mean_is_not_estimable() -> None:
    with pytest.raises(NotEstimable, match="two that touch"):
        interval_regression(Survey(), in_bands((0, 5, 5, 0, 0, 0)))
    with pytest.raises(NotEstimable, match="no survey responses with minutes saved"):
        interval_regression(Survey(), frame(answer("a", None, None)))


@given(order=st.permutations(range(len(THREE_PEOPLE))))
@settings(max_examples=10, deadline=None)
def test_the_order_of_answers_changes_no_bit(order: Any) -> None:
    responses = frame(*THREE_PEOPLE)
    shuffled = responses.iloc[list(order)]

    for estimate in (reported_minutes_per_day, interval_regression):
        again, once = estimate(Survey(), shuffled), estimate(Survey(), responses)
        assert (again.value, again.std_error) == (once.value, once.std_error)
