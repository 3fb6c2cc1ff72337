"""Group-time effects and their errors: against diff-diff, and against leaving units out."""

import warnings
from dataclasses import replace
from typing import Any

import diff_diff
import numpy as np
import pandas as pd
import pytest

from measurement.estimation.roll_out_comparisons import OVERALL, RollOut, comparisons, roll_out
from measurement.estimation.roll_out_errors import jackknifed, linearised, without_each_unit
from measurement.estimation.unit_weeks import UnitWeeks, unit_weeks
from tests.estimation.roll_outs import NEVER, STARTS_ON, roll_out_cells

WEDGE = (*(2,) * 4, *(3,) * 5, *(5,) * 6)


def rows_of(cells: pd.DataFrame) -> UnitWeeks:
    return unit_weeks(cells, unit="team", outcome="log_minutes", starts_on=STARTS_ON)


def compared(cells: pd.DataFrame, people: float | None = None) -> RollOut:
    rows = rows_of(cells)
    if people is not None:
        rows = replace(rows, people=np.full(len(rows.people), people))
    return roll_out(rows, comparisons(rows))


def by_diff_diff(found: RollOut, *, weighted: bool) -> Any:
    """Fit Callaway and Sant'Anna's estimator of diff-diff to the same means by unit and week."""
    means = found.weeks.net(found.type_effects.effects)
    units, weeks = means.shape
    first = np.where(np.isinf(found.rows.access), -1, found.rows.access).astype(int) + 1
    panel = pd.DataFrame(
        {
            "unit": np.repeat(np.arange(units), weeks),
            "week": np.tile(found.rows.weeks.astype(int) + 1, units),
            "mean": means.ravel(),
            "first": np.repeat(first, weeks),
            "people": np.repeat(found.rows.people, weeks),
        }
    ).dropna()
    estimator = diff_diff.CallawaySantAnna(
        control_group="not_yet_treated", base_period="universal", estimation_method="reg"
    )
    columns = {"outcome": "mean", "unit": "unit", "time": "week", "first_treat": "first"}
    design = diff_diff.SurveyDesign(weights="people") if weighted else None
    with warnings.catch_warnings():
        # It warns of what it cannot compare and that it scales weights: both are meant here.
        warnings.simplefilter("ignore", UserWarning)
        return estimator.fit(panel, **columns, survey_design=design)


@pytest.mark.parametrize("weighted", [True, False], ids=["by participants", "units alike"])
@pytest.mark.parametrize("never", [0, 4])
def test_effects_and_errors_equal_those_of_diff_diff(never: int, weighted: bool) -> None:
    cells = roll_out_cells((*WEDGE, *(NEVER,) * never), weeks=7, types=1, people=6)
    found = compared(cells, None if weighted else 1.0)
    witness = by_diff_diff(found, weighted=weighted)
    units, plan = len(found.rows.people), found.plan
    errors = np.sqrt((linearised(found) ** 2).sum(axis=0)) * np.sqrt((units - 1) / units)
    values = dict(zip(range(len(errors)), zip(found.values(), errors, strict=True), strict=True))
    checked = 0
    for place, (group, week) in enumerate(zip(plan.group, plan.week, strict=True)):
        expected = witness.group_time_effects.get((int(group) + 1, int(week) + 1))
        if expected is None or np.isnan(expected["effect"]):
            assert np.isnan(values[place][0])
            continue
        assert values[place] == pytest.approx((expected["effect"], expected["se"]), abs=1e-12)
        checked += 1
    assert checked == (8 if never == 0 else 18)
    overall = values[len(plan.week) + OVERALL]
    assert overall == pytest.approx((witness.overall_att, witness.overall_se), abs=1e-12)
    path = witness.aggregate("event_study")
    expected_path = {
        int(since): (value, error)
        for since, value, error in zip(path.event_time, path.att, path.se, strict=True)
    }
    for place, since in enumerate(plan.path, len(plan.week) + 1):
        if not np.isnan(values[place][0]):
            assert values[place] == pytest.approx(expected_path[int(since)], abs=1e-12)


def test_effects_equal_those_of_diff_diff_where_units_have_silent_weeks() -> None:
    cells = roll_out_cells((*WEDGE, NEVER, NEVER), weeks=7, people=6)
    silent = cells["team"].isin(["team 001", "team 007"]) & cells["week"].isin([0, 4])
    found = compared(cells[~silent].reset_index(drop=True))
    witness = by_diff_diff(found, weighted=True)
    groups, weeks = found.plan.group + 1, found.rows.weeks[found.plan.week] + 1
    expected = [
        witness.group_time_effects[int(g), int(t)]["effect"]
        for g, t in zip(groups, weeks, strict=True)
    ]
    assert found.values()[: len(groups)] == pytest.approx(expected, abs=1e-12)


def test_comparisons_are_those_that_dates_allow() -> None:
    rows = rows_of(roll_out_cells((0, 2, 2, 3, NEVER), weeks=4))
    plan = comparisons(rows)
    assert list(zip(plan.group, plan.week, plan.base, plan.since, strict=True)) == [
        (2, 0, 1, -2),
        (2, 2, 1, 0),
        (2, 3, 1, 1),
        (3, 0, 2, -3),
        (3, 1, 2, -2),
        (3, 3, 2, 0),
    ]
    assert (
        plan.own.T.tolist()
        == [[False, True, True, False, False]] * 3 + [[False, False, False, True, False]] * 3
    )
    others = [[False, False, False, True, True]] * 2 + [[False, False, False, False, True]] * 4
    assert plan.others.T.tolist() == others
    assert plan.path.tolist() == [-3, -2, 0, 1]
    assert plan.members[:, OVERALL].tolist() == [False, True, True, False, False, True]
    assert plan.members[:, 1:].sum(axis=0).tolist() == [1, 2, 2, 1]


def test_who_takes_part_and_who_is_alone() -> None:
    found = compared(roll_out_cells((0, 2, 2, 3, NEVER), weeks=4))
    assert found.takes_part.tolist() == [False, True, True, True, True]
    assert found.fewest_others == 1
    assert found.alone[:6].tolist() == [False, False, True, True, True, True]
    # Then the aggregates: overall, 3 and 2 weeks before access, 0 and 1 since.
    assert found.alone[6:].tolist() == [False, True, False, False, True]


def test_weights_are_participants() -> None:
    cells = roll_out_cells((1, 1, NEVER), weeks=2, types=1, people=1)
    rows = replace(rows_of(cells), people=np.array([3.0, 1.0, 2.0]))
    found = roll_out(rows, comparisons(rows))
    change = np.diff(found.weeks.means, axis=1)[:, 0]
    expected = (3 * change[0] + change[1]) / 4 - change[2]
    assert found.values() == pytest.approx([expected] * 3, abs=1e-12)


def brute_force(found: RollOut) -> np.ndarray:
    return np.array(
        [
            roll_out(found.rows.without(unit), found.plan).values()
            for unit in np.eye(len(found.rows.people), dtype=bool)
        ]
    )


@pytest.mark.parametrize("weekday", [0, 3])
@pytest.mark.parametrize("access", [WEDGE, (1, 2, 3, 4, 5, NEVER), (2, 2, 2, NEVER, NEVER)])
def test_leaving_each_unit_out_equals_starting_anew(
    access: tuple[int | None, ...], weekday: int
) -> None:
    cells = roll_out_cells(access, weeks=7, weekday=weekday)
    silent = (cells["team"] == "team 001") & (cells["week"] == 4)
    found = compared(cells[~silent].reset_index(drop=True))
    expected = brute_force(found)
    assert without_each_unit(found) == pytest.approx(expected, abs=1e-12, nan_ok=True)
    units = len(access)
    moves = np.sqrt((units - 1) / units) * (found.values() - expected)
    assert jackknifed(found) == pytest.approx(moves, abs=1e-12, nan_ok=True)


def test_leaving_out_the_unit_that_alone_tells_a_type_starts_anew() -> None:
    cells = roll_out_cells((2,) * 4 + (NEVER,) * 4, types=2)
    rare = cells["task_type"] == "type 1"
    # Before access only team 005 does it; since access team 000 does it too.
    known = (cells["team"] == "team 005") | ((cells["team"] == "team 000") & (cells["d"] == 1))
    cells = cells.assign(task_type=cells["task_type"].mask(rare & ~known, "type 0"))
    found = compared(cells)
    assert found.weeks.left_out == ()
    expected = brute_force(found)
    assert without_each_unit(found) == pytest.approx(expected, abs=1e-12, nan_ok=True)
    without = roll_out(found.rows.without(np.arange(8) == 5), found.plan)
    assert without.weeks.left_out == ("type 1",)


def test_derivatives_are_near_the_jackknife_in_large_groups() -> None:
    found = compared(roll_out_cells((1,) * 60 + (NEVER,) * 60, weeks=3, people=1))
    by_derivative = np.sqrt((linearised(found) ** 2).sum(axis=0))
    assert by_derivative == pytest.approx(
        np.sqrt((jackknifed(found) ** 2).sum(axis=0)), rel=0.03, nan_ok=True
    )
