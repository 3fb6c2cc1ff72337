"""Draws the task logs of a simulated trial."""

import math
from typing import Final

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

from measurement.estimation.definition import MAX_MINUTES, Trial
from measurement.estimation.simulate_people import (
    Access,
    Booleans,
    Codes,
    Dates,
    Floats,
    People,
    drawn,
    grown,
    named,
    weeks_since_access,
)
from measurement.estimation.simulate_recipe import Recipe

FRIDAY: Final = 4


def draw_task_logs(
    trial: Trial,
    recipe: Recipe,
    people: People,
    access: Access,
    days: Dates,
    logs_per_participant: int,
    rng: Generator,
) -> pd.DataFrame:
    """Draw the logs, ordinary and novel, in the order of participant and day."""
    person, day = _occasions(recipe, people, len(days), logs_per_participant, rng)
    at_hand = access.open_on[person, day]
    assigned = at_hand
    if trial.design.kind == "task_randomised":
        assigned = rng.random(len(person)) < 0.5
    used = assigned & people.adopts[person] & (rng.random(len(person)) < recipe.use_by_adopters)
    extra = np.flatnonzero(used & (rng.random(len(person)) < recipe.novel_per_ai_task))
    source = np.sort(np.concatenate([np.arange(len(person)), extra]), kind="stable")
    novel = np.diff(source, prepend=-1) == 0
    person, day, used, assigned = person[source], day[source], used[source], assigned[source]
    task_type = drawn([item.share for item in recipe.task_types], len(source), rng)
    without_ai = _log_minutes_without_ai(recipe, people, person, task_type, rng)
    change = _log_ratio(recipe, people, person, task_type)
    change *= grown(recipe, weeks_since_access(recipe, access, days))[person, day]
    columns = {
        "participant": people.name[person],
        "key": np.char.mod("%08d", np.arange(1, len(source) + 1)).astype(object),
        "minutes": _minutes(without_ai + used * change),
        "ai_used": used,
        "date": _dates(recipe, people, days, person, day, rng),
        "task_type": named(recipe.task_types, task_type),
        "tool": _tools(recipe, used, rng),
        "quality": _quality(recipe, used, rng),
        "novel": novel,
        "source": np.where(rng.random(len(source)) < recipe.timed_share, "timer", "recall"),
    }
    if trial.design.kind == "task_randomised":
        columns["ai_assigned"] = assigned
        columns["forecast_minutes"] = _minutes(without_ai + rng.normal(0, 0.4, len(source)))
    return pd.DataFrame(columns)


def _occasions(
    recipe: Recipe, people: People, days: int, logs_per_participant: int, rng: Generator
) -> tuple[Codes, Codes]:
    """Return participant and working day of each ordinary log, in that order.

    The number of a participant's logs is Poisson with a gamma mean in proportion to the days.
    """
    size = len(people.name)
    eagerness = rng.gamma(recipe.logging_shape, 1 / recipe.logging_shape, size)
    logs = rng.poisson(eagerness * logs_per_participant * people.days / days)
    person = np.repeat(np.arange(size), logs)
    day = np.floor(rng.random(len(person)) * people.days[person]).astype(np.int64)
    return person, np.sort(person * days + day) - person * days


def _log_minutes_without_ai(
    recipe: Recipe, people: People, person: Codes, task_type: Codes, rng: Generator
) -> Floats:
    medians = np.log([item.minutes for item in recipe.task_types])
    errors = _errors(recipe, len(person), rng)
    return np.asarray(medians[task_type] + people.log_minutes[person] + errors)


def _errors(recipe: Recipe, size: int, rng: Generator) -> Floats:
    """Draw errors with mean 0 and standard deviation `error_sd`."""
    degrees = recipe.error_degrees_of_freedom
    if math.isinf(degrees):
        return rng.normal(0, recipe.error_sd, size)
    return recipe.error_sd * math.sqrt((degrees - 2) / degrees) * rng.standard_t(degrees, size)


def _log_ratio(recipe: Recipe, people: People, person: Codes, task_type: Codes) -> Floats:
    ratios = np.log([item.ratio_with_ai for item in recipe.task_types])
    effects = np.array([item.effect for item in recipe.departments])
    shared = ratios[task_type] * effects[people.department[person]]
    return np.asarray(shared + people.log_ratio[person])


def _minutes(log_minutes: Floats) -> Floats:
    """Return minutes as a timer stores them: to 0.01, above 0, within a day."""
    return np.clip(np.round(np.exp(log_minutes), 2), 0.01, MAX_MINUTES)


def _dates(
    recipe: Recipe, people: People, days: Dates, person: Codes, day: Codes, rng: Generator
) -> Dates:
    """Return the dates; some of a Friday's tasks are done on the Saturday, if it is still open."""
    dates = days[day]
    # 1970-01-01 was a Thursday.
    weekday = (dates.astype(np.int64) + 3) % 7
    last = np.where(people.days < len(days), days[people.days - 1], np.datetime64(recipe.ends_on))
    until = np.datetime64(recipe.logged_until or recipe.ends_on)
    still_open = dates < np.minimum(last, until)[person]
    moved = (weekday == FRIDAY) & still_open & (rng.random(len(dates)) < recipe.weekend_share)
    return np.asarray((dates + moved).astype("datetime64[s]"))


def _tools(recipe: Recipe, used: Booleans, rng: Generator) -> NDArray[np.object_]:
    if not recipe.tools:
        return np.full(len(used), None, dtype=object)
    tools = np.array([*recipe.tools, None], dtype=object)
    chosen = rng.integers(len(recipe.tools), size=len(used))
    return tools[np.where(used, chosen, len(recipe.tools))]


def _quality(recipe: Recipe, used: Booleans, rng: Generator) -> Floats:
    scores = np.where(
        used,
        drawn(recipe.quality_with_ai, len(used), rng),
        drawn(recipe.quality_without_ai, len(used), rng),
    )
    answered = rng.random(len(used)) < recipe.quality_answered
    return np.where(answered, scores + 1.0, np.nan)
