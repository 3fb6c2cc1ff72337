"""Group-time effects: against a plain implementation with dummies and loops, and properties."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from measurement.estimation.estimate import NotEstimable
from measurement.estimation.group_time import GroupTime, group_time
from tests.estimation.roll_outs import NEVER, STARTS_ON, plain_effects, roll_out_cells
from tests.untraced import untraced

WEDGE = (2, 2, 2, 3, 3, 3, 4, 4, 4, NEVER, NEVER, NEVER)


def estimated(cells: pd.DataFrame, outcome: str = "log_minutes") -> GroupTime:
    return group_time(cells, unit="team", outcome=outcome, starts_on=STARTS_ON)  # type: ignore[arg-type]


def values(found: GroupTime) -> dict[object, float]:
    made: dict[object, float] = {pair: effect.value for pair, effect in found.effects.items()}
    made |= {since: effect.value for since, effect in found.path.items()}
    return made | {"overall": found.overall.value}


@pytest.mark.parametrize("weekday", [0, 3])
@pytest.mark.parametrize("access", [WEDGE, (2, 2, 3, 3, 4, 4, 4, 4)])
def test_effects_equal_those_of_dummies_and_loops(
    access: tuple[int | None, ...], weekday: int
) -> None:
    cells = roll_out_cells(access, weekday=weekday)
    assert values(estimated(cells)) == pytest.approx(plain_effects(cells), abs=1e-10)


def test_the_week_before_access_is_the_last_that_anybody_logged() -> None:
    cells = roll_out_cells(WEDGE)
    cells = cells[cells["week"] != 2].reset_index(drop=True)
    found = estimated(cells)
    assert values(found) == pytest.approx(plain_effects(cells), abs=1e-10)
    assert (3, 1) not in found.effects


def test_a_team_without_logs_in_a_week_drops_out_of_its_comparisons() -> None:
    cells = roll_out_cells(WEDGE)
    silent = (cells["team"] == "team 000") & (cells["week"] == 4)
    cells = cells[~silent].reset_index(drop=True)
    assert values(estimated(cells)) == pytest.approx(plain_effects(cells), abs=1e-10)


def test_two_teams_and_two_weeks_are_a_difference_in_differences() -> None:
    cells = roll_out_cells((1, 1, 1, NEVER, NEVER, NEVER), weeks=2, types=1)
    cells["log_minutes_mean"] = np.select(
        [cells["d"] == 1, (cells["week"] == 1), cells["ai_from"].notna()], [3.0, 2.5, 2.75], 2.0
    )
    found = estimated(cells)
    assert found.overall.value == pytest.approx((3.0 - 2.75) - (2.5 - 2.0), abs=1e-12)
    assert list(found.effects) == [(1, 1)]
    assert list(found.path) == [0]
    assert found.overall.std_error == pytest.approx(0, abs=1e-12)


def test_minutes_are_an_outcome_too() -> None:
    cells = roll_out_cells(WEDGE)
    as_logs = cells.assign(log_minutes_mean=cells["minutes_mean"])
    expected = plain_effects(as_logs)["overall"]
    assert estimated(cells, "minutes").overall.value == pytest.approx(expected, abs=1e-9)


def test_few_units_are_left_out_one_by_one() -> None:
    cells = roll_out_cells(WEDGE)
    found, full = estimated(cells), plain_effects(cells)
    assert (found.standard_errors, found.clusters) == ("CR3", 12)
    assert found.overall.degrees_of_freedom == 11
    teams = sorted(cells["team"].unique())
    left_out = [plain_effects(cells, {team: 0.0}) for team in teams]
    for name, estimate in ((0, found.path[0]), ("overall", found.overall), (-2, found.path[-2])):
        expected = [np.sqrt(11 / 12) * (full[name] - without[name]) for without in left_out]
        assert estimate.psi.to_numpy() == pytest.approx(expected, abs=1e-10)
        assert list(estimate.psi.index) == [(team,) for team in teams]
        assert estimate.psi.index.names == ["team"]


def test_many_units_have_the_derivative_by_their_weights() -> None:
    cells = roll_out_cells((2,) * 20 + (3,) * 20 + (NEVER,) * 20, weeks=4)
    found = estimated(cells)
    assert (found.standard_errors, found.clusters) == ("CR1", 60)
    step = 1e-5
    for team in ("team 000", "team 025", "team 059"):
        more, less = (plain_effects(cells, {team: 1 + by}) for by in (step, -step))
        for name, estimate in (
            (1, found.path[1]),
            ("overall", found.overall),
            (-2, found.path[-2]),
        ):
            slope = (more[name] - less[name]) / (2 * step) * np.sqrt(60 / 59)
            assert estimate.psi[(team,)] == pytest.approx(slope, abs=1e-8)


@pytest.mark.parametrize(
    ("treated", "never", "chosen"),
    [(20, 20, "CR1"), (19, 20, "CR3"), (21, 19, "CR3")],
    ids=["40 units", "39 units", "19 units without access"],
)
def test_errors_are_jackknifed_where_units_are_few(treated: int, never: int, chosen: str) -> None:
    cells = roll_out_cells((1,) * treated + (NEVER,) * never, weeks=2, people=1)
    assert estimated(cells).standard_errors == chosen


def test_few_units_before_access_alone_do_not_matter() -> None:
    cells = roll_out_cells((2,) * 5 + (3,) * 20 + (4,) * 15, weeks=4, people=1)
    cells = cells[~((cells["ai_from"] == cells["ai_from"].max()) & (cells["week"] == 3))]
    assert estimated(cells.reset_index(drop=True)).standard_errors == "CR1"


def test_six_units_are_enough_and_five_are_not() -> None:
    access = (1, 1, 1, NEVER, NEVER, NEVER)
    assert estimated(roll_out_cells(access, weeks=3)).clusters == 6
    with pytest.raises(NotEstimable, match="5 clusters, at least 6 are needed"):
        estimated(roll_out_cells(access[:5], weeks=3))


@pytest.mark.parametrize("others", [6, 40])
def test_what_rests_on_one_unit_has_no_standard_error(others: int) -> None:
    access = (1, *(2,) * 20, *(NEVER,) * others)
    found = estimated(roll_out_cells(access, weeks=4, people=1))
    assert [pair for pair in found.effects if pair[0] == 1] == []
    assert [pair for pair in found.effects if pair[0] == 2] == [(2, 0), (2, 2), (2, 3)]
    assert list(found.path) == [-2, 0, 1]  # two weeks since access, only the one unit has
    assert found.overall.psi[("team 000",)] != 0
    with pytest.raises(NotEstimable, match="the effect of the roll-out rests on one team alone"):
        estimated(roll_out_cells((1, *(NEVER,) * others), weeks=4, people=1))


def test_each_unit_may_have_a_date_of_its_own() -> None:
    found = estimated(roll_out_cells((1, 2, 3, 4, 5, 6, 7), weeks=8))
    assert found.effects == {}
    assert list(found.path) == [-5, -4, -3, -2, 0, 1, 2, 3, 4]  # in each, two dates or more
    assert found.overall.std_error > 0


def test_units_that_cannot_be_compared_are_left_out_and_named() -> None:
    cells = roll_out_cells((*WEDGE, 0, NEVER, NEVER))
    alone = cells["team"] == "team 013"
    cells = cells[~alone | (cells["week"] == 5)].reset_index(drop=True)
    found = estimated(cells)
    assert found.notes == (
        "teams left out, for lack of task logs before and since access, or of others still without "
        "it: team 012, team 013",
    )
    assert found.clusters == 13
    rest = cells[~cells["team"].isin(["team 012", "team 013"])].reset_index(drop=True)
    assert found.overall.value == estimated(rest).overall.value
    assert estimated(rest).notes == ()


def test_access_tells_when_each_unit_got_it() -> None:
    found = estimated(roll_out_cells((2, 2, 3, 3, NEVER, NEVER)))
    assert found.access.tolist() == [2, 2, 3, 3, np.inf, np.inf]
    assert found.access.index.tolist() == [f"team {team:03d}" for team in range(6)]


def test_weeks_since_access_leave_out_what_takes_no_part() -> None:
    cells = roll_out_cells((0, 2, 2, 3, 3, NEVER, NEVER), weekday=3)
    since = estimated(cells).weeks_since_access(cells.astype({"team": "category"}))
    expected = cells["week"].astype(float) - cells["team"].map(
        {"team 001": 2, "team 002": 2, "team 003": 3, "team 004": 3}
    )
    expected[(expected == 0) & (cells["d"] == 0)] = np.nan
    assert since.tolist() == pytest.approx(expected.tolist(), nan_ok=True)
    assert (expected == 0).any()


# The test of weeks before access ----------------------------------------------------------------


def hotelling(found: GroupTime, weeks: list[int]) -> tuple[float, float]:
    moves = np.array([found.path[week].psi.to_numpy() for week in weeks])
    effects = np.array([found.path[week].value for week in weeks])
    squared = effects @ np.linalg.solve(moves @ moves.T, effects)
    size, freedom = len(weeks), found.clusters - 1
    statistic = squared * (freedom - size + 1) / (freedom * size)
    return float(statistic), float(stats.f.sf(statistic, size, freedom - size + 1))


def test_the_weeks_before_access_are_tested_together() -> None:
    found = estimated(roll_out_cells((2, 2, 2, 4, 4, 4, NEVER, NEVER, NEVER)))
    assert list(found.path)[:3] == [-4, -3, -2]
    statistic, p_value = hotelling(found, [-4, -3, -2])
    assert found.pre_trend.statistic == pytest.approx(statistic, rel=1e-9)
    assert found.pre_trend.p_value == pytest.approx(p_value, rel=1e-9)
    assert (found.pre_trend.df1, found.pre_trend.df2) == (3, 6)


def test_the_three_weeks_nearest_to_access_are_tested() -> None:
    found = estimated(roll_out_cells((7,) * 6 + (NEVER,) * 6, weeks=8))
    assert list(found.path)[:6] == [-7, -6, -5, -4, -3, -2]
    statistic, _ = hotelling(found, [-4, -3, -2])
    assert found.pre_trend.statistic == pytest.approx(statistic, rel=1e-9)
    assert found.pre_trend.df1 == 3


def test_a_rise_before_access_is_found() -> None:
    cells = roll_out_cells((4,) * 10 + (NEVER,) * 10)
    rise = 0.3 * cells["week"].astype(float) * cells["ai_from"].notna()
    assert estimated(cells).pre_trend.p_value > 0.05
    rising = estimated(cells.assign(log_minutes_mean=cells["log_minutes_mean"] + rise))
    assert rising.pre_trend.p_value < 0.001


def test_without_two_weeks_before_access_nothing_is_tested() -> None:
    found = estimated(roll_out_cells((1, 1, 1, NEVER, NEVER, NEVER)))
    assert found.path[0].value
    with pytest.raises(NotEstimable, match="no two weeks before access to AI that could be compar"):
        _ = found.pre_trend


# What cannot be had -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "access",
    [(NEVER,) * 8, (0,) * 4 + (NEVER,) * 4, (2,) * 8],
    ids=["nobody gets access", "everybody has it from the start", "all at once"],
)
def test_without_a_comparison_there_is_no_effect(access: tuple[int | None, ...]) -> None:
    with pytest.raises(NotEstimable) as refused:
        estimated(roll_out_cells(access))
    assert refused.value.reason == (
        "task logs before and since access to AI are needed, and others of the same weeks by "
        "people still without it"
    )


def test_comparisons_before_access_alone_are_no_effect() -> None:
    cells = roll_out_cells((3,) * 4 + (4,) * 4)
    before = cells[cells["week"] < 3].reset_index(drop=True)
    with pytest.raises(NotEstimable, match="before and since access"):
        estimated(before)


# Properties -------------------------------------------------------------------------------------


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_constants_of_units_and_weeks_change_nothing(seed: int) -> None:
    cells = roll_out_cells(WEDGE, seed=seed)
    rng = np.random.default_rng(seed)
    of_team = dict(zip(sorted(cells["team"].unique()), rng.normal(0, 5, 12), strict=True))
    of_week = rng.normal(0, 5, 6)[cells["week"].astype(int)]
    moved = cells.assign(
        log_minutes_mean=cells["log_minutes_mean"] + cells["team"].map(of_team) + of_week
    )
    assert_same(estimated(moved), estimated(cells))


@untraced()
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_order_and_doubled_logs_change_nothing(seed: int) -> None:
    cells = roll_out_cells(WEDGE, seed=seed)
    order = np.random.default_rng(seed).permutation(len(cells))
    doubled = cells.assign(logs=2 * cells["logs"])
    assert_same(estimated(cells.iloc[order].reset_index(drop=True)), estimated(cells))
    assert_same(estimated(doubled), estimated(cells))
    twice = pd.concat([cells, cells], ignore_index=True)
    assert_same(estimated(twice), estimated(cells))


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6), effect=st.floats(-2, 2))
def test_an_effect_that_all_tasks_have_is_found_without_error(seed: int, effect: float) -> None:
    cells = roll_out_cells(WEDGE, seed=seed)
    kinds = cells["task_type"].str[-1].astype(float)
    found = estimated(cells.assign(log_minutes_mean=2 + kinds + effect * cells["d"]))
    assert found.overall.value == pytest.approx(effect, abs=1e-9)
    assert found.overall.std_error == pytest.approx(0, abs=1e-9)
    assert [found.path[since].value for since in (-2, 0, 1)] == pytest.approx(
        [0, effect, effect], abs=1e-9
    )


def assert_same(one: GroupTime, other: GroupTime) -> None:
    assert values(one) == pytest.approx(values(other), abs=1e-9)
    assert one.overall.std_error == pytest.approx(other.overall.std_error, abs=1e-9)
    assert one.path[-2].psi.to_numpy() == pytest.approx(other.path[-2].psi.to_numpy(), abs=1e-9)
