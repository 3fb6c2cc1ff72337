"""The assumptions of the power calculator that a simulated trial fulfils."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from measurement.estimation.definition import KINDS_WITH_ARMS
from measurement.estimation.power_inputs import DESIGNS_BY_TEAM, PowerInputs
from measurement.estimation.simulate_recipe import Recipe


def power_inputs_of(recipe: Recipe, *, design: str, logs_per_participant: int) -> PowerInputs:
    """Return the assumptions that `simulate` fulfils; planned power and confidence as usual.

    People who withdraw count as people who log less. Departments that gain differently from AI
    count as people who do. An effect that grows over weeks is not foreseen.
    """
    by_type, by_department = _log_ratio(recipe), _effects(recipe)
    # Who withdraws does so after a share of the days that is uniform from 0 to 1.
    kept, kept_squared = 1 - recipe.withdrawals / 2, 1 - recipe.withdrawals * 2 / 3
    tasks = logs_per_participant * kept
    unequal = (1 + 1 / recipe.logging_shape) * kept_squared / kept**2 - 1
    return PowerInputs(
        design=design,
        tasks_per_participant=tasks,
        tasks_cv=math.sqrt(unequal + 1 / tasks),
        participant_sd=math.hypot(recipe.participant_sd, recipe.team_sd),
        task_sd=recipe.error_sd,
        attrition=0.0,
        uptake=recipe.adopters * recipe.use_by_adopters,
        adopters=recipe.adopters,
        effect_sd=math.hypot(recipe.effect_sd, by_type[0] * by_department[1]),
        task_effect_sd=by_type[1] * abs(by_department[0]),
        **_of_design(recipe, design),
    )


def time_ratio_of(recipe: Recipe) -> float:
    """Return the time ratio where AI is used, task types and departments weighted by share."""
    return math.exp(_log_ratio(recipe)[0] * _effects(recipe)[0])


def _of_design(recipe: Recipe, design: str) -> dict[str, Any]:
    """Return the assumptions that count in the one design."""
    teams, everybody = recipe.team_sd**2, recipe.team_sd**2 + recipe.participant_sd**2
    found: dict[str, Any] = {}
    if design in KINDS_WITH_ARMS:
        found["strata"] = len(recipe.departments)
    if design in DESIGNS_BY_TEAM:
        found["cluster_size"] = recipe.team_size
        found["intra_cluster_correlation"] = teams / (everybody or 1.0)
    if design == "stepped_wedge":
        found["steps"] = recipe.steps
        found["weeks"] = ((recipe.ends_on - recipe.starts_on).days + 7) // 7
    if design == "crossover":
        found["periods"] = recipe.periods
    if design == "task_randomised":
        log_minutes = [math.log(item.minutes) for item in recipe.task_types]
        found["task_type_sd"] = _spread(log_minutes, [item.share for item in recipe.task_types])[1]
    return found


def _log_ratio(recipe: Recipe) -> tuple[float, float]:
    """Return mean and standard deviation of the task types' log time ratios."""
    log_ratios = [math.log(item.ratio_with_ai) for item in recipe.task_types]
    return _spread(log_ratios, [item.share for item in recipe.task_types])


def _effects(recipe: Recipe) -> tuple[float, float]:
    """Return mean and standard deviation of the departments' effects."""
    departments = recipe.departments
    return _spread([item.effect for item in departments], [item.share for item in departments])


def _spread(values: Sequence[float], shares: Sequence[float]) -> tuple[float, float]:
    mean = float(np.average(values, weights=shares))
    squares = np.square(np.array(values) - mean)
    return mean, math.sqrt(float(np.average(squares, weights=shares)))
