"""Trials that are allowed and seldom thought of: no crash, no figure of few people."""

import datetime
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from measurement.estimation.bundle import Bundle
from measurement.estimation.definition import DefinitionErrors
from measurement.estimation.disclosure import published
from measurement.estimation.evaluation import evaluate
from measurement.estimation.evidence import evidence_of
from measurement.estimation.simulate import simulate
from tests.estimation.frames import AS_OF, bundle, row_of

DATES = {"starts_on": "2025-04-28", "ends_on": "2025-05-30"}
DAYS = [datetime.date(2025, 4, 28) + datetime.timedelta(days=day) for day in range(5)]


def results_of(data: Any) -> Any:
    return evaluate(evidence_of(data, AS_OF))


def undivided(data: Bundle) -> Bundle:
    """Return the bundle with a plan that divides people into no groups."""
    plan = replace(data.trial.plan, subgroups=())
    return replace(data, trial=replace(data.trial, plan=plan))


def people(**sizes: int) -> list[dict[str, Any]]:
    """Return people by arm, three to a team."""
    return [
        {"participant": f"{arm}{number:02d}", "arm": arm, "team": f"{arm} team {number // 3}"}
        for arm, size in sizes.items()
        for number in range(size)
    ]


def logs(participants: Any, seed: int = 1, tasks: int = 4, **columns: Any) -> list[dict[str, Any]]:
    """Return a task a day of each person; who has AI uses it and takes less time."""
    rng = np.random.default_rng(seed)
    return [
        {
            "participant": person["participant"],
            "key": str(number),
            "minutes": float(np.exp(3 - 0.3 * (person["arm"] != "control") + rng.normal(0, 0.4))),
            "ai_used": person["arm"] != "control",
            "task_type": "draft",
            "date": DAYS[number % 5].isoformat(),
            **columns,
        }
        for person in participants
        for number in range(tasks)
    ]


def test_bounds_of_a_small_arm_are_withheld_as_its_figures_are() -> None:
    participants = people(control=20, big=20, small=3)
    arms = [{"name": name, "ai": name != "control"} for name in ("control", "big", "small")]
    data = bundle(
        "parallel",
        logs=logs(participants),
        participants=participants,
        trial=DATES,
        design={"arms": arms},
    )
    results = results_of(data)
    shown = published(results, minimum_people=data.trial.disclosure.minimum_people)

    for sample in ("lower_bound", "upper_bound"):
        full, row = (
            next(row for row in found.estimates if (row.sample, row.arm) == (sample, "small"))
            for found in (results, shown)
        )
        assert (full.estimand, full.participants, full.logs) == ("time_ratio", 23, 92)
        assert full.value is not None
        assert (row.suppressed, row.value) == (True, None)


@pytest.mark.parametrize("kind", ["parallel", "crossover", "stepped_wedge"])
def test_where_all_tasks_took_the_same_time_nothing_is_tested(kind: str) -> None:
    data = undivided(simulate(participants=24, logs_per_participant=8, design=kind, seed=1).bundle)
    data.task_logs["minutes"] = data.task_logs["minutes"].where(
        data.task_logs["minutes"].isna(), 30.0
    )
    checks = {check.check: check for check in results_of(data).checks}
    assert checks["novelty"].verdict == "not_estimable"


@pytest.mark.parametrize(
    ("kind", "unit"), [("cluster", "team"), ("stepped_wedge", "department"), ("parallel", "team")]
)
def test_tasks_of_a_team_are_not_taken_for_independent(kind: str, unit: str) -> None:
    with pytest.raises(DefinitionErrors, match=f"cluster, as {unit}s are the units"):
        bundle(kind, logs=[], design={"unit": unit}, plan={"standard_errors": "HC3"})


def test_the_planned_unit_is_the_cluster_in_every_design() -> None:
    # Thirty teams on each side, of three people and of two.
    everybody = people(control=90, ai=90)
    participants = [
        row for place, row in enumerate(everybody) if row["arm"] == "control" or place % 3
    ]
    rows = logs(participants)
    data = bundle(
        "parallel",
        logs=rows,
        participants=participants,
        trial=DATES,
        design={"unit": "team"},
        plan={"subgroups": []},
    )
    results = results_of(data)
    frame = pd.DataFrame(rows).merge(pd.DataFrame(participants), on="participant")
    frame = frame.assign(y=np.log(frame["minutes"]), d=(frame["arm"] == "ai").astype(float))
    witness = smf.ols("y ~ d", frame).fit(
        cov_type="cluster", cov_kwds={"groups": pd.factorize(frame["team"])[0]}
    )
    row = row_of(results, "time_ratio")
    assert (row.clusters, row.standard_errors) == (60, "CR1")
    assert row.std_error == pytest.approx(witness.bse["d"], rel=1e-8)
    ratio = next(check for check in results.checks if check.check == "sample_ratio")
    assert (ratio.statistic, ratio.p_value) == (0.0, 1.0)


@pytest.mark.parametrize("day_basis", ["working_days", "logged_days"])
def test_a_crossover_by_use_counts_the_days_of_all_periods(day_basis: str) -> None:
    half = datetime.date(2025, 5, 12)
    periods = [
        {"name": "1", "starts_on": "2025-04-28", "ends_on": "2025-05-11"},
        {"name": "2", "starts_on": half.isoformat(), "ends_on": "2025-05-23"},
    ]
    days = [day.date() for day in pd.bdate_range("2025-04-28", "2025-05-23") if day.day != 5]
    rng = np.random.default_rng(5)
    participants = [
        {"participant": f"p{number:02d}", "sequence": ("AB", "BA")[number % 2]}
        for number in range(12)
    ]
    # On every working day of both periods one task with AI and one without.
    rows = [
        {
            "participant": person["participant"],
            "key": f"{day}{used}",
            "minutes": float(20 - 7 * used + rng.normal()),
            "ai_used": bool(used),
            "task_type": "draft",
            "date": day.isoformat(),
            "period": "1" if day < half else "2",
        }
        for person in participants
        for day in days
        for used in (0, 1)
    ]
    data = bundle(
        "crossover",
        logs=rows,
        participants=participants,
        trial={"starts_on": "2025-04-28", "ends_on": "2025-05-23"},
        design={"periods": periods},
        plan={"treatment": "used", "day_basis": day_basis, "subgroups": []},
    )
    results = results_of(data)
    per_task = row_of(results, "minutes_saved_per_task").value
    # One task a day: what a task saves, a day saves.
    assert row_of(results, "minutes_saved_per_working_day").value == pytest.approx(
        per_task, rel=1e-9
    )


def test_the_bootstrap_stands_beside_the_quality_of_a_roll_out() -> None:
    data = undivided(
        simulate(participants=80, logs_per_participant=20, design="stepped_wedge", seed=3).bundle
    )
    results = results_of(data)
    assert row_of(results, "quality_difference").bootstrap_p_value is not None
    assert row_of(results, "time_ratio").bootstrap_p_value is None


@pytest.mark.parametrize("missing", ["some", "most"])
def test_a_baseline_that_some_lack_is_no_reason_to_stop(missing: str) -> None:
    participants = people(control=30, ai=30)
    for number, person in enumerate(participants):
        is_missing = (number % 3 == 0) == (missing == "some")
        person["baseline_minutes"] = None if is_missing else 20.0 + number
    data = bundle(
        "parallel",
        logs=logs(participants),
        participants=participants,
        trial=DATES,
        plan={"covariates": ["baseline_minutes"], "subgroups": []},
    )
    row = row_of(results_of(data), "time_ratio")
    assert row.not_estimable is None
    assert "baseline_minutes" in row.terms
    assert row.logs == 240
