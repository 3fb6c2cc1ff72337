"""Effect and adoption week by week, against statsmodels and by hand."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy import stats

from measurement.estimation.evidence import evidence_of
from measurement.estimation.group_time import group_time
from measurement.estimation.prepared import prepare
from measurement.estimation.simulate import simulate
from measurement.estimation.time_course import (
    BETWEEN_PEOPLE,
    PLACEBO,
    adoption_by_week,
    effect_by_week,
    effect_by_weeks_since_access,
    effect_over_time,
)
from tests.estimation.frames import AS_OF, bundle


def prepared(data: Any) -> Any:
    return prepare(evidence_of(data, AS_OF))


def simulated(design: Any, **sizes: Any) -> Any:
    sizes = {"participants": 60, "logs_per_participant": 12, "seed": 2} | sizes
    return simulate(design=design, **sizes).bundle


def frame_of(data: Any) -> Any:
    """Return the analysed regular logs with week, treatment and people."""
    frame = data.task_logs.merge(data.participants, on="participant")
    frame = frame[~frame["novel"] & ~(frame["date"] > frame["withdrawn_on"])]
    week = (frame["date"] - pd.Timestamp(data.trial.starts_on)).dt.days // 7
    return frame.assign(y=np.log(frame["minutes"]), week=week)


def test_weekly_effects_are_interactions_of_one_regression() -> None:
    data = simulated("parallel", participants=200)
    found: Any = [answer.row for answer in effect_by_week(prepared(data))]

    frame = frame_of(data)
    frame = frame.assign(d=(frame["arm"] == "ai").astype(float))
    witness = smf.ols("y ~ 0 + C(week) + C(week):d + task_type + department", frame).fit(
        cov_type="cluster", cov_kwds={"groups": pd.factorize(frame["participant"])[0]}
    )
    assert [row.group for row in found] == [str(week + 1) for week in range(12)]
    for week, row in enumerate(found):
        name = f"C(week)[{week}]:d"
        assert np.log(row.value) == pytest.approx(witness.params[name], rel=1e-8)
        assert row.std_error == pytest.approx(witness.bse[name], rel=1e-8)
        assert (row.estimand, row.dimension) == ("time_ratio", "week")
        assert row.logs == (frame["week"] == week).sum()
        assert row.clusters == frame["participant"].nunique()


def test_weeks_of_a_crossover_compare_people_with_each_other() -> None:
    """With participants absorbed, one week's effect would stand for the sum of two."""
    data = simulated("crossover", participants=200)
    found: Any = [answer.row for answer in effect_by_week(prepared(data))]

    frame = frame_of(data)
    ai_now = frame["sequence"].str[0].eq("B") == frame["week"].lt(6)
    frame = frame.assign(d=ai_now.astype(float))
    witness = smf.ols("y ~ 0 + C(week) + C(week):d + task_type", frame).fit(
        cov_type="cluster", cov_kwds={"groups": pd.factorize(frame["participant"])[0]}
    )
    assert len(found) == 12
    for week, row in enumerate(found):
        assert row.not_estimable is None
        name = f"C(week)[{week}]:d"
        assert np.log(row.value) == pytest.approx(witness.params[name], rel=1e-8)
        assert row.std_error == pytest.approx(witness.bse[name], rel=1e-8)
        assert row.terms == ("task_type", "period")
        assert BETWEEN_PEOPLE in row.notes


def test_weeks_of_a_crossover_by_person_and_task_type_keep_the_task_types() -> None:
    data = simulated("crossover", participants=60)
    plan = replace(data.trial.plan, fixed_effects=("participant_by_task_type", "period"))
    data = replace(data, trial=replace(data.trial, plan=plan))
    found: Any = [answer.row for answer in effect_by_week(prepared(data))]
    assert {row.terms for row in found} == {("task_type", "period")}


def test_a_week_without_both_sides_says_so() -> None:
    data = simulated("parallel")
    treated = data.participants.loc[data.participants["arm"] == "ai", "participant"]
    first_week = data.task_logs["date"] < pd.Timestamp(data.trial.starts_on) + pd.Timedelta(days=7)
    gone = first_week & ~data.task_logs["participant"].isin(treated)
    data.task_logs.loc[gone, "date"] += pd.Timedelta(days=7)

    found: Any = [answer.row for answer in effect_by_week(prepared(data))]
    first, second, *_ = found

    assert "cannot tell" in first.not_estimable
    assert second.value is not None


def test_logs_without_dates_have_no_weeks() -> None:
    logs = [
        {"participant": f"p{n}", "key": "1", "minutes": 9 + n, "ai_used": n % 2 == 0}
        for n in range(8)
    ]
    ready = prepared(bundle("observational", logs=logs))

    assert effect_over_time(ready) == list(adoption_by_week(ready)) == []


def test_a_trial_that_never_used_ai_has_no_weekly_effect() -> None:
    data = simulated("observational")
    data.task_logs["ai_used"] = False
    reasons = {answer.row.not_estimable for answer in effect_by_week(prepared(data))}

    assert reasons == {"no task logs with AI"}


def test_a_roll_out_is_shown_by_weeks_since_access() -> None:
    data = simulated("stepped_wedge", participants=160)
    ready = prepared(data)
    answers: Any = list(effect_by_weeks_since_access(ready))

    cells = ready.whole.regular
    found = group_time(cells, unit="team", outcome="log_minutes", starts_on=data.trial.starts_on)
    assert [int(answer.row.group) for answer in answers] == list(found.path)
    for answer, (weeks, estimate) in zip(answers, found.path.items(), strict=True):
        row = answer.row
        assert row.value == pytest.approx(np.exp(estimate.value), rel=1e-14)
        assert row.dimension == "weeks_since_access"
        assert (PLACEBO in row.notes) == (weeks < 0)
        assert row.participants_with_ai > 0
        assert row.participants_without_ai > 0
    over_time = effect_over_time(ready)
    assert [answer.row.value for answer in over_time] == [answer.row.value for answer in answers]


def test_weeks_are_adjusted_as_exploratory() -> None:
    found: Any = [answer.row for answer in effect_over_time(prepared(simulated("parallel")))]

    expected = stats.false_discovery_control([row.p_value for row in found])
    assert [row.p_value_adjusted for row in found] == pytest.approx(expected.tolist(), rel=1e-12)


def test_people_behind_a_week_since_access_are_those_then_compared() -> None:
    data = simulated("stepped_wedge", participants=160)
    ready = prepared(data)
    row = next(
        answer.row for answer in effect_by_weeks_since_access(ready) if answer.row.group == "1"
    )

    frame = frame_of(data)
    start = pd.Timestamp(data.trial.starts_on)
    since = frame["week"] - (frame["ai_from"] - start).dt.days // 7
    # The last group gets AI when nobody is left without: its weeks since access are not compared.
    compared = frame["ai_from"] < frame["ai_from"].max()
    treated = frame[compared & (since == 1)]
    beside = frame[(frame["date"] < frame["ai_from"]) & frame["week"].isin(treated["week"])]
    assert row.participants_with_ai == treated["participant"].nunique()
    assert row.participants_without_ai == beside["participant"].nunique()


def test_a_roll_out_that_cannot_be_compared_has_no_path() -> None:
    data = simulated("stepped_wedge", participants=20)

    assert list(effect_by_weeks_since_access(prepared(data))) == []


def access_trial(**trial: Any) -> Any:
    """Return four people given AI in an observational trial of two weeks, of whom some use it."""
    people = [
        {"participant": "early", "ai_from": "2025-01-06"},
        {"participant": "late", "ai_from": "2025-01-13"},
        {"participant": "left", "ai_from": "2025-01-06", "withdrawn_on": "2025-01-10"},
        {"participant": "silent", "ai_from": "2025-01-06"},
        {"participant": "never"},
    ]
    uses = [("early", "07", 1), ("left", "08", 1), ("late", "14", 0), ("early", "15", 1)]
    logs = [
        {
            "participant": name,
            "key": day,
            "minutes": 20,
            "ai_used": bool(used),
            "date": f"2025-01-{day}",
        }
        for name, day, used in uses
    ]
    dates = {"starts_on": "2025-01-06", "ends_on": "2025-01-17"}
    return bundle("observational", participants=people, logs=logs, trial=dates | trial)


def test_adoption_counts_the_people_with_a_working_day_with_ai_in_the_week() -> None:
    found: Any = [answer.row for answer in adoption_by_week(prepared(access_trial()))]
    first, second = found

    # Week 1: early and left used it, silent did not; week 2: of early, late and silent only early.
    assert (first.group, first.value, first.participants) == ("1", pytest.approx(2 / 3), 3)
    assert (second.group, second.value, second.participants) == ("2", pytest.approx(1 / 3), 3)
    assert (first.participants_with_ai, first.participants_without_ai) == (2, 1)
    assert (second.participants_with_ai, second.participants_without_ai) == (1, 2)
    # A share's standard error by hand: root of p (1 - p) / (n - 1).
    assert first.std_error == pytest.approx(np.sqrt(2 / 9 / 2), rel=1e-12)
    assert (first.dimension, first.estimand) == ("week", "adoption_rate")


def test_weeks_in_which_nobody_has_ai_have_no_adoption() -> None:
    data = access_trial()
    data.participants["ai_from"] = data.participants["ai_from"].mask(
        data.participants["ai_from"].notna(), pd.Timestamp("2025-01-13")
    )
    first, second = (answer.row for answer in adoption_by_week(prepared(data)))

    assert first.not_estimable == "nobody had a working day with AI in the week"
    assert second.value == pytest.approx(1 / 3)


def test_adoption_by_week_needs_a_first_day() -> None:
    data = access_trial(starts_on=None, ends_on=None)
    reasons = {answer.row.not_estimable for answer in adoption_by_week(prepared(data))}

    assert reasons == {"the trial has no first day (starts_on)"}
