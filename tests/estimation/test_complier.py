"""The complier effect: against two-stage least squares by hand, and where there is none."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from measurement.estimation import complier
from measurement.estimation.complier import ComplierEffect, complier_effect
from measurement.estimation.definition import Trial
from measurement.estimation.estimate import NotEstimable
from measurement.estimation.planned_model import Model
from measurement.estimation.trial_toml import parse_trial
from tests.estimation.frames import trial_table
from tests.estimation.parallel_model import PARALLEL


def trial(kind: str = "parallel", **plan: Any) -> Trial:
    return parse_trial(trial_table(kind, plan=plan))


def invented_logs(
    seed: int, *, people: int = 60, logs: int = 900, with_ai: float = 0.7, without: float = 0.1
) -> pd.DataFrame:
    """Return single logs as cells; odd people are assigned to AI, and not all use it."""
    rng = np.random.default_rng(seed)
    person = np.sort(rng.integers(0, people, logs))
    task_type = rng.integers(0, 3, logs)
    d = (person % 2).astype(float)
    used = rng.random(logs) < np.where(d == 1, with_ai, without)
    level = rng.normal(3, 0.4, people)[person] + 0.2 * task_type
    y = level - 0.3 * used + rng.normal(0, 0.5, logs)
    return pd.DataFrame(
        {
            "participant": [f"p{number:03d}" for number in person],
            "task_type": [f"type {number}" for number in task_type],
            "d": d,
            "used": used,
            "logs": 1,
            "log_minutes_mean": y,
            "log_minutes_squares": 0.0,
        }
    )


def two_stage_least_squares(logs: pd.DataFrame) -> tuple[float, float]:
    """Return the coefficient of use, instrumented by assignment, and its clustered error.

    Both stages by hand; the residuals of the second are those of the use itself.
    """
    others = np.column_stack(
        [np.ones(len(logs)), *[logs["task_type"] == f"type {number}" for number in (1, 2)]]
    ).astype(float)
    x = np.column_stack([others, logs["used"]]).astype(float)
    z = np.column_stack([others, logs["d"]]).astype(float)
    y = logs["log_minutes_mean"].to_numpy()
    x_fitted = z @ np.linalg.solve(z.T @ z, z.T @ x)
    bread = np.linalg.inv(x_fitted.T @ x_fitted)
    b = bread @ x_fitted.T @ y
    scores = x_fitted * (y - x @ b)[:, np.newaxis]
    meat = np.zeros((4, 4))
    for rows in logs.groupby("participant").groups.values():
        own = scores[rows].sum(axis=0)
        meat += np.outer(own, own)
    people = logs["participant"].nunique()
    factor = people / (people - 1) * (len(logs) - 1) / (len(logs) - 4)
    return b[3], math.sqrt(factor * (bread @ meat @ bread)[3, 3])


@pytest.mark.parametrize("seed", range(4))
def test_the_ratio_is_two_stage_least_squares_with_one_instrument(seed: int) -> None:
    logs = invented_logs(seed)

    effect = complier_effect(trial(), PARALLEL, logs)

    value, std_error = two_stage_least_squares(logs)
    assert effect.estimate.value == pytest.approx(value, rel=1e-10)
    assert effect.estimate.std_error == pytest.approx(std_error, rel=1e-10)
    assert effect.estimate.degrees_of_freedom == 59
    assert (effect.clusters, effect.standard_errors) == (60, "CR1")


def test_the_first_stage_is_the_clustered_regression_of_use() -> None:
    logs = invented_logs(5)
    dummies = pd.get_dummies(logs["task_type"], drop_first=True, dtype=float)
    design = sm.add_constant(pd.concat([dummies, logs["d"]], axis=1))
    groups = pd.factorize(logs["participant"])[0]
    ols = sm.OLS(logs["used"].astype(float), design).fit(
        cov_type="cluster", cov_kwds={"groups": groups}
    )

    effect = complier_effect(trial(), PARALLEL, logs)

    assert effect.first_stage.value == pytest.approx(ols.params["d"], rel=1e-10)
    assert effect.first_stage.std_error == pytest.approx(ols.bse["d"], rel=1e-10)
    assert effect.f_statistic == pytest.approx(ols.tvalues["d"] ** 2, rel=1e-9)


def test_few_clusters_take_the_jackknife_in_both_stages() -> None:
    effect = complier_effect(trial(), PARALLEL, invented_logs(6, people=20))

    assert (effect.clusters, effect.standard_errors) == (20, "CR3")
    assert effect.estimate.degrees_of_freedom == 19


def test_without_anyone_to_defy_the_assignment_it_is_the_effect_of_assignment() -> None:
    logs = invented_logs(7, with_ai=1.0, without=0.0)
    design = sm.add_constant(
        pd.concat(
            [pd.get_dummies(logs["task_type"], drop_first=True, dtype=float), logs["d"]], axis=1
        )
    )
    ols = sm.OLS(logs["log_minutes_mean"], design).fit()

    effect = complier_effect(trial(), PARALLEL, logs)

    assert effect.estimate.value == pytest.approx(ols.params["d"], rel=1e-10)
    assert effect.first_stage.value == pytest.approx(1, rel=1e-12)
    assert effect.f_statistic == math.inf


def reason(trial_: Trial, logs: pd.DataFrame, model: Model = PARALLEL) -> str:
    with pytest.raises(NotEstimable) as caught:
        complier_effect(trial_, model, logs)
    return caught.value.reason


@pytest.mark.parametrize(
    "by_use",
    [trial(treatment="used"), trial("observational"), trial("crossover", treatment="used")],
)
def test_a_comparison_by_use_has_no_compliers(by_use: Trial) -> None:
    expected = "the trial compares by use, and no assignment says who would comply"

    assert reason(by_use, invented_logs(0)) == expected


def test_both_assignments_are_needed() -> None:
    logs = invented_logs(0)

    assert reason(trial(), logs[logs["d"] == 1]) == "no task logs without AI to compare with"


def test_nobody_used_ai() -> None:
    assert reason(trial(), invented_logs(0, with_ai=0, without=0)) == "nobody used AI"


def test_use_by_everyone_is_no_compliance() -> None:
    assert reason(trial(), invented_logs(0, with_ai=1, without=1)).endswith(": F is 0.00")


def test_use_that_depends_on_the_person_alone_is_no_compliance() -> None:
    logs = invented_logs(3)
    number = logs["participant"].str[1:].astype(int)
    # A crossover: everybody has tasks under both assignments, every third person uses AI.
    crossed = logs.assign(d=np.arange(len(logs)) % 2.0, used=number % 3 == 0)
    absorbing = replace(PARALLEL, absorbed="participant")

    assert reason(trial("crossover"), crossed, absorbing).endswith(": F is 0.00")


def with_one_log_each(users_with_ai: int) -> pd.DataFrame:
    """Return one log for each of 80 people, 40 an arm; so many of the AI arm used it."""
    d = np.repeat([0.0, 1.0], 40)
    used = np.concatenate([np.zeros(40), np.arange(40) < users_with_ai])
    return pd.DataFrame(
        {
            "participant": [f"p{number:02d}" for number in range(80)],
            "d": d,
            "used": used.astype(bool),
            "logs": 1,
            "log_minutes_mean": 3 - 0.2 * used + 0.01 * (np.arange(80) % 7),
            "log_minutes_squares": 0.0,
        }
    )


def closed_form_f(share: float) -> float:
    """Return F of a difference of two means of 40, the other arm without use.

    The clustered variance is factor x share (1 - share) / 40, CR1 factor 80/79 x 79/78.
    """
    return share**2 / (80 / 78 * share * (1 - share) / 40)


def test_ten_is_the_smallest_f(monkeypatch: pytest.MonkeyPatch) -> None:
    without_terms = Model((), (), None, (), "participant", "cluster")
    # Eight users of 40 give F 9.75, nine give 11.3.
    assert closed_form_f(8 / 40) == pytest.approx(9.75)

    assert reason(trial(), with_one_log_each(8), without_terms) == (
        "assignment changed the use of AI too little to divide by, with a first-stage F "
        "below 10: F is 9.75"
    )
    nine = complier_effect(trial(), without_terms, with_one_log_each(9))
    assert nine.f_statistic == pytest.approx(closed_form_f(9 / 40), rel=1e-12)
    monkeypatch.setattr(complier, "SMALLEST_F", nine.f_statistic)
    assert complier_effect(trial(), without_terms, with_one_log_each(9)).clusters == 80


def test_cells_say_what_their_logs_say() -> None:
    logs = invented_logs(8)
    keys = ["participant", "task_type", "d", "used"]
    mean = logs.groupby(keys)["log_minutes_mean"].transform("mean")
    squares = (logs["log_minutes_mean"] - mean) ** 2
    cells = (
        logs.assign(log_minutes_squares=squares)
        .groupby(keys, as_index=False)
        .agg({"logs": "sum", "log_minutes_mean": "mean", "log_minutes_squares": "sum"})
    )

    of_logs = complier_effect(trial(), PARALLEL, logs)
    of_cells: ComplierEffect = complier_effect(trial(), PARALLEL, cells)

    assert len(cells) < len(logs)
    assert of_cells.estimate.value == pytest.approx(of_logs.estimate.value, rel=1e-10)
    assert of_cells.estimate.std_error == pytest.approx(of_logs.estimate.std_error, rel=1e-10)
    assert of_cells.f_statistic == pytest.approx(of_logs.f_statistic, rel=1e-10)
