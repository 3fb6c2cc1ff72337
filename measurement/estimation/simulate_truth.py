"""What a simulated trial's estimands truly are, from the parameters of its recipe.

No estimator is involved: every target is an expectation under the model of `Recipe`. Minutes are
rounded to 0.01 and cut at a day's length, which moves no target by more than 0.001 minutes.
Where errors follow Student's t, minutes have no finite mean and their targets are None.
"""

import math
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from measurement.estimation.definition import Assumptions
from measurement.estimation.simulate_recipe import Recipe
from measurement.estimation.simulate_setting import Growth, Setting, Takers

Floats = NDArray[np.float64]

DEFINITIONS: Final = {
    "time_ratio": (
        "exp of the mean, over task logs that are not novel, of the change in log(minutes) that "
        "the treatment causes; task types and departments weigh by their numbers of logs. Where "
        "tasks are randomised, the mean over the trial's own participants, who weigh by their "
        "numbers of logs; in a roll-out, over the groups and weeks that have others to be compared "
        "with, groups weighing by their participants"
    ),
    "complier_time_ratio": (
        "exp of the mean change in log(minutes) where AI is used; weights are those of time_ratio"
    ),
    "minutes_saved_per_task": (
        "mean minutes of a task without the treatment less with it, over task logs that are not "
        "novel; weights are those of time_ratio"
    ),
    "minutes_saved_per_working_day": (
        "sum over task types of minutes saved per task of the type x expected tasks of the type "
        "under the treatment per participant given AI and working day with access, less expected "
        "minutes of novel tasks; people without logs included. In a roll-out, minutes saved per "
        "task are those of the groups and weeks compared"
    ),
    "minutes_saved_per_day_used": (
        "minutes_saved_per_working_day x expected working days with access / expected distinct "
        "days with AI used, of the participants given AI"
    ),
    "working_days_saved_per_year": (
        "minutes_saved_per_working_day x 225 / (60 x 7.5), the default assumptions"
    ),
    "adoption_rate": "expected share of the participants given AI with at least one AI task",
    "logging_rate": "expected share of the participants with at least one task log",
    "response_rate": (
        "expected share of the participants with at least one answer to the weekly survey, which "
        "those are asked in a week who then have AI at hand"
    ),
    "quality_difference": (
        "mean quality score with the treatment less without it, over all task logs"
    ),
    "reported_minutes_saved_per_day": (
        "expected mean of band midpoints, the open band counting the survey's top_band_minutes, "
        "each respondent's waves averaged first; respondents are alike within a profession"
    ),
    "perception_gap_minutes": (
        "reported_minutes_saved_per_day less minutes_saved_per_working_day, the latter of people "
        "with at least one task log"
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
        "minutes_saved_per_day_used": _scaled(measured, setting.working_days_per_day_used),
        "working_days_saved_per_year": _scaled(measured, _days_per_year()),
        "adoption_rate": _adoption(recipe, setting),
        "logging_rate": setting.share_with_logs,
        "response_rate": _responses(recipe, setting),
        "quality_difference": _quality(recipe) * _use(recipe, setting),
        "reported_minutes_saved_per_day": reported,
        "reported_over_measured": reported / measured if measured and measured > 0 else None,
        "perception_gap_minutes": None
        if measured is None
        else reported - measured * setting.rate_of_those_with_logs,
        "by_department": {
            department.name: _effects(
                recipe, setting, replace(weights, departments=np.eye(len(departments))[place])
            )
            for place, department in enumerate(recipe.departments)
            if setting.takers.weight[setting.takers.department == place].sum() > 0
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


def _effects(recipe: Recipe, setting: Setting, weights: _Weights) -> dict[str, float | None]:
    log_ratio, _ = _model(recipe)
    takers = setting.takers
    # Weights of takers: their departments may be some only.
    of_people = takers.weight * (weights.departments[takers.department] > 0)
    of_people = of_people / of_people.sum()
    share = float(weights.task_types.sum())
    on_log = (log_ratio[takers.department] + takers.log_ratio[:, None]) @ weights.task_types
    on_log *= setting.compared.mean / share
    used = of_people * takers.use
    saved = used @ _saved(recipe, takers, setting.compared) @ weights.task_types / share
    return {
        "time_ratio": float(np.exp(used @ on_log)),
        "complier_time_ratio": None
        if setting.design == "observational"
        else float(np.exp(used @ on_log / used.sum())),
        "minutes_saved_per_task": _finite(float(saved)),
        "minutes_saved_per_working_day": _finite(_per_working_day(recipe, setting, weights)),
    }


def _per_working_day(recipe: Recipe, setting: Setting, weights: _Weights) -> float:
    """Return the target of people like the participants, in any design."""
    alike, without_ai = setting.people_alike(recipe), _model(recipe)[1]
    use = _use(recipe, setting)
    saved = use * _saved(recipe, alike, setting.compared)
    with_ai = alike.level[:, None] * without_ai - _saved(recipe, alike, setting.exposed)
    novel = use * recipe.novel_per_ai_task * with_ai
    mean = float(weights.departments @ (saved - novel) @ weights.task_types)
    return _treated_per_working_day(recipe, setting) * mean


def _saved(recipe: Recipe, takers: Takers, growth: Growth) -> Floats:
    """Return mean minutes that using AI saves, takers x task types, over a growing effect."""
    log_ratio, without_ai = _model(recipe)
    full = log_ratio[takers.department] + takers.log_ratio[:, None]
    ratio = sum(
        weight * np.exp(size * full + size**2 * takers.spread / 2) for size, weight in growth
    )
    return np.asarray(takers.level[:, None] * without_ai * (1 - ratio))


def _model(recipe: Recipe) -> tuple[Floats, Floats]:
    """Return log time ratios of AI (departments x types) and mean minutes without it (types).

    Both of a participant without deviations. The mean of a lognormal is its median x
    exp(variance / 2).
    """
    ratios = np.array([task_type.ratio_with_ai for task_type in recipe.task_types])
    scales = np.array([department.effect for department in recipe.departments])
    medians = np.array([task_type.minutes for task_type in recipe.task_types])
    finite = math.isinf(recipe.error_degrees_of_freedom)
    factor = np.exp(recipe.error_sd**2 / 2) if finite else np.nan
    return np.outer(scales, np.log(ratios)), medians * factor


def _finite(number: float) -> float | None:
    return None if math.isnan(number) else number


def _scaled(number: float | None, factor: float) -> float | None:
    return None if number is None else number * factor


def _days_per_year() -> float:
    """Return working days a year for each minute a day."""
    assumptions = Assumptions()
    return assumptions.working_days_per_year / (60 * assumptions.hours_per_day)


def _adoption(recipe: Recipe, setting: Setting) -> float:
    """Return the expected share with a task done with AI.

    An adopter's number of such tasks is Poisson with a gamma mean (shape k, mean m), so that it
    is 0 with probability (1 + m / k)^-k.
    """
    shape = recipe.logging_shape
    mean = setting.exposed_logs * recipe.use_by_adopters
    return float(recipe.adopters * np.mean(1 - (1 + mean / shape) ** -shape))


def _responses(recipe: Recipe, setting: Setting) -> float:
    """Return the expected share with an answer: of respondents, those who answer some survey."""
    some = 1 - (1 - recipe.answers_per_week) ** setting.surveys
    return float(recipe.respondents * some.mean())


def _quality(recipe: Recipe) -> float:
    scores = np.arange(1, 6)
    with_ai, without_ai = np.array(recipe.quality_with_ai), np.array(recipe.quality_without_ai)
    return float(scores @ with_ai / with_ai.sum() - scores @ without_ai / without_ai.sum())


def _reported(recipe: Recipe, setting: Setting) -> float:
    means = np.array([profession.reported_minutes for profession in recipe.professions])
    return float(np.average(means, weights=setting.people_by_profession))
