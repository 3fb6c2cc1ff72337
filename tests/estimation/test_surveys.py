"""Reported minutes: midpoints, each respondent once."""

from typing import Any

import numpy as np
import pytest
from scipy import stats

from measurement.estimation.definition import Survey
from measurement.estimation.estimate import NotEstimable
from measurement.estimation.surveys import reported_minutes_per_day
from tests.estimation.frames import bundle


def answer(participant: Any, low: Any, high: Any, wave: Any = "1") -> Any:
    """Return one banded answer."""
    return {
        "participant": participant,
        "wave": wave,
        "minutes_saved_low": low,
        "minutes_saved_high": high,
    }


def reported(*surveys: Any, top: Any = 60.0) -> Any:
    """Return the estimate from some answers."""
    responses = bundle("observational", logs=[], surveys=surveys).survey_responses
    return reported_minutes_per_day(Survey(top_band_minutes=top), responses)


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
