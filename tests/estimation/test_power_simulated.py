"""Power as it turns out: trials are drawn, the engine's regression finds the effect or does not.

2,000 trials a design are the calibration's job (docs/calibration.md); these are fewer, so that the
allowance is three standard errors of a share.
"""

import datetime
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.random import Generator
from numpy.typing import NDArray

from measurement.estimation.definition import KINDS
from measurement.estimation.estimate import Estimate
from measurement.estimation.evidence import evidence_of
from measurement.estimation.group_time import group_time
from measurement.estimation.inference import cluster_information, default_standard_errors
from measurement.estimation.least_squares import Sample
from measurement.estimation.power import power_of
from measurement.estimation.power_designs import precision
from measurement.estimation.power_effect import effect_of
from measurement.estimation.power_inputs import PowerInputs
from measurement.estimation.power_recipe import power_inputs_of, time_ratio_of
from measurement.estimation.power_roll_out import step_weeks, unit_weights
from measurement.estimation.prepared import prepare
from measurement.estimation.regression import StandardErrors, fit
from measurement.estimation.simulate import simulate
from measurement.estimation.simulate_recipe import DepartmentRecipe, Recipe, TaskTypeRecipe
from tests.untraced import untraced

Codes = NDArray[np.int64]

TRIALS = 160
ALIKE = Recipe(
    task_types=(TaskTypeRecipe("draft", 1.0, 30.0, 0.8),),
    departments=(DepartmentRecipe("office", 1.0),),
)
SETTINGS = [
    pytest.param({"design": "parallel", "tasks_per_participant": 12}, 100, 0.75, id="parallel"),
    pytest.param({"design": "parallel", "tasks_cv": 0.9}, 30, 0.55, id="few participants"),
    pytest.param(
        {"design": "cluster", "tasks_per_participant": 6, "intra_cluster_correlation": 0.3},
        500,
        0.8,
        id="cluster",
    ),
    pytest.param({"design": "crossover", "tasks_per_participant": 10}, 60, 0.83, id="crossover"),
    pytest.param(
        {"design": "task_randomised", "tasks_per_participant": 10, "effect_sd": 0.2},
        100,
        0.85,
        id="task randomised",
    ),
    pytest.param(
        {"design": "observational", "tasks_per_participant": 15, "effect_sd": 0.2},
        60,
        0.85,
        id="observational",
    ),
]


@pytest.mark.parametrize(("numbers", "participants", "time_ratio"), SETTINGS)
def test_drawn_trials_find_the_effect_as_often_as_foreseen(
    numbers: dict[str, Any], participants: int, time_ratio: float
) -> None:
    inputs, log_ratio = PowerInputs(**numbers), math.log(time_ratio)
    rng = np.random.default_rng(20_250_929)
    drawn = [draw(inputs, participants, log_ratio, rng) for _ in range(TRIALS)]
    assert_as_foreseen(inputs, participants, log_ratio, drawn)


def assert_as_foreseen(
    inputs: PowerInputs, participants: int, log_ratio: float, drawn: list[Estimate]
) -> None:
    foreseen = precision(inputs, participants, log_ratio)
    power = power_of(inputs, participants=participants, time_ratio=math.exp(log_ratio))
    allowance = 3 / math.sqrt(len(drawn))
    values = np.array([estimate.value for estimate in drawn])
    squares = np.square([estimate.std_error for estimate in drawn])
    found = np.mean([estimate.p_value() < 0.05 for estimate in drawn])
    bias = values.mean() - effect_of(inputs, log_ratio).mean
    assert abs(bias) < allowance * math.sqrt(foreseen.variance)
    assert values.var() == pytest.approx(foreseen.variance, rel=allowance * math.sqrt(2))
    assert squares.mean() == pytest.approx(foreseen.variance * foreseen.reported, rel=0.1)
    assert found == pytest.approx(power, abs=allowance * math.sqrt(power * (1 - power)))


@untraced()
def draw(inputs: PowerInputs, participants: int, log_ratio: float, rng: Generator) -> Estimate:
    """Draw a trial's tasks, squeeze them into cells, estimate as the engine does."""
    person = np.repeat(np.arange(participants), _numbers_of_tasks(inputs, participants, rng))
    team = np.arange(participants) // inputs.cluster_size
    period = rng.integers(0, 2, len(person))
    by_person, by_team = rng.permutation(participants) % 2, rng.permutation(team.max() + 1) % 2
    use = (rng.random(participants) < inputs.adopters)[person]
    use &= rng.random(len(person)) < inputs.use_by_adopters
    treated = {
        "parallel": by_person[person],
        "cluster": by_team[team[person]],
        "crossover": (period + by_person[person]) % 2,
        "task_randomised": rng.integers(0, 2, len(person)),
        "observational": use.astype(np.int64),
    }[inputs.design]
    between_teams = inputs.intra_cluster_correlation if inputs.design == "cluster" else 0.0
    base = inputs.participant_sd * (
        math.sqrt(between_teams) * rng.normal(size=team.max() + 1)[team]
        + math.sqrt(1 - between_teams) * rng.normal(size=participants)
    )
    effect = rng.normal(log_ratio, inputs.effect_sd, participants)
    value = base[person] + treated * use * effect[person]
    value += rng.normal(0, inputs.task_sd, len(person))
    if inputs.design == "task_randomised":
        value += rng.normal(0, inputs.task_type_sd, len(person))
    return _estimate(inputs.design, team, person, period, treated, value)


def _numbers_of_tasks(inputs: PowerInputs, participants: int, rng: Generator) -> Codes:
    mean = inputs.tasks_per_participant
    shape = 1 / (inputs.tasks_cv**2 - 1 / mean)
    tasks = rng.poisson(rng.gamma(shape, mean / shape, participants))
    return tasks * (rng.random(participants) >= inputs.attrition)


def _estimate(
    design: str,
    team: Codes,
    person: Codes,
    period: Codes,
    treated: Codes,
    value: NDArray[np.float64],
) -> Estimate:
    by_task = design == "task_randomised"
    key = np.arange(len(person)) if by_task else (person * 2 + period) * 2 + treated
    cells = pd.DataFrame({"key": key, "value": value}).groupby("key")["value"]
    means, logs, within = cells.mean(), cells.size(), cells.var(ddof=0).fillna(0.0)
    of_cell = pd.Series(np.arange(len(person))).groupby(key).first().to_numpy()
    person, period, treated = person[of_cell], period[of_cell], treated[of_cell]
    absorbed = person if design in ("crossover", "observational") else None
    columns = {"intercept": np.ones(len(person))} if absorbed is None else {}
    if design == "crossover":
        columns["period"] = period.astype(np.float64)
    paths = {"task_randomised": key[of_cell], "cluster": team[person]}.get(design, person)
    clusters = pd.MultiIndex.from_arrays([paths], names=["cluster"])
    sample = Sample(
        regressors=pd.DataFrame({**columns, "d": treated.astype(np.float64)}),
        outcome=means.to_numpy(),
        weights=np.asarray(logs, dtype=np.float64),
        within=np.asarray(within * logs, dtype=np.float64),
        clusters=clusters,
        absorbed=absorbed,
    )
    chosen: StandardErrors = (
        "HC3"
        if by_task
        else default_standard_errors(cluster_information(sample, treated.astype(np.float64)))
    )
    return fit(sample, standard_errors=chosen, nested=absorbed is not None).estimate("d")


class TestSteppedWedge:
    """By the simulator and the engine's group-time effects."""

    def test_drawn_trials_find_the_effect_as_often_as_foreseen(self) -> None:
        inputs = power_inputs_of(ALIKE, design="stepped_wedge", logs_per_participant=12)
        drawn = [overall(participants=240, logs=12, seed=seed) for seed in range(40)]
        assert_as_foreseen(inputs, 240, math.log(time_ratio_of(ALIKE)), drawn)

    def test_the_overall_effect_has_the_weights_foreseen(self) -> None:
        simulation = simulate(
            participants=80, logs_per_participant=60, design="stepped_wedge", seed=2, recipe=ALIKE
        )
        logs = simulation.bundle.task_logs
        logs = logs[~logs["novel"].to_numpy(dtype=bool)]
        people = simulation.bundle.participants.set_index("participant")
        start = np.datetime64(ALIKE.starts_on)
        weeks = (logs["date"].to_numpy().astype("datetime64[D]") - start).astype(int) // 7
        frame = pd.DataFrame(
            {
                "team": people["team"].loc[logs["participant"]].to_numpy(),
                "from": people["ai_from"].loc[logs["participant"]].to_numpy(),
                "week": weeks,
                "value": np.log(logs["minutes"].to_numpy()),
            }
        )
        by_team = frame.groupby(["from", "team", "week"])["value"].mean()
        by_group = by_team.groupby(["from", "week"]).mean().unstack()
        weights = unit_weights(step_weeks(12, 4), 12, 2.0, "CR3").own
        expected = (2.0 * weights * by_group.to_numpy()).sum()
        assert overall(participants=80, logs=60, seed=2).value == pytest.approx(expected, rel=1e-9)


@untraced()
def overall(*, participants: int, logs: int, seed: int) -> Estimate:
    simulation = simulate(
        participants=participants,
        logs_per_participant=logs,
        design="stepped_wedge",
        seed=seed,
        recipe=ALIKE,
    )
    prepared = prepare(evidence_of(simulation.bundle, datetime.date(2026, 1, 1)))
    return group_time(
        prepared.whole.regular,
        unit="team",
        outcome="log_minutes",
        starts_on=prepared.trial.starts_on,
    ).overall


class TestRecipes:
    """The simulator's recipe in the calculator's terms."""

    @pytest.mark.parametrize("design", KINDS)
    def test_the_effect_is_the_truth_of_the_simulator(self, design: str) -> None:
        # Where tasks are randomised the truth is that of the people who were drawn.
        recipe = Recipe(adopters=1.0, departments=(DepartmentRecipe("office", 1.0, effect=0.7),))
        truth = simulate(
            participants=100, logs_per_participant=5, design=design, seed=1, recipe=recipe
        ).truth
        inputs = power_inputs_of(recipe, design=design, logs_per_participant=5)
        seen = effect_of(inputs, math.log(time_ratio_of(recipe))).mean
        assert math.exp(seen) == pytest.approx(truth["time_ratio"], rel=1e-9)

    def test_numbers_are_those_of_the_recipe(self) -> None:
        recipe = Recipe(
            task_types=(
                TaskTypeRecipe("draft", 3.0, 40.0, 0.5),
                TaskTypeRecipe("search", 1.0, 20.0, 1.0),
            ),
            departments=(DepartmentRecipe("one", 1.0, effect=1.0), DepartmentRecipe("two", 1.0, 0)),
            team_size=6,
            steps=3,
            periods=4,
            participant_sd=0.4,
            team_sd=0.3,
            withdrawals=0.2,
            adopters=0.5,
            use_by_adopters=0.8,
            logging_shape=4.0,
            effect_sd=0.1,
        )
        found = {
            design: power_inputs_of(recipe, design=design, logs_per_participant=8)
            for design in KINDS
        }
        own = 0.75 * math.log(2) / 2
        expected = {
            "tasks_per_participant": 8 * 0.9,
            "tasks_cv": math.sqrt(5 / 4 * (0.8 + 0.2 / 3) / 0.9**2 - 1 + 1 / 7.2),
            "participant_sd": 0.5,
            "task_sd": 0.5,
            "attrition": 0.0,
            "uptake": 0.4,
            "adopters": 0.5,
            "effect_sd": math.hypot(0.1, own),
            "task_effect_sd": math.log(2) * math.sqrt(3 / 16) / 2,
        }
        for inputs in found.values():
            assert {name: getattr(inputs, name) for name in expected} == pytest.approx(expected)
        assert found["parallel"].strata == found["cluster"].strata == 2
        assert found["cluster"].cluster_size == found["stepped_wedge"].cluster_size == 6
        assert found["cluster"].intra_cluster_correlation == pytest.approx(0.09 / 0.25)
        assert (found["stepped_wedge"].steps, found["stepped_wedge"].weeks) == (3, 12)
        assert found["crossover"].periods == 4
        spread = math.log(2) * math.sqrt(3 / 16)
        assert found["task_randomised"].task_type_sd == pytest.approx(spread)
        assert time_ratio_of(recipe) == pytest.approx(2 ** (-0.75 * 0.5))

    def test_people_who_are_all_alike(self) -> None:
        alike = replace(ALIKE, participant_sd=0.0, team_sd=0.0)
        found = power_inputs_of(alike, design="cluster", logs_per_participant=8)
        assert (found.participant_sd, found.intra_cluster_correlation) == (0.0, 0.0)
