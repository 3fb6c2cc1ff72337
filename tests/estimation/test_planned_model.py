"""Which outcome of the cells is regressed: minutes, log minutes, use of AI, quality."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from measurement.estimation.estimate import NotEstimable
from measurement.estimation.planned_model import (
    TREATMENT,
    Model,
    Outcome,
    fit_model,
    named,
    observed,
    sample,
    sample_by,
)
from measurement.estimation.regression import fit
from tests.estimation.parallel_model import PARALLEL
from tests.untraced import untraced

KEYS = ["participant", "task_type", "d", "used"]


def invented_logs(seed: int) -> pd.DataFrame:
    """Return logs of 60 people, odd ones assigned to AI; four in five have a score of 1 to 5."""
    rng = np.random.default_rng(seed)
    person = np.sort(rng.integers(0, 60, 700))
    d = (person % 2).astype(float)
    level = rng.normal(0, 0.5, 60)[person]
    scores = np.clip(np.round(3.4 + 0.3 * d + level + rng.normal(0, 0.9, 700)), 1, 5)
    return pd.DataFrame(
        {
            "participant": [f"p{number:03d}" for number in person],
            "task_type": [f"type {number}" for number in rng.integers(0, 3, 700)],
            "d": d,
            "used": rng.random(700) < 0.1 + 0.6 * d,
            "minutes": np.exp(3 - 0.2 * d + level + rng.normal(0, 0.5, 700)),
            "quality": np.where(rng.random(700) < 0.8, scores, np.nan),
        }
    )


def moments(logs: pd.DataFrame, column: str, name: str, count: str) -> pd.DataFrame:
    """Return number, mean and centred sum of squares of a column, cell by cell."""
    grouped = logs.groupby(KEYS)[column]
    squares = (logs[column] - grouped.transform("mean")) ** 2
    return pd.DataFrame(
        {
            count: grouped.count(),
            f"{name}_mean": grouped.mean(),
            f"{name}_squares": squares.groupby([logs[key] for key in KEYS]).sum(),
        }
    )


def cells_of(logs: pd.DataFrame) -> pd.DataFrame:
    parts = [
        moments(logs, "minutes", "minutes", "logs"),
        moments(logs, "quality", "quality", "quality_logs"),
    ]
    return pd.concat(parts, axis=1).reset_index()


def with_statsmodels(logs: pd.DataFrame, outcome: str) -> tuple[float, float]:
    """Return the coefficient of d of the row-level regression, and its clustered error."""
    dummies = pd.get_dummies(logs["task_type"], drop_first=True, dtype=float)
    design = sm.add_constant(pd.concat([dummies, logs["d"]], axis=1))
    groups = pd.factorize(logs["participant"])[0]
    ols = sm.OLS(logs[outcome].astype(float), design).fit(
        cov_type="cluster", cov_kwds={"groups": groups}
    )
    return ols.params["d"], ols.bse["d"]


@pytest.mark.parametrize("outcome", ["minutes", "used", "quality"])
@pytest.mark.parametrize("seed", range(3))
def test_the_effect_on_an_outcome_is_that_of_its_rows(outcome: Outcome, seed: int) -> None:
    logs = invented_logs(seed)

    effect = fit(
        sample(PARALLEL, cells_of(logs), outcome), standard_errors="CR1", nested=False
    ).estimate(TREATMENT)

    value, std_error = with_statsmodels(logs[logs[outcome].notna()], outcome)
    assert effect.value == pytest.approx(value, rel=1e-10)
    assert effect.std_error == pytest.approx(std_error, rel=1e-10)


def test_quality_counts_the_scored_logs_alone() -> None:
    logs = invented_logs(0)
    cells = cells_of(logs)
    unscored = (cells["quality_logs"] == 0).sum()
    assert unscored > 0

    regressed = sample(PARALLEL, cells, "quality")

    assert len(regressed.outcome) == len(cells) - unscored
    assert regressed.weights.sum() == logs["quality"].notna().sum()
    assert list(observed(cells, "quality").index) == list(range(len(regressed.outcome)))
    by_type = sample_by(PARALLEL, cells, "quality", "task_type")
    assert len(by_type.outcome) == len(regressed.outcome)


@pytest.mark.parametrize("outcome", ["minutes", "log_minutes", "used"])
def test_every_cell_has_the_other_outcomes(outcome: Outcome) -> None:
    cells = cells_of(invented_logs(0))

    assert observed(cells, outcome) is cells


def test_without_scores_there_is_no_effect_on_quality() -> None:
    cells = cells_of(invented_logs(0).assign(quality=np.nan))

    with pytest.raises(NotEstimable, match=r"^no task log has a quality score$"):
        sample(PARALLEL, cells, "quality")


def test_use_spreads_within_no_cell() -> None:
    cells = cells_of(invented_logs(1))

    regressed = sample(PARALLEL, cells, "used")

    assert not regressed.within.any()
    assert list(regressed.outcome) == list(cells["used"].astype(float))
    assert list(regressed.weights) == list(cells["logs"])


def two_logs_each(people: int, both: int) -> pd.DataFrame:
    """Return two logs a person: of `both` people one with AI, of the others both or none."""
    rng = np.random.default_rng(people)
    person = np.repeat(np.arange(people), 2)
    d = np.where(person < both, np.tile([0.0, 1.0], people), person % 2)
    return pd.DataFrame(
        {
            "participant": [f"p{number:03d}" for number in person],
            "task_type": [f"type {number}" for number in rng.integers(0, 3, 2 * people)],
            "d": d,
            "used": d == 1,
            "minutes": np.exp(3 - 0.2 * d + rng.normal(0, 0.5, 2 * people)),
            "quality": np.nan,
        }
    )


WITHIN_PEOPLE = replace(PARALLEL, absorbed="participant")


@pytest.mark.parametrize(
    ("people", "both", "model", "degrees_of_freedom"),
    [
        (30, 8, WITHIN_PEOPLE, 7),  # few clusters: the other 22 people compare nothing
        (30, 30, WITHIN_PEOPLE, 29),
        (30, 2, WITHIN_PEOPLE, 1),
        (30, 8, PARALLEL, 29),  # here people are compared with each other
        (40, 40, WITHIN_PEOPLE, 39),  # many clusters
        (300, 8, WITHIN_PEOPLE, 7),  # many clusters of which few compare are few
    ],
)
def test_few_clusters_count_if_they_compare(
    people: int, both: int, model: Model, degrees_of_freedom: int
) -> None:
    cells = cells_of(two_logs_each(people, both))

    found = fit_model(model, sample(model, cells, "minutes"))
    by_type = fit_model(model, sample_by(model, cells, "minutes", "task_type"))

    assert found.degrees_of_freedom == by_type.degrees_of_freedom == degrees_of_freedom
    assert found.clusters == people
    assert found.standard_errors == ("CR1" if both == 40 else "CR3")


def test_who_compares_no_task_of_a_type_does_not_count_within_types() -> None:
    logs = two_logs_each(30, 8).assign(task_type=["type 1", "type 2"] * 30)
    logs = pd.concat([logs, logs[:4].assign(d=1 - logs["d"][:4])])
    by_type = replace(PARALLEL, effects=(), absorbed="participant_by_task_type")

    found = fit_model(by_type, sample(by_type, cells_of(logs), "minutes"))

    assert found.degrees_of_freedom == 1


@pytest.mark.parametrize(("treated", "expected"), [(50, "CR1"), (8, "CR3")])
def test_an_arm_of_few_people_is_few(treated: int, expected: str) -> None:
    logs = two_logs_each(100, 0)
    person = logs["participant"].str[1:].astype(int)
    cells = cells_of(logs.assign(d=(person < treated).astype(float)))
    assert fit_model(PARALLEL, sample(PARALLEL, cells, "minutes")).standard_errors == expected


@untraced()
def test_few_who_compare_among_many_raise_no_false_alarms() -> None:
    # 6 of 100 people have tasks both with and without AI, which does nothing on average.
    alarms, trials = 0, 200
    names = np.array([f"p{number:03d}" for number in range(100)])
    model = replace(WITHIN_PEOPLE, effects=())
    for seed in range(trials):
        rng = np.random.default_rng(seed)
        person = np.repeat(np.arange(100), 8)
        d = np.where(person < 6, np.tile([0.0, 1.0], 400), person % 2)
        change = rng.normal(0, 0.15, 100)[person] * d + rng.normal(0, 0.3, 100)[person]
        # Each log is a cell.
        cells = pd.DataFrame(
            {
                "participant": names[person],
                "d": d,
                "logs": 1,
                "log_minutes_mean": 3 + change + rng.normal(0, 0.3, 800),
                "log_minutes_squares": 0.0,
            }
        )
        found = fit_model(model, sample(model, cells, "log_minutes"))
        assert (found.standard_errors, found.degrees_of_freedom) == ("CR3", 5)
        alarms += found.estimate(TREATMENT).p_value() < 0.05
    # As linearised errors and 99 degrees of freedom have it, 15 % would be.
    assert alarms / trials < 0.08


def test_a_covariate_that_is_not_known_of_all_keeps_their_logs() -> None:
    logs = invented_logs(3)
    baseline = pd.Series(np.random.default_rng(3).normal(30, 5, 60))
    person = logs["participant"].str[1:].astype(int)
    logs = logs.assign(before=person.map(baseline).where(person % 5 > 0))
    cells = cells_of(logs).merge(logs[["participant", "before"]].drop_duplicates())
    model = replace(PARALLEL, covariates=("before",))

    regressed = sample(model, cells, "minutes")
    effect = fit(regressed, standard_errors="CR1", nested=False).estimate(TREATMENT)

    unknown = logs["before"].isna()
    dummies = pd.get_dummies(logs["task_type"], drop_first=True, dtype=float)
    known = cells["before"].mean()
    columns = [dummies, logs["before"].fillna(known), unknown.astype(float).rename("u"), logs["d"]]
    witness = sm.OLS(logs["minutes"], sm.add_constant(pd.concat(columns, axis=1))).fit(
        cov_type="cluster", cov_kwds={"groups": pd.factorize(logs["participant"])[0]}
    )
    assert "before: (not given)" in regressed.regressors
    assert effect.value == pytest.approx(witness.params["d"], rel=1e-9)
    assert effect.std_error == pytest.approx(witness.bse["d"], rel=1e-9)


def test_a_group_may_be_called_as_missing_ones_are() -> None:
    groups = pd.Series(["(not given)", None, "A"], dtype="category")
    assert list(named(groups)) == ["(not given)", "(not given)", "A"]


def test_tasks_are_fitted_by_row_where_the_plan_says_so() -> None:
    names = [f"p{number:02d}" for number in range(60)]
    cells = cells_of(two_logs_each(30, 8).assign(participant=names)).assign(key="1")
    by_task = replace(PARALLEL, standard_errors="HC3")

    found = fit_model(by_task, sample(by_task, cells, "minutes"))

    assert (found.standard_errors, found.degrees_of_freedom) == ("HC3", 60 - 4)
