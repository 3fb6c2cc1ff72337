"""Cells of a roll-out, summed by unit, week, task type and state."""

import datetime

import numpy as np
import pandas as pd
import pytest

from measurement.estimation.estimate import NotEstimable
from measurement.estimation.unit_weeks import UnitWeeks, first_of, unit_weeks
from tests.estimation.roll_outs import NEVER, STARTS_ON, roll_out_cells


def summed(cells: pd.DataFrame, starts_on: datetime.date | None = STARTS_ON) -> UnitWeeks:
    return unit_weeks(cells, unit="team", outcome="log_minutes", starts_on=starts_on)


def test_rows_are_sums_over_the_people_of_a_unit() -> None:
    cells = roll_out_cells((1, NEVER), weeks=3, weekday=2, people=5, seed=4)
    rows = summed(cells)
    keys = ["team", "week", "task_type", "d"]
    total = cells.assign(y=cells["logs"] * cells["log_minutes_mean"]).groupby(keys)[["logs", "y"]]
    expected = total.sum().reset_index()
    assert [rows.names[unit][0] for unit in rows.unit] == expected["team"].tolist()
    assert rows.weeks[rows.week].tolist() == expected["week"].tolist()
    assert [rows.task_types[kind] for kind in rows.task_type] == expected["task_type"].tolist()
    assert rows.treated.tolist() == (expected["d"] == 1).tolist()
    assert rows.logs.tolist() == expected["logs"].tolist()
    assert rows.mean == pytest.approx((expected["y"] / expected["logs"]).to_numpy(), rel=1e-14)
    assert rows.people.tolist() == cells.groupby("team")["participant"].nunique().tolist()


def test_without_logs_there_is_nothing_to_sum() -> None:
    with pytest.raises(NotEstimable, match="there are no logs to analyse"):
        summed(roll_out_cells((1, NEVER)).iloc[:0])


def test_access_is_the_week_of_the_day() -> None:
    cells = roll_out_cells((1, 2, NEVER), weekday=6)
    assert summed(cells).access.tolist() == [1, 2, np.inf]
    earlier = STARTS_ON - datetime.timedelta(days=7)
    later = cells.assign(week=cells["week"] + 1)
    assert summed(later, earlier).access.tolist() == [2, 3, np.inf]


def test_without_a_first_day_weeks_count_from_a_monday_long_ago() -> None:
    cells = roll_out_cells((1, NEVER))
    weeks = (pd.Timestamp(STARTS_ON) - pd.Timestamp("1970-01-05")).days // 7
    rows = summed(cells.assign(week=cells["week"] + weeks), None)
    assert rows.access[0] == weeks + 1


def test_missing_groups_have_a_name() -> None:
    cells = roll_out_cells((1, NEVER)).astype({"team": "category", "task_type": "category"})
    hidden = cells.assign(
        team=cells["team"].where(cells["team"] == "team 001"),
        task_type=cells["task_type"].where(cells["task_type"] == "type 1"),
    )
    rows = summed(hidden)
    assert sorted(name for (name,) in rows.names) == ["(not given)", "team 001"]
    assert rows.names.names == ["team"]
    assert sorted(rows.task_types) == ["(not given)", "type 1"]


def test_a_unit_left_out_keeps_its_place() -> None:
    rows = summed(roll_out_cells((1, 2, NEVER)))
    rest = rows.without(np.array([False, True, False]))
    assert rest.people.tolist() == [rows.people[0], 0, rows.people[2]]
    assert set(rest.unit) == {0, 2}
    assert rest.names is rows.names
    for name in ("week", "task_type", "treated", "logs", "mean"):
        expected = getattr(rows, name)[rows.unit != 1]
        assert getattr(rest, name).tolist() == expected.tolist()


def test_units_alone_are_numbered_anew() -> None:
    rows = summed(roll_out_cells((1, 2, NEVER)))
    rest = rows.only(np.array([False, True, True]))
    assert [name for (name,) in rest.names] == ["team 001", "team 002"]
    assert rest.people.tolist() == rows.people[1:].tolist()
    assert rest.access.tolist() == [2, np.inf]
    assert rest.unit.tolist() == (rows.unit[rows.unit > 0] - 1).tolist()
    assert rest.mean.tolist() == rows.mean[rows.unit > 0].tolist()


def test_people_of_a_unit_must_share_the_day_of_access() -> None:
    cells = roll_out_cells((1, 1, 1, 1, 1, 1, NEVER), people=9)
    first = cells.groupby("team")["participant"].transform("min")
    mixed = cells.assign(ai_from=cells["ai_from"].mask(cells["participant"] == first))
    with pytest.raises(NotEstimable) as refused:
        summed(mixed)
    assert refused.value.reason == (
        "participants of one team have different days of access to AI: team 000, team 001, "
        "team 002, team 003, team 004 and 1 more"
    )


def test_names_beyond_the_fifth_are_counted() -> None:
    assert first_of(["a", "b", "c", "d", "e"]) == "a, b, c, d, e"
    assert first_of(["a", "b", "c", "d", "e", "f", "g"]) == "a, b, c, d, e and 2 more"


@pytest.mark.parametrize(("week", "d"), [(0, 1.0), (2, 0.0)], ids=["too early", "too late"])
def test_the_treatment_must_be_access(week: int, d: float) -> None:
    cells = roll_out_cells((1, NEVER))
    other = (cells["week"] == week) & (cells["team"] == "team 000")
    with pytest.raises(NotEstimable) as refused:
        summed(cells.assign(d=cells["d"].mask(other, d)))
    assert refused.value.reason == (
        "effects of a roll-out compare the time before access to AI with the time since; the "
        "treatment is another here"
    )


def test_the_week_of_access_may_have_both_states() -> None:
    rows = summed(roll_out_cells((1, NEVER), weekday=2))
    assert set(rows.treated[(rows.unit == 0) & (rows.week == 1)]) == {False, True}


def test_logs_without_dates_have_no_week() -> None:
    cells = roll_out_cells((1, NEVER))
    with pytest.raises(NotEstimable) as refused:
        summed(cells.assign(week=cells["week"].mask(cells["week"] == 1)))
    assert refused.value.reason == "some task logs have no date, so that their week is not known"
