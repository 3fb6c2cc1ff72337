"""Other task logs, other errors, other methods: each against what it says that it is."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from measurement.estimation.alternatives import (
    LEE,
    RATES,
    lee_bounds,
    specification_table,
    tobit,
    two_way,
)
from measurement.estimation.evidence import evidence_of
from measurement.estimation.figures import Figures
from measurement.estimation.lee_bounds import bounds_of_arm
from measurement.estimation.prepared import prepare
from measurement.estimation.simulate import simulate
from measurement.estimation.tobit import tobit_effect
from tests.estimation.frames import AS_OF, bundle

FIRST_THREE = ("time_ratio", "minutes_saved_per_task", "minutes_saved_per_working_day")


def trial(plan: Any = None, size: Any = 60, **logs_columns: Any) -> Any:
    """Return a parallel trial with two task types, some by timer, some wildly long."""
    generator = np.random.default_rng(8)
    people = [
        {"participant": f"p{number:02d}", "arm": ("ai", "control")[number % 2]}
        for number in range(size)
    ]
    logs = []
    for number, person in enumerate(people):
        level = generator.normal(0, 0.3)
        for place in range(8):
            minutes = 25 * np.exp(level + generator.standard_t(3) * 0.5 - 0.3 * (number % 2 == 0))
            logs.append(
                {
                    "participant": person["participant"],
                    "key": str(place),
                    "minutes": float(np.clip(minutes, 1.5, 470)),
                    "ai_used": number % 2 == 0,
                    "task_type": ("draft", "search")[place % 2],
                    "source": ("timer", "recall")[place % 3 == 0],
                    "date": f"2025-01-{6 + place % 4:02d}",
                    **{name: value(number, place) for name, value in logs_columns.items()},
                }
            )
    return bundle(
        "parallel",
        participants=people,
        logs=logs,
        trial={"starts_on": "2025-01-06", "ends_on": "2025-01-10"},
        plan=plan or {},
    )


def prepared(data: Any) -> Any:
    return prepare(evidence_of(data, AS_OF))


def rows(answers: Any) -> Any:
    return {(answer.row.estimand, answer.row.sample): answer.row for answer in answers}


def frame_of(data: Any) -> Any:
    frame = data.task_logs.merge(data.participants[["participant", "arm"]], on="participant")
    return frame.assign(d=(frame["arm"] == "ai").astype(float))


def fitted(frame: Any, minutes: Any) -> Any:
    """Return coefficient and clustered error of d on log(minutes), by statsmodels."""
    frame = frame.assign(y=np.log(minutes))
    groups = pd.factorize(frame["participant"])[0]
    found = smf.ols("y ~ d + task_type", frame).fit(cov_type="cluster", cov_kwds={"groups": groups})
    return found.params["d"], found.bse["d"]


def limits(frame: Any, low: Any, high: Any) -> Any:
    """Return each log's winsorising limits: numpy's percentiles of its task type."""
    by_type = frame.groupby("task_type")["minutes"]
    return by_type.transform(lambda m: np.quantile(m, low)), by_type.transform(
        lambda m: np.quantile(m, high)
    )


def test_every_specification_is_the_regression_of_its_task_logs() -> None:
    data = trial()
    found = rows(specification_table(prepared(data)))

    frame = frame_of(data)
    low, high = limits(frame, 0.01, 0.99)
    inside = frame["minutes"].between(low, high)
    timed = frame["source"] == "timer"
    expected = {
        "raw": fitted(frame, frame["minutes"]),
        "winsorised": fitted(frame, frame["minutes"].clip(low, high)),
        "trimmed": fitted(frame[inside], frame.loc[inside, "minutes"]),
        "timer_only": fitted(frame[timed], frame.loc[timed, "minutes"]),
        "without_flagged": fitted(frame, frame["minutes"]),
    }
    assert not inside.all()
    for sample, (coefficient, error) in expected.items():
        row = found["time_ratio", sample]
        assert np.log(row.value) == pytest.approx(coefficient, rel=1e-9), sample
        assert row.std_error == pytest.approx(error, rel=1e-9), sample
    assert set(found) == {(name, sample) for name in FIRST_THREE for sample in expected}
    assert found["time_ratio", "trimmed"].logs == inside.sum()
    assert found["minutes_saved_per_working_day", "trimmed"].logs == inside.sum()


def test_flagged_logs_are_left_out_of_one_specification_only() -> None:
    data = trial(recorded_at=lambda number, place: "2025-03-01T10:00:00Z" if place == 7 else None)
    found = rows(specification_table(prepared(data)))

    frame = frame_of(data)
    kept = frame["key"] != "7"
    coefficient, _ = fitted(frame[kept], frame.loc[kept, "minutes"])
    assert np.log(found["time_ratio", "without_flagged"].value) == pytest.approx(coefficient)
    assert found["time_ratio", "without_flagged"].logs == 420
    assert found["time_ratio", "raw"].logs == 480


def test_a_specification_changes_savings_and_not_the_number_of_tasks() -> None:
    """Per-task savings of the sample by type, times the tasks of all logs, by hand."""
    data = trial()
    row = rows(specification_table(prepared(data)))["minutes_saved_per_working_day", "timer_only"]

    frame = frame_of(data)
    timed = frame[frame["source"] == "timer"]
    value = 0.0
    for name in ("draft", "search"):
        mine = timed[timed["task_type"] == name]
        means = mine.groupby("d")["minutes"].mean()
        tasks = ((frame["task_type"] == name) & (frame["d"] == 1)).sum()
        # 30 people with AI, 5 working days each.
        value += (means[0.0] - means[1.0]) * tasks / (30 * 5)
    assert row.value == pytest.approx(value, rel=1e-10)
    assert RATES in row.notes


def test_a_plan_that_winsorises_makes_it_the_primary_sample() -> None:
    data = trial({"winsorise": [0.05, 0.9]})
    ready = prepared(data)
    primary = rows(Figures(ready).measured())

    frame = frame_of(data)
    low, high = limits(frame, 0.05, 0.9)
    coefficient, error = fitted(frame, frame["minutes"].clip(low, high))
    assert np.log(primary["time_ratio", "primary"].value) == pytest.approx(coefficient, rel=1e-9)
    assert primary["time_ratio", "primary"].std_error == pytest.approx(error, rel=1e-9)
    table = rows(specification_table(ready))
    for estimand in FIRST_THREE:
        assert table[estimand, "winsorised"].value == primary[estimand, "primary"].value
        assert table[estimand, "raw"].value != primary[estimand, "primary"].value


def test_two_way_effects_stand_beside_group_time_effects() -> None:
    data: Any = simulate(
        participants=120, logs_per_participant=10, design="stepped_wedge", seed=4
    ).bundle
    ready = prepared(data)
    found = rows(two_way(ready))

    frame = data.task_logs.merge(
        data.participants[["participant", "team", "ai_from", "withdrawn_on"]], on="participant"
    )
    frame = frame[~frame["novel"] & ~(frame["date"] > frame["withdrawn_on"])]
    week = (frame["date"] - pd.Timestamp(data.trial.starts_on)).dt.days // 7
    frame = frame.assign(
        y=np.log(frame["minutes"]), w=week, d=1.0 * (frame["date"] >= frame["ai_from"])
    )
    witness = smf.ols("y ~ d + C(participant) + C(w) + C(task_type)", frame).fit()
    row = found["time_ratio", "two_way"]
    assert np.log(row.value) == pytest.approx(witness.params["d"], rel=1e-8)
    assert row.terms == ("participant", "week", "task_type")
    assert {estimand for estimand, _ in found} == set(FIRST_THREE)
    # Both rest on all task logs: nothing is left out to be noted.
    assert RATES not in found["minutes_saved_per_working_day", "two_way"].notes


def test_other_designs_have_no_two_way_row() -> None:
    assert list(two_way(prepared(trial()))) == []


def test_a_tobit_row_stands_where_tasks_were_stopped() -> None:
    stopped = trial(censored=lambda number, place: (number + place) % 11 == 0)
    ready = prepared(stopped)
    (answer,) = tobit(ready)

    cells = ready.scope_of("primary", by="censored_minutes").regular
    expected = tobit_effect(ready.model, cells)
    assert answer.row.value == pytest.approx(np.exp(expected.estimate.value), rel=1e-14)
    assert (answer.row.sample, answer.row.standard_errors) == ("tobit", "sandwich")
    assert (answer.row.clusters, answer.row.logs) == (60, 480)
    assert list(tobit(prepared(trial()))) == []


def test_lee_bounds_stand_for_each_arm_of_a_trial_with_arms() -> None:
    data = trial()
    gone = data.participants["participant"].iloc[[0, 2, 4, 6]]
    stayed = data.task_logs[~data.task_logs["participant"].isin(gone)].reset_index(drop=True)
    data = replace(data, task_logs=stayed)
    ready = prepared(data)
    found: Any = list(lee_bounds(ready))

    low, high = bounds_of_arm(data.trial, data.participants, ready.whole.cells, "ai")
    assert [answer.row.sample for answer in found] == ["lower_bound", "upper_bound"]
    assert [np.log(answer.row.value) for answer in found] == pytest.approx([low.value, high.value])
    assert found[0].row.value < found[1].row.value
    assert found[0].row.notes == (LEE,)
    assert (found[0].row.arm, found[0].row.terms, found[0].row.clusters) == ("ai", (), 60)


def test_designs_without_arms_have_no_lee_bounds() -> None:
    data = simulate(participants=20, logs_per_participant=4, design="crossover", seed=1).bundle

    assert list(lee_bounds(prepared(data))) == []


def test_a_comparison_by_use_has_no_lee_bounds() -> None:
    assert list(lee_bounds(prepared(trial({"treatment": "used"})))) == []


def test_bounds_that_cannot_be_had_say_why_for_their_arm() -> None:
    found: Any = list(lee_bounds(prepared(trial(size=4))))
    low, high = found

    assert "at least 6" in low.row.not_estimable
    assert (low.row.arm, high.row.arm) == ("ai", "ai")
