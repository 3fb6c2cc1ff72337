"""Pages show an interval that holds as often as people look."""

import csv
import datetime
import io
from dataclasses import replace
from datetime import UTC
from typing import Any

import pytest

from dashboards.conventions import table
from dashboards.downloads import csv_file
from dashboards.pages import Published, page
from dashboards.shown_intervals import ADJUSTED, kind_of_interval, with_shown_intervals
from tests.dashboards.invented import convention, conventions, missing, results, row, trial

LAST_DAY = datetime.date(2024, 12, 13)
DAY_BEFORE = datetime.date(2024, 12, 12)
GROUP: Any = {"dimension": "department", "group": "Board of Kites"}


def rows() -> Any:
    """Return a headline and a group, each with every kind of interval."""
    ends: Any = {"always_valid_low": 6.0, "always_valid_high": 14.0}
    adjusted: Any = {"ci_adjusted_low": 7.0, "ci_adjusted_high": 13.0}
    return [row(**ends), row(**ends, **adjusted, **GROUP), row("adoption_rate", 0.8, 0.7, 0.9)]


def shown(today: Any, read_out_on: Any = None) -> Any:
    """Return the intervals of the rows on a day."""
    plan = replace(trial().plan, read_out_on=read_out_on)
    found = with_shown_intervals(
        replace(results(), estimates=tuple(rows())), replace(trial(), plan=plan), today
    )
    return [(one.ci_low, one.ci_high) for one in found.estimates]


def test_until_the_last_day_intervals_are_always_valid() -> None:
    assert shown(DAY_BEFORE) == [(6, 14), (6, 14), (0.7, 0.9)]


def test_from_then_on_groups_agree_with_their_adjusted_p_values() -> None:
    assert shown(LAST_DAY) == [(8, 12), (7, 13), (0.7, 0.9)]
    group = with_shown_intervals(
        replace(results(), estimates=tuple(rows())), trial(), LAST_DAY
    ).estimates[1]
    assert group.notes == (ADJUSTED,)


@pytest.mark.parametrize(
    ("day", "kinds"),
    [
        (DAY_BEFORE, ["always_valid", "always_valid", "fixed"]),
        (LAST_DAY, ["fixed", "adjusted", "fixed"]),
    ],
)
def test_a_file_says_which_interval_each_row_has(day: Any, kinds: list[str]) -> None:
    found = with_shown_intervals(replace(results(), estimates=tuple(rows())), trial(), day)
    file = csv_file("all", found.estimates, found, datetime.datetime(2024, 12, 14, tzinfo=UTC))
    lines = list(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"))))[:-1]
    assert [line["interval"] for line in lines] == kinds


def test_a_row_without_numbers_has_no_interval() -> None:
    assert kind_of_interval(missing("time_ratio", "no task logs with AI")) == ""


def test_a_planned_read_out_decides_and_a_trial_without_dates_is_not_early() -> None:
    assert shown(LAST_DAY, datetime.date(2024, 12, 20))[0] == (6, 14)
    timeless = replace(trial(), starts_on=None, ends_on=None)
    found = with_shown_intervals(replace(results(), estimates=tuple(rows())), timeless, DAY_BEFORE)
    assert found.estimates[0].ci_low == 8


def test_the_table_of_conventions_follows_its_estimate() -> None:
    data = replace(results(), sensitivity=conventions())
    wide = tuple(
        replace(one, always_valid_low=-1.0, always_valid_high=21.0)
        if one.estimand == "minutes_saved_per_working_day" and one.dimension == "all"
        else one
        for one in data.estimates
    )
    early = with_shown_intervals(replace(data, estimates=wide), trial(), DAY_BEFORE)

    planned = early.sensitivity[0]
    a_minute = planned["working_days_per_year"] / (60 * planned["hours_per_day"])
    assert planned["ci_low"] == pytest.approx(-1.0 * a_minute)
    assert planned["ci_high"] == pytest.approx(21.0 * a_minute)
    # What people report counted otherwise has no interval of its own that would hold.
    assert [one["ci_low"] for one in early.sensitivity if not one["primary"]] == [None, None]
    assert with_shown_intervals(data, trial(), LAST_DAY).sensitivity == data.sensitivity


def test_the_page_draws_no_conclusion_that_only_a_fixed_interval_would_allow() -> None:
    wide = tuple(
        replace(one, always_valid_low=-1.0, always_valid_high=21.0)
        if one.estimand == "minutes_saved_per_working_day" and one.dimension == "all"
        else one
        for one in results().estimates
    )
    published = Published(
        replace(results(), estimates=wide),
        trial(),
        datetime.datetime(2024, 12, 1, 12, tzinfo=datetime.UTC),
        datetime.date(2024, 12, 2),
    )

    early, final = (page(published, today=day).headline for day in (DAY_BEFORE, LAST_DAY))

    assert early.startswith("No conclusion yet, because the interval still holds both savings and")
    assert final.startswith("People given AI saved")


def test_a_row_without_interval_shows_days_alone() -> None:
    rows_shown = table([{**convention(), "ci_low": None, "ci_high": None}]).rows

    assert rows_shown[0][1] == "5.0"
