"""The Tobit effect: against plain likelihoods, against least squares, and where there is none."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import optimize, stats
from statsmodels.base.model import GenericLikelihoodModel

from measurement.estimation import tobit
from measurement.estimation.estimate import NotEstimable
from measurement.estimation.planned_model import TREATMENT, Model, sample
from measurement.estimation.regression import fit
from measurement.estimation.tobit import PARTICIPANT_MEANS, tobit_effect
from tests.estimation.parallel_model import PARALLEL

Floats = NDArray[np.float64]

WITHIN_PEOPLE = replace(PARALLEL, absorbed="participant")
WITHIN_PEOPLE_AND_TYPES = replace(PARALLEL, effects=(), absorbed="participant_by_task_type")


def invented_logs(
    seed: int, *, people: int = 40, logs: int = 500, limit: float = 35.0, crossed: bool = False
) -> pd.DataFrame:
    """Return single logs as cells, stopped at `limit` minutes.

    Odd people have AI; `crossed`: everybody has it for about half of the tasks.
    """
    rng = np.random.default_rng(seed)
    person = np.sort(rng.integers(0, people, logs))
    task_type = rng.integers(0, 3, logs)
    d = (rng.integers(0, 2, logs) if crossed else person % 2).astype(float)
    level = rng.normal(3, 0.3, people)[person] + 0.2 * task_type
    minutes = np.exp(level - 0.3 * d + rng.normal(0, 0.5, logs))
    stopped = minutes >= limit
    minutes = np.minimum(minutes, limit)
    return pd.DataFrame(
        {
            "participant": [f"p{number:03d}" for number in person],
            "task_type": [f"type {number}" for number in task_type],
            "d": d,
            "key": [f"{number:04d}" for number in range(logs)],
            "logs": 1,
            "log_minutes_mean": np.log(minutes),
            "log_minutes_squares": 0.0,
            "censored_minutes": np.where(stopped, minutes, np.nan),
        }
    )


def cells_of(logs: pd.DataFrame) -> pd.DataFrame:
    """Return the logs compressed: stopped ones by their minutes, finished ones by sums."""
    keys = ["participant", "task_type", "d", "censored_minutes"]
    grouped = logs.groupby(keys, dropna=False)["log_minutes_mean"]
    squares = (logs["log_minutes_mean"] - grouped.transform("mean")) ** 2
    return (
        logs.assign(log_minutes_squares=squares)
        .groupby(keys, dropna=False, as_index=False)
        .agg({"logs": "sum", "log_minutes_mean": "mean", "log_minutes_squares": "sum"})
    )


def design_of(logs: pd.DataFrame) -> Floats:
    """Return intercept, dummies of types 1 and 2, and d."""
    d, task_type = logs["d"].to_numpy(dtype=float), logs["task_type"].to_numpy()
    return np.column_stack([np.ones(len(logs)), task_type == "type 1", task_type == "type 2", d])


def stopped(logs: pd.DataFrame) -> NDArray[np.bool_]:
    return logs["censored_minutes"].notna().to_numpy(dtype=bool)


def plain_log_likelihood(parameters: Any, logs: pd.DataFrame) -> Floats:
    """Return each log's likelihood; parameters: coefficients, then log sigma."""
    sigma = np.exp(parameters[-1])
    fitted = design_of(logs) @ parameters[:-1]
    y = logs["log_minutes_mean"].to_numpy()
    parts: Floats = np.where(
        stopped(logs), stats.norm.logsf(y, fitted, sigma), stats.norm.logpdf(y, fitted, sigma)
    )
    return parts


def highest_by_bfgs(logs: pd.DataFrame) -> float:
    """Return the coefficient of d that maximises the plain likelihood, as scipy finds it."""

    def below(parameters: Floats) -> float:
        return -float(plain_log_likelihood(parameters, logs).sum())

    start = np.array([3.0, 0.0, 0.0, 0.0, 0.0])
    found = optimize.minimize(below, start, method="BFGS", options={"gtol": 1e-5})
    return float(found.x[3])


class RowLevelTobit(GenericLikelihoodModel):  # type: ignore[misc]  # statsmodels has no types
    """The same likelihood for statsmodels, which differentiates it numerically."""

    def __init__(self, logs: pd.DataFrame) -> None:
        self.logs = logs
        super().__init__(
            logs["log_minutes_mean"].to_numpy(), design_of(logs), extra_params_names=["s"]
        )

    def loglikeobs(self, params: Any) -> Floats:
        return plain_log_likelihood(params, self.logs)


@pytest.mark.parametrize("seed", range(3))
def test_the_effect_maximises_the_likelihood_of_the_rows(seed: int) -> None:
    logs = invented_logs(seed)

    assert tobit_effect(PARALLEL, logs).estimate.value == pytest.approx(
        highest_by_bfgs(logs), abs=1e-6
    )


@pytest.mark.parametrize("limit", [35.0, 15.0])
def test_value_and_error_are_those_of_a_generic_likelihood_model(limit: float) -> None:
    logs = invented_logs(4, limit=limit)
    groups = pd.factorize(logs["participant"])[0]
    fitted = RowLevelTobit(logs).fit(
        start_params=np.array([3.0, 0, 0, 0, 0]),
        method="bfgs",
        gtol=1e-9,
        disp=False,
        cov_type="cluster",
        cov_kwds={"groups": groups, "use_correction": False},
    )

    effect = tobit_effect(PARALLEL, logs)

    assert effect.estimate.value == pytest.approx(fitted.params[3], rel=1e-5)
    assert effect.estimate.std_error == pytest.approx(fitted.bse[3] * math.sqrt(40 / 39), rel=1e-4)
    assert effect.clusters == 40
    assert effect.estimate.degrees_of_freedom == 39
    assert effect.note is None


def test_the_influence_of_a_cluster_is_the_slope_in_its_weight() -> None:
    logs = invented_logs(5, people=12, logs=200)

    effect = tobit_effect(PARALLEL, logs)

    for name in ("p000", "p005"):
        own = logs["participant"] == name
        step = 1e-5
        up, down = (
            tobit_effect(PARALLEL, logs.assign(logs=1 + sign * step * own)).estimate.value
            for sign in (1, -1)
        )
        slope = (up - down) / (2 * step)
        assert effect.estimate.psi[(name,)] == pytest.approx(math.sqrt(12 / 11) * slope, rel=1e-6)


@pytest.mark.parametrize("model", [PARALLEL, WITHIN_PEOPLE, WITHIN_PEOPLE_AND_TYPES])
def test_cells_say_what_their_logs_say(model: Model) -> None:
    logs = invented_logs(6, crossed=True)
    cells = cells_of(logs)
    assert len(cells) < len(logs)

    of_logs, of_cells = tobit_effect(model, logs), tobit_effect(model, cells)

    assert of_cells.estimate.value == pytest.approx(of_logs.estimate.value, rel=1e-9)
    assert of_cells.estimate.std_error == pytest.approx(of_logs.estimate.std_error, rel=1e-9)


def with_one_limit_below_everything(logs: pd.DataFrame) -> pd.DataFrame:
    """Add a log of the first person, stopped so early that it says nothing."""
    early = logs.iloc[[0]].assign(log_minutes_mean=-40.0, censored_minutes=math.exp(-40), key="x")
    return pd.concat([logs, early], ignore_index=True)


def test_a_limit_that_says_nothing_leaves_least_squares() -> None:
    logs = invented_logs(7, limit=math.inf)
    groups = pd.factorize(logs["participant"])[0]
    ols = sm.OLS(logs["log_minutes_mean"], design_of(logs)).fit(
        cov_type="cluster", cov_kwds={"groups": groups, "use_correction": False}
    )

    effect = tobit_effect(PARALLEL, with_one_limit_below_everything(logs)).estimate

    assert effect.value == pytest.approx(ols.params["x3"], rel=1e-9)
    assert effect.std_error == pytest.approx(ols.bse["x3"] * math.sqrt(40 / 39), rel=1e-9)


@pytest.mark.parametrize("model", [WITHIN_PEOPLE, WITHIN_PEOPLE_AND_TYPES])
def test_participant_means_take_the_place_of_absorbed_effects(model: Model) -> None:
    """Where nothing is censored the device of Mundlak is the regression that absorbs."""
    logs = invented_logs(8, limit=math.inf, crossed=True)
    absorbed = fit(sample(model, logs, "log_minutes"), standard_errors="CR1", nested=True)
    # The log that says nothing belongs to a person with an even number of tasks of both kinds,
    # or the means of the terms would move: here it is all of a new participant's logs.
    early = logs.iloc[[0]].assign(
        participant="new", log_minutes_mean=-40.0, censored_minutes=math.exp(-40), key="x"
    )

    effect = tobit_effect(model, pd.concat([logs, early], ignore_index=True))

    assert effect.note == PARTICIPANT_MEANS
    assert effect.clusters == 41
    assert effect.estimate.value == pytest.approx(absorbed.coefficients[TREATMENT], rel=1e-9)


def test_means_are_weighted_by_logs() -> None:
    logs = invented_logs(9, crossed=True)
    doubled = pd.concat([logs, logs[::3]], ignore_index=True)
    weighted = logs.assign(logs=np.where(np.arange(len(logs)) % 3 == 0, 2, 1))

    twice, heavy = tobit_effect(WITHIN_PEOPLE, doubled), tobit_effect(WITHIN_PEOPLE, weighted)

    assert heavy.estimate.value == pytest.approx(twice.estimate.value, rel=1e-9)


def test_tasks_stopped_at_a_limit_no_longer_hide_the_effect() -> None:
    logs = invented_logs(10, people=400, logs=20_000, limit=15.0)
    stopped_as_finished = sm.OLS(logs["log_minutes_mean"], design_of(logs)).fit().params["x3"]

    effect = tobit_effect(PARALLEL, logs).estimate

    assert stopped_as_finished > -0.15
    low, high = effect.value - 3 * effect.std_error, effect.value + 3 * effect.std_error
    assert low < -0.3 < high
    assert effect.std_error < 0.04


@settings(max_examples=15, deadline=None)
@given(factor=st.floats(1e-3, 1e3), seed=st.integers(0, 1_000))
def test_the_unit_of_time_does_not_matter(factor: float, seed: int) -> None:
    logs = invented_logs(seed, logs=200)
    scaled = logs.assign(
        log_minutes_mean=logs["log_minutes_mean"] + math.log(factor),
        censored_minutes=logs["censored_minutes"] * factor,
    )

    one, other = tobit_effect(PARALLEL, logs).estimate, tobit_effect(PARALLEL, scaled).estimate

    assert other.value == pytest.approx(one.value, rel=1e-8, abs=1e-9)
    assert other.std_error == pytest.approx(one.std_error, rel=1e-7)


def test_under_hc3_people_are_the_clusters() -> None:
    logs = invented_logs(11)

    by_task = tobit_effect(replace(PARALLEL, standard_errors="HC3", cluster="task_type"), logs)

    assert by_task.clusters == 40
    assert by_task.estimate.levels == ["participant"]
    assert by_task.estimate.std_error == tobit_effect(PARALLEL, logs).estimate.std_error


def test_steps_are_halved_until_the_likelihood_rises() -> None:
    """Nearly all tasks stopped: from least squares the full step leads too far."""
    logs = invented_logs(12, logs=4_000, limit=6.0)
    assert stopped(logs).mean() > 0.9

    assert tobit_effect(PARALLEL, logs).estimate.value == pytest.approx(
        highest_by_bfgs(logs), abs=1e-5
    )


def test_a_task_stopped_beyond_all_probability_still_counts() -> None:
    """60 standard deviations away, density and probability are 0 in floating point."""
    logs = invented_logs(13, logs=4_000)
    far = logs.iloc[[0]].assign(log_minutes_mean=60.0, censored_minutes=math.exp(60))

    both = pd.concat([logs, far], ignore_index=True)

    effect = tobit_effect(PARALLEL, both).estimate

    assert effect.value == pytest.approx(highest_by_bfgs(both), abs=1e-5)


# Where there is no answer ---------------------------------------------------------------------


def reason(logs: pd.DataFrame, model: Model = PARALLEL) -> str:
    with pytest.raises(NotEstimable) as caught:
        tobit_effect(model, logs)
    return caught.value.reason


def test_stopped_and_finished_tasks_are_needed() -> None:
    assert reason(invented_logs(0, limit=math.inf)) == "no task was stopped at a time limit"
    assert reason(invented_logs(0, limit=1e-9)) == "every task was stopped at a time limit"


def test_a_comparison_is_needed() -> None:
    assert reason(invented_logs(0).assign(d=1.0)) == "no task logs without AI to compare with"


def test_six_clusters_are_needed() -> None:
    assert reason(invented_logs(0, people=5)) == "5 clusters, at least 6 are needed"
    assert tobit_effect(PARALLEL, invented_logs(0, people=6)).clusters == 6


def test_a_treatment_that_a_term_explains_has_no_effect_of_its_own() -> None:
    logs = invented_logs(0)
    explained = logs.assign(task_type=np.where(logs["d"] == 1, "type 1", "type 0"))

    assert reason(explained) == "the data cannot tell 'd' from the other terms of the model"


def test_a_treatment_on_one_cluster_has_no_error() -> None:
    logs = invented_logs(0)
    alone = logs.assign(d=(logs["participant"] == "p000").astype(float))

    assert reason(alone) == "'d' rests on the logs of one participant alone"


def test_finished_tasks_must_identify_every_term() -> None:
    logs = invented_logs(0)
    of_type = logs["task_type"] == "type 1"
    limits = np.where(of_type, np.exp(logs["log_minutes_mean"]), logs["censored_minutes"])

    assert reason(logs.assign(censored_minutes=limits)) == (
        "the finished tasks say nothing about a term of the model: 'task_type: type 1'"
    )


def test_finished_tasks_without_spread_give_no_maximum() -> None:
    logs = invented_logs(0).assign(task_type="type 0")
    flat = logs.assign(log_minutes_mean=np.where(stopped(logs), 4.0, 3.0 - logs["d"]))

    assert reason(flat) == "the model leaves no residuals of finished tasks"
    # Cells with a spread of their own suffice.
    spread = flat.assign(log_minutes_squares=(~stopped(logs)) * 0.1)
    assert tobit_effect(PARALLEL, spread).clusters == 40


def test_a_maximum_that_is_not_reached_is_no_estimate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tobit, "ITERATIONS", 2)

    assert reason(invented_logs(0)) == "the Tobit model has no maximum that could be found"
