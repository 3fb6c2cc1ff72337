"""Means by unit and week, net of task types."""

import numpy as np
import pandas as pd
import pytest

from measurement.estimation.net_weeks import Weeks, weeks_of
from measurement.estimation.task_type_effects import type_regression
from measurement.estimation.unit_weeks import unit_weeks
from tests.estimation.roll_outs import NEVER, STARTS_ON, roll_out_cells


def weeks(cells: pd.DataFrame) -> Weeks:
    rows = unit_weeks(cells, unit="team", outcome="log_minutes", starts_on=STARTS_ON)
    return weeks_of(rows, type_regression(rows).fitted().comparable)


def averages(cells: pd.DataFrame) -> np.ndarray:
    total = cells.assign(y=cells["logs"] * cells["log_minutes_mean"])
    sums = total.groupby(["team", "week"])[["y", "logs"]].sum()
    return (sums["y"] / sums["logs"]).unstack().to_numpy()


def test_means_weigh_by_logs() -> None:
    cells = roll_out_cells((1, 2, NEVER))
    found = weeks(cells)
    assert found.means == pytest.approx(averages(cells), rel=1e-12)
    assert found.shares.sum(axis=0) == pytest.approx(np.ones((3, 6)), rel=1e-12)
    assert found.left_out == ()


def test_net_means_take_out_what_types_make_of_them() -> None:
    cells = roll_out_cells((1, 2, NEVER))
    by_kind = cells["task_type"].map({"type 0": 0.5, "type 1": -1.0, "type 2": 4.0})
    net = cells.assign(log_minutes_mean=cells["log_minutes_mean"] - by_kind)
    effects = np.array([0.5, -1.0, 4.0])
    assert weeks(cells).net(effects) == pytest.approx(averages(net), rel=1e-12)


def test_days_before_access_in_its_week_do_not_count() -> None:
    cells = roll_out_cells((1, 2, NEVER), weekday=3)
    first = cells["team"].map({"team 000": 1, "team 001": 2, "team 002": -1})
    counted = cells[(cells["week"] != first) | (cells["d"] == 1)]
    assert len(counted) < len(cells)
    assert weeks(cells).means == pytest.approx(averages(counted), rel=1e-12)


def test_a_week_without_logs_has_no_mean() -> None:
    cells = roll_out_cells((1, NEVER))
    silent = (cells["team"] == "team 001") & (cells["week"] == 3)
    found = weeks(cells[~silent].reset_index(drop=True))
    assert np.isnan(found.means).sum() == 1
    assert np.isnan(found.means[1, 3])
    assert found.shares[:, 1, 3].tolist() == [0, 0, 0]


def test_types_without_logs_before_access_are_left_out_and_named() -> None:
    cells = roll_out_cells((1, 2, NEVER))
    new = (cells["d"] == 1) & (cells["week"] > 3) & (cells["task_type"] == "type 1")
    changed = cells.assign(task_type=cells["task_type"].mask(new, "summaries"))
    found = weeks(changed)
    assert found.left_out == ("summaries",)
    assert found.means == pytest.approx(averages(changed[~new]), rel=1e-12)


def test_a_unit_counts_the_comparable_types_that_it_did_most_before_access() -> None:
    cells = roll_out_cells((1, 2, 2, NEVER), types=1)
    apart = cells["team"].isin(["team 001", "team 003"])
    cells["task_type"] = np.where(apart, "casework", "drafting")
    foreign = (cells["team"] == "team 001") & (cells["week"] == 4)
    cells["task_type"] = cells["task_type"].mask(foreign, "drafting")
    found = weeks(cells)
    assert found.left_out == ("drafting",)
    assert np.isnan(found.means[1]).tolist() == [False] * 4 + [True, False]
    others = cells[~foreign]
    assert found.means[[0, 2, 3]] == pytest.approx(averages(others)[[0, 2, 3]], rel=1e-12)
    # What a team of one kind of work does takes nothing away from its weeks.
    assert found.means[1, 5] == pytest.approx(averages(others)[1, 5], rel=1e-12)
