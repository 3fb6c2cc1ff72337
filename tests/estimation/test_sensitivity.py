"""The same minutes under other conventions: days by hand, reasons where there are none."""

import json
from dataclasses import asdict
from typing import Any

import pandas as pd
import pytest

from measurement.estimation.definition import Assumptions, Survey
from measurement.estimation.estimate import Estimate, NotEstimable
from measurement.estimation.sensitivity import SensitivityRow, sensitivity
from measurement.estimation.surveys import reported_minutes_per_day, top_band
from tests.estimation.frames import bundle

NO_DATES = NotEstimable("task logs have no dates")
NO_ANSWERS = NotEstimable("no survey responses with minutes saved")
NO_OPEN_BAND = NotEstimable("the survey has no open band")


def minutes(value: float, std_error: float = 2.0) -> Estimate:
    """Return an estimate of so many minutes a day, of 101 people."""
    clusters = pd.MultiIndex.from_arrays([range(101)], names=["participant"])
    psi = pd.Series(0.0, index=clusters)
    psi.iloc[0] = std_error
    return Estimate(value, psi, 100)


def table(**given: Any) -> dict[str, SensitivityRow]:
    """Return the rows by convention."""
    measured = {"working_days": minutes(26), "logged_days": minutes(40), "days_used": minutes(95)}
    arguments: dict[str, Any] = {
        "assumptions": Assumptions(),
        "confidence": 0.95,
        "day_basis": "working_days",
        "measured": measured,
        "reported": NO_ANSWERS,
        "top_band": NO_ANSWERS,
    } | given
    rows = sensitivity(arguments.pop("assumptions"), **arguments)
    named = {row.convention: row for row in rows}
    assert len(named) == len(rows)
    return named


@pytest.mark.parametrize(("saved", "days"), [(26, 13.0), (56, 28.0), (19, 9.5)])
def test_published_minutes_give_published_days_whatever_the_plan(saved: Any, days: Any) -> None:
    measured = dict.fromkeys(("working_days", "logged_days", "days_used"), minutes(saved))
    default = table(measured=measured)["This trial's plan"]
    other = table(measured=measured, assumptions=Assumptions(working_days_per_year=200.0))

    assert (default.minutes_per_day, default.days_per_year) == (saved, days)
    assert other["Published UK figures"].days_per_year == days
    assert other["This trial's plan"].days_per_year == pytest.approx(saved * 200 / 450, rel=1e-15)


def test_the_same_26_minutes_under_the_conventions_in_use() -> None:
    days = {name: row.days_per_year for name, row in table().items()}

    assert days == {
        "This trial's plan": 13.0,
        "220 days a year": pytest.approx(26 * 220 / 450),
        "230 days a year": pytest.approx(26 * 230 / 450),
        "250 days a year": pytest.approx(26 * 250 / 450),
        "260 days a year: every weekday": pytest.approx(26 * 260 / 450),
        "7 hours a day": pytest.approx(26 * 225 / 420),
        "7.2 hours a day: 36 hours a week": pytest.approx(26 * 225 / 432),
        "7.4 hours a day: 37 hours a week": pytest.approx(26 * 225 / 444),
        "8 hours a day": pytest.approx(26 * 225 / 480),
        "Fewest days, longest hours": pytest.approx(26 * 220 / 480),
        "Most days, shortest hours": pytest.approx(26 * 260 / 420),
        "Every working day counted as a day with AI": pytest.approx(95 * 225 / 450),
        "Days with task logs instead of working days": pytest.approx(40 * 225 / 450),
        "As reported in surveys": None,
    }


def test_each_convention_stands_once_and_varies_the_plans_own_numbers() -> None:
    rows = table(assumptions=Assumptions(working_days_per_year=220.0, hours_per_day=7.2))
    years = [
        (row.working_days_per_year, row.hours_per_day)
        for row in rows.values()
        if row.estimand == "minutes_saved_per_working_day" and row.primary
    ]

    assert len(set(years)) == len(years)
    assert years == [
        (220, 7.2),
        (225, 7.5),
        (230, 7.2),
        (250, 7.2),
        (260, 7.2),
        (220, 7.0),
        (220, 7.4),
        (220, 8.0),
        (260, 7.0),
    ]
    # The fewest days and longest hours stand above, as "8 hours a day".
    assert "Fewest days, longest hours" not in rows


def test_extremes_take_the_plan_into_account() -> None:
    rows = table(assumptions=Assumptions(working_days_per_year=300.0, hours_per_day=6.0))

    lowest, highest = rows["Fewest days, longest hours"], rows["This trial's plan"]
    assert (lowest.working_days_per_year, lowest.hours_per_day) == (220, 8)
    # Nobody has more days or shorter hours than the plan.
    assert (highest.working_days_per_year, highest.hours_per_day) == (300, 6)
    assert "Most days, shortest hours" not in rows


def test_intervals_are_those_of_the_minutes() -> None:
    row = table(confidence=0.9)["Most days, shortest hours"]
    interval = minutes(26).interval(0.9)

    assert row.confidence == 0.9
    assert row.ci_low == pytest.approx(interval.low * 260 / 420, rel=1e-14)
    assert row.ci_high == pytest.approx(interval.high * 260 / 420, rel=1e-14)


def test_rows_say_what_a_day_is_and_whose_minutes_they_are() -> None:
    rows = table()

    assert {
        name: (row.estimand, row.primary, row.day_basis, row.minutes_per_day)
        for name, row in rows.items()
        if row.day_basis != "working_days" or name == "This trial's plan"
    } == {
        "This trial's plan": ("minutes_saved_per_working_day", True, "working_days", 26),
        "Every working day counted as a day with AI": (
            "minutes_saved_per_day_used",
            True,
            "days_used",
            95,
        ),
        "Days with task logs instead of working days": (
            "minutes_saved_per_working_day",
            False,
            "logged_days",
            40,
        ),
        "As reported in surveys": ("reported_minutes_saved_per_day", True, "reported", None),
    }


def test_a_plan_by_logged_days_has_working_days_as_the_other_basis() -> None:
    rows = table(day_basis="logged_days")

    assert rows["This trial's plan"].minutes_per_day == 40
    assert rows["8 hours a day"].day_basis == "logged_days"
    other = rows["Working days instead of days with task logs"]
    assert (other.minutes_per_day, other.day_basis, other.primary) == (26, "working_days", False)


def test_without_figures_rows_give_the_reason() -> None:
    nothing = dict.fromkeys(("working_days", "logged_days", "days_used"), NO_DATES)
    rows = table(measured=nothing)

    assert len(rows) == 14
    for row in rows.values():
        reported = row.day_basis == "reported"
        assert row.not_estimable == (NO_ANSWERS if reported else NO_DATES).reason
        assert row.minutes_per_day is row.days_per_year is row.ci_low is row.ci_high is None


# What the open band is counted as -------------------------------------------------------------


def survey_of(top: float) -> Any:
    """Return the reported figure and the open band of four people."""
    answers = [(0, 0), (21, 30), (60, None), (60, None)]
    surveys = [
        {"participant": f"p{n}", "minutes_saved_low": low, "minutes_saved_high": high}
        for n, (low, high) in enumerate(answers)
    ]
    responses = bundle("observational", logs=[], surveys=surveys).survey_responses
    survey = Survey(top_band_minutes=top)
    return {
        "reported": reported_minutes_per_day(survey, responses),
        "top_band": top_band(survey, responses),
    }


def test_the_open_band_is_counted_as_planned_first_and_then_otherwise() -> None:
    rows = [row for row in table(**survey_of(90)).values() if row.day_basis == "reported"]

    names = [f"As reported in surveys, the open band counted as {m} minutes" for m in (90, 60, 120)]
    assert [row.convention for row in rows] == names
    assert [row.primary for row in rows] == [True, False, False]
    assert [row.top_band_minutes for row in rows] == [90, 60, 120]
    assert [row.minutes_per_day for row in rows] == [51.375, 36.375, 66.375]
    assert [row.minutes_above_planned for row in rows] == [0, -15, 15]
    assert [row.days_per_year for row in rows] == [51.375 / 2, 36.375 / 2, 66.375 / 2]
    for row in rows:
        assert row.estimand == "reported_minutes_saved_per_day"
        assert (row.working_days_per_year, row.hours_per_day) == (225, 7.5)
        assert (row.top_band_share, row.participants, row.participants_in_top_band) == (0.5, 4, 2)


def test_a_survey_without_an_open_band_has_one_row() -> None:
    rows = table(reported=minutes(20), top_band=NO_OPEN_BAND)
    row = rows["As reported in surveys"]

    assert (row.minutes_per_day, row.days_per_year) == (20, 10)
    assert (row.top_band_minutes, row.top_band_share, row.minutes_above_planned) == (None,) * 3
    assert len(rows) == 14


def test_rows_are_json_and_come_back() -> None:
    for row in table(**survey_of(60)).values():
        assert SensitivityRow(**json.loads(json.dumps(asdict(row)))) == row
