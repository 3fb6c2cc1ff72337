"""Trends before access and novelty: scipy, statsmodels, planted faults."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from measurement.estimation.checks_over_time import novelty, pre_trends
from measurement.estimation.estimate import NotEstimable
from tests.estimation.checked_trials import Material, keyed, log, material, people
from tests.estimation.dummy_regressions import dummies, t_clustered

# Trends before access ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("p_value", "verdict", "message"),
    [
        (0.05, "pass", "Before access to AI times moved alike in those given it early and late"),
        (
            0.049,
            "warn",
            "Before access to AI times may have moved differently in those given it early and "
            "late, so the result may owe something to other changes",
        ),
        (
            0.001,
            "warn",
            "Before access to AI times may have moved differently in those given it early and "
            "late, so the result may owe something to other changes",
        ),
        (
            0.0009,
            "fail",
            "Before access to AI times moved differently in those given it early and late, so "
            "the result cannot be put down to AI",
        ),
    ],
)
def test_pre_trends_are_worded(p_value: float, verdict: str, message: str) -> None:
    found = pre_trends(2.5, p_value)
    assert (found.check, found.statistic, found.p_value) == ("pre_trends", 2.5, p_value)
    assert (found.verdict, found.message) == (verdict, message)


# Novelty ----------------------------------------------------------------------------------------


def weekly_rows(seed: int, fading: float, size: int = 24) -> Any:
    """Return log(minutes) over six weeks in two arms; the effect grows by `fading` a week."""
    rng = np.random.default_rng(seed)
    rows = []
    for row in people({"ai": size, "control": size}):
        level, d = rng.normal(3, 0.3), float(row["arm"] == "ai")
        for week in range(6):
            for _ in range(rng.integers(1, 4)):
                y = level + 0.05 * week + d * (-0.3 + fading * week) + rng.normal(0, 0.3)
                rows.append((row["participant"], row["arm"], week, d, y))
    return pd.DataFrame(rows, columns=["participant", "arm", "week", "d", "y"])


def weekly(rows: Any, kind: str = "parallel", columns: Any = None, **sections: Any) -> Material:
    participants = rows[["participant", "arm"]].drop_duplicates().to_dict("records")
    if columns is not None:
        participants = [{**row, **columns(row["participant"])} for row in participants]
    first = pd.Timestamp("2025-03-03")
    logs = [
        log(
            row.participant,
            float(np.exp(row.y)),
            date=(first + pd.Timedelta(weeks=row.week)).date().isoformat(),
            ai_used=row.d == 1,
            ai_assigned=row.d == 1 if kind in ("crossover", "task_randomised") else None,
            period=f"{row.period}" if "period" in rows else None,
        )
        for row in rows.itertuples()
    ]
    dates = {"starts_on": "2025-03-03", "ends_on": "2025-04-13"}
    return material(kind, participants, keyed(logs), **{"trial": dates, **sections})


def novelty_of(data: Material) -> Any:
    return novelty(data.trial, data.model, data.cells)


def slopes_of_statsmodels(rows: pd.DataFrame) -> Any:
    """Return the regression on week and effect by week, clustered by participant."""
    X = pd.DataFrame(
        {
            "intercept": 1.0,
            "week": rows["week"],
            "slope": rows["d"] * rows["week"],
            "d": rows["d"],
        }
    )
    return sm.OLS(rows["y"], X).fit(
        cov_type="cluster", cov_kwds={"groups": rows["participant"]}, use_t=True
    )


def test_novelty_is_the_slope_of_the_effect_by_week() -> None:
    rows = weekly_rows(1, 0.0)

    found = novelty_of(weekly(rows))

    fitted = slopes_of_statsmodels(rows)
    assert found.check == "novelty"
    assert found.statistic == pytest.approx(fitted.tvalues["slope"], rel=1e-8)
    assert found.p_value == pytest.approx(fitted.pvalues["slope"], rel=1e-7)
    assert found.verdict == "pass"
    assert found.message == "The effect of AI is about the same in early and late weeks"


def test_a_fading_effect_warns() -> None:
    found = novelty_of(weekly(weekly_rows(2, 0.06)))
    assert found.statistic > 3
    assert found.verdict == "warn"
    assert found.message == (
        "The effect of AI changes with the weeks since access, so look at the course over "
        "time before taking the result for a whole year"
    )


def test_weeks_count_from_access_where_it_is_known() -> None:
    """Access in the weeks 0 to 3 by participant: the slope is by weeks since then."""
    rows = weekly_rows(3, 0.0, size=40)
    start = {name: int(name[-3:]) % 4 for name in rows["participant"].unique()}
    first = pd.Timestamp("2025-03-03")

    def access(name: str) -> Any:
        # Midweek: access on a Wednesday is in the week that began on Monday.
        on = first + pd.Timedelta(weeks=start[name], days=2)
        return {"team": name, "ai_from": on.date().isoformat()}

    rows["d"] = (rows["week"] > rows["participant"].map(start)).astype(float)
    data = weekly(rows, "stepped_wedge", access)

    found = novelty_of(data)

    since = rows["week"] - rows["participant"].map(start)
    X = dummies(rows, "participant", "week").assign(slope=rows["d"] * since, d=rows["d"])
    t, p_value = t_clustered(rows["y"], X, rows["participant"], "slope", 80)
    assert found.statistic == pytest.approx(t, rel=1e-7)
    assert found.p_value == pytest.approx(p_value, rel=1e-6)


def test_weeks_of_a_crossover_count_from_the_first_with_ai() -> None:
    rows = weekly_rows(4, 0.0)
    late = rows["arm"] == "ai"
    rows["period"] = rows["week"] // 3 + 1
    rows["d"] = (late == (rows["week"] >= 3)).astype(float)
    # One of them never logs a task with AI.
    rows = rows[(rows["participant"] != "ai000") | (rows["week"] < 3)].reset_index(drop=True)
    # The first week with AI of another has no log.
    rows = rows[(rows["participant"] != "ai001") | (rows["week"] != 3)].reset_index(drop=True)

    found = novelty_of(weekly(rows, "crossover"))

    start = rows[rows["d"] == 1].groupby("participant")["week"].min()
    since = rows["week"] - rows["participant"].map(start).fillna(0)
    X = dummies(rows, "participant", "period")
    X = X.assign(week=rows["week"], slope=rows["d"] * since, d=rows["d"])
    t, _ = t_clustered(rows["y"], X, rows["participant"], "slope", 48)
    assert found.statistic == pytest.approx(t, rel=1e-7)


def test_randomised_tasks_are_clustered_by_participant() -> None:
    rng = np.random.default_rng(5)
    rows = weekly_rows(5, 0.0).assign(d=lambda frame: rng.integers(0, 2, len(frame)) * 1.0)
    data = weekly(rows, "task_randomised")
    assert data.model.standard_errors == "HC3"

    found = novelty_of(data)

    fitted = slopes_of_statsmodels(rows)
    assert found.statistic == pytest.approx(fitted.tvalues["slope"], rel=1e-8)


def test_a_trial_without_a_first_day_has_weeks_as_well() -> None:
    rows = weekly_rows(6, 0.0)

    def access(name: str) -> Any:
        return {"ai_from": "2025-03-03"}

    found = novelty_of(weekly(rows, columns=access, trial={}))

    # 3 March 2025 is a Monday: the weeks are those of the trial with a first day.
    assert found.statistic == pytest.approx(novelty_of(weekly(rows)).statistic, rel=1e-8)


def test_novel_tasks_do_not_count() -> None:
    data = weekly(weekly_rows(7, 0.0))
    odd = pd.concat(
        [data.cells, data.cells.assign(novel=True, log_minutes_mean=9.0)], ignore_index=True
    )
    assert novelty(data.trial, data.model, odd) == novelty_of(data)


def test_undated_tasks_show_no_course() -> None:
    participants = people({"ai": 6, "control": 6})
    data = material("parallel", participants, keyed([log(p["participant"]) for p in participants]))
    with pytest.raises(NotEstimable, match=r"^task logs have no dates$"):
        novelty_of(data)


def test_two_weeks_with_ai_show_a_course() -> None:
    rows = weekly_rows(8, 0.0)
    data = weekly(rows[(rows["d"] == 0) | rows["week"].isin([2, 3])])
    assert novelty_of(data).p_value > 0


def test_one_week_with_ai_shows_no_course() -> None:
    rows = weekly_rows(8, 0.0)
    data = weekly(rows[(rows["d"] == 0) | (rows["week"] == 2)])
    with pytest.raises(NotEstimable, match=r"^task logs with AI from fewer than two weeks$"):
        novelty_of(data)
