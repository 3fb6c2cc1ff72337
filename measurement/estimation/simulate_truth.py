"""What a simulated trial's estimands truly are, from the parameters of its recipe.

No estimator is involved: every target is an expectation under the model of `Recipe`. Minutes are
rounded to 0.01 and cut at a day's length, which moves no target by more than 0.001 minutes.
"""

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from measurement.estimation.definition import Assumptions
from measurement.estimation.simulate_recipe import Recipe

Floats = NDArray[np.float64]
Counts = NDArray[np.signedinteger[Any]]

DEFINITIONS: Final = {
    "time_ratio": (
        "exp of the mean, over task logs that are not novel, of the change in log(minutes) that "
        "the treatment causes; task types and departments weigh by their numbers of logs"
    ),
    "minutes_saved_per_task": (
        "mean minutes of a task without the treatment less with it, over task logs that are not "
        "novel; task types and departments weigh by their numbers of logs"
    ),
    "minutes_saved_per_working_day": (
        "sum over task types of minutes saved per task of the type x expected tasks of the type "
        "under the treatment per participant given AI and working day with access, less expected "
        "minutes of novel tasks; people without logs included"
    ),
    "working_days_saved_per_year": (
        "minutes_saved_per_working_day x 225 / (60 x 7.5), the default assumptions"
    ),
    "adoption_rate": "expected share of the participants given AI with at least one AI task",
    "quality_difference": (
        "mean quality score with the treatment less without it, over all task logs"
    ),
    "reported_minutes_saved_per_day": (
        "expected mean of band midpoints, the open band counting the survey's top_band_minutes, "
        "each respondent's waves averaged first; respondents are alike within a profession"
    ),
}
TREATMENTS: Final = {
    "task_randomised": "assignment of the task to AI (intention to treat)",
    "parallel": "assignment of the participant to AI (intention to treat)",
    "cluster": "assignment of the team to AI (intention to treat)",
    "crossover": "assignment of the period to AI (intention to treat)",
    "stepped_wedge": "access to AI from a date on (intention to treat)",
    "observational": "use of AI for the task; use is independent of the task here, so that the "
    "comparison has a causal target, which no real trial without randomisation can claim",
}


@dataclass(frozen=True, eq=False)
class Setting:
    """What the truth needs to know of the trial that was drawn.

    people: number of participants by department and by profession, as drawn. exposed_logs:
    expected ordinary logs with AI at hand, one entry a participant given AI.
    logs_per_working_day: expected ordinary logs of a participant per working day.
    """

    design: str
    people_by_department: Counts
    people_by_profession: Counts
    exposed_logs: Floats
    logs_per_working_day: float


@dataclass(frozen=True, eq=False)
class _Weights:
    """Shares of departments (sum 1) and of task types (sum up to 1: a part of all tasks)."""

    departments: Floats
    task_types: Floats


def truth(recipe: Recipe, setting: Setting) -> dict[str, Any]:
    """Return the targets of the trial, in words and in numbers, overall and by group."""
    departments = setting.people_by_department / setting.people_by_department.sum()
    task_types = np.array([task_type.share for task_type in recipe.task_types])
    weights = _Weights(departments, task_types / task_types.sum())
    overall = _effects(recipe, setting, weights)
    reported, measured = _reported(recipe, setting), overall["minutes_saved_per_working_day"]
    return {
        "treatment": TREATMENTS[setting.design],
        "source": "expectations under the parameters of the simulation; no estimator is involved",
        **overall,
        "working_days_saved_per_year": _days_per_year(measured),
        "adoption_rate": _adoption(recipe, setting),
        "quality_difference": _quality(recipe) * _use(recipe, setting),
        "reported_minutes_saved_per_day": reported,
        "reported_over_measured": reported / measured if measured > 0 else None,
        "by_department": {
            department.name: _effects(
                recipe, setting, replace(weights, departments=np.eye(len(departments))[place])
            )
            for place, department in enumerate(recipe.departments)
            if setting.people_by_department[place]
        },
        "by_task_type": {
            task_type.name: _effects(
                recipe,
                setting,
                replace(weights, task_types=weights.task_types * np.eye(len(task_types))[place]),
            )
            for place, task_type in enumerate(recipe.task_types)
        },
        "reported_by_profession": {
            profession.name: profession.reported_minutes for profession in recipe.professions
        },
        "definitions": DEFINITIONS,
    }


def _use(recipe: Recipe, setting: Setting) -> float:
    """Return the probability that a task under the treatment is done with AI."""
    by_use = setting.design == "observational"
    return 1.0 if by_use else recipe.adopters * recipe.use_by_adopters


def _treated_per_working_day(recipe: Recipe, setting: Setting) -> float:
    """Return ordinary tasks under the treatment per participant given AI and working day."""
    treated_share = {
        "task_randomised": 0.5,
        "observational": recipe.adopters * recipe.use_by_adopters,
    }.get(setting.design, 1.0)
    return setting.logs_per_working_day * treated_share


def _effects(recipe: Recipe, setting: Setting, weights: _Weights) -> dict[str, float]:
    log_ratio, without_ai = _model(recipe)
    use = _use(recipe, setting)
    with_ai = without_ai * np.exp(log_ratio)
    saved = use * (without_ai - with_ai)
    novel = use * recipe.novel_per_ai_task * with_ai
    share = float(weights.task_types.sum())
    per_day = _treated_per_working_day(recipe, setting) * _mean(saved - novel, weights)
    return {
        "time_ratio": float(np.exp(use * _mean(log_ratio, weights) / share)),
        "minutes_saved_per_task": float(_mean(saved, weights) / share),
        "minutes_saved_per_working_day": per_day,
    }


def _model(recipe: Recipe) -> tuple[Floats, Floats]:
    """Return log time ratios of AI (departments x types) and mean minutes without it (types).

    The mean of a lognormal is its median x exp(variance / 2).
    """
    ratios = np.array([task_type.ratio_with_ai for task_type in recipe.task_types])
    scales = np.array([department.effect for department in recipe.departments])
    medians = np.array([task_type.minutes for task_type in recipe.task_types])
    variance = recipe.participant_sd**2 + recipe.team_sd**2 + recipe.error_sd**2
    return np.outer(scales, np.log(ratios)), medians * np.exp(variance / 2)


def _mean(by_department_and_type: Floats, weights: _Weights) -> float:
    return float(weights.departments @ by_department_and_type @ weights.task_types)


def _days_per_year(minutes_per_day: float) -> float:
    assumptions = Assumptions()
    return minutes_per_day * assumptions.working_days_per_year / (60 * assumptions.hours_per_day)


def _adoption(recipe: Recipe, setting: Setting) -> float:
    """Return the expected share with a task done with AI.

    An adopter's number of such tasks is Poisson with a gamma mean (shape k, mean m), so that it
    is 0 with probability (1 + m / k)^-k.
    """
    shape = recipe.logging_shape
    mean = setting.exposed_logs * recipe.use_by_adopters
    return float(recipe.adopters * np.mean(1 - (1 + mean / shape) ** -shape))


def _quality(recipe: Recipe) -> float:
    scores = np.arange(1, 6)
    with_ai, without_ai = np.array(recipe.quality_with_ai), np.array(recipe.quality_without_ai)
    return float(scores @ with_ai / with_ai.sum() - scores @ without_ai / without_ai.sum())


def _reported(recipe: Recipe, setting: Setting) -> float:
    means = np.array([profession.reported_minutes for profession in recipe.professions])
    return float(np.average(means, weights=setting.people_by_profession))
