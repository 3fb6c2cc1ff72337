"""What of a simulated trial, as it was drawn, its truth depends on."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from measurement.estimation.simulate_people import (
    Access,
    Booleans,
    Codes,
    Dates,
    Floats,
    People,
    asked_on,
    grown,
    weeks_since_access,
)
from measurement.estimation.simulate_recipe import Recipe

Counts = NDArray[np.signedinteger[Any]]

FRIDAY = 4


@dataclass(frozen=True, eq=False)
class Growth:
    """Sizes of the log of the time ratio, as shares of its full size, and how often each counts."""

    sizes: Floats
    weights: Floats

    def __iter__(self) -> Iterator[tuple[float, float]]:
        sizes, places = np.unique(self.sizes, return_inverse=True)
        shares = np.bincount(places, self.weights) / self.weights.sum()
        return zip(sizes.tolist(), shares.tolist(), strict=True)

    @cached_property
    def mean(self) -> float:
        """The mean size."""
        return sum(size * share for size, share in self)


@dataclass(frozen=True, eq=False)
class Takers:
    """Those over whom effects are averaged: participants, or one expected one a department.

    weight: in the mean; use: probability of using AI for a task under the treatment; level: mean
    minutes over those of a participant without deviations; log_ratio: own effect; spread: variance
    of what is not known of the own effect.
    """

    department: Codes
    weight: Floats
    use: Floats
    level: Floats
    log_ratio: Floats
    spread: float


@dataclass(frozen=True, eq=False)
class Setting:
    """What the truth needs to know of the trial that was drawn.

    people: number of participants by department and by profession, as drawn. exposed_logs:
    expected ordinary logs with AI at hand, one entry a participant given AI.
    logs_per_working_day: expected ordinary logs of a participant per working day. takers: those
    of the effects per task. compared, exposed: sizes of the effect where effects are measured, and
    on the days with access. working_days_per_day_used: expected, of all given AI.
    rate_of_those_with_logs: tasks a day of people with a log, over those of all. share_with_logs:
    expected, of all participants. surveys: how often each participant was asked.
    """

    design: str
    people_by_department: Counts
    people_by_profession: Counts
    exposed_logs: Floats
    logs_per_working_day: float
    takers: Takers
    compared: Growth
    exposed: Growth
    working_days_per_day_used: float
    rate_of_those_with_logs: float
    share_with_logs: float
    surveys: Counts

    def people_alike(self, recipe: Recipe) -> Takers:
        """Return one expected participant a department."""
        return people_alike(recipe, self.people_by_department, self.takers.use.mean())


def setting(
    recipe: Recipe,
    design: str,
    people: People,
    access: Access,
    days: Dates,
    logs_per_participant: int,
    logs_by_person: Counts,
) -> Setting:
    """Return the setting of a drawn trial; logs_by_person: ordinary logs of each participant."""
    stays = np.arange(len(days))[None, :] < people.days[:, None]
    given_ai, exposed = access.open_on.any(axis=1), access.open_on & stays
    daily = logs_per_participant / len(days)
    treated_share = 0.5 if design == "task_randomised" else 1.0
    by_department = np.bincount(people.department, minlength=len(recipe.departments))
    use = 1.0 if design == "observational" else recipe.adopters * recipe.use_by_adopters
    takers = people_alike(recipe, by_department, use)
    if design == "task_randomised":
        takers = _known_people(recipe, people, logs_by_person)
    weeks = weeks_since_access(recipe, access, days)
    size = grown(recipe, weeks)
    everywhere = Growth(size[exposed], np.ones(exposed.sum()))
    rolls_out = design == "stepped_wedge"
    return Setting(
        design=design,
        people_by_department=by_department,
        people_by_profession=np.bincount(
            people.profession[given_ai], minlength=len(recipe.professions)
        ),
        exposed_logs=(exposed.sum(axis=1) * daily * treated_share)[given_ai],
        logs_per_working_day=daily,
        takers=takers,
        compared=_compared(recipe, access, days) or everywhere if rolls_out else everywhere,
        exposed=everywhere,
        working_days_per_day_used=exposed.sum()
        / _days_used(recipe, people, exposed, days, daily * treated_share),
        rate_of_those_with_logs=_rate_of_those_with_logs(recipe, people, exposed, daily),
        share_with_logs=float(_with_logs(recipe, people, daily).mean()),
        surveys=asked_on(recipe, people, access, days)[1].sum(axis=1),
    )


def people_alike(recipe: Recipe, people_by_department: Counts, use: float) -> Takers:
    """Return one expected participant a department, weighing by the department's people."""
    size = len(people_by_department)
    level = np.exp((recipe.participant_sd**2 + recipe.team_sd**2) / 2)
    return Takers(
        department=np.arange(size),
        weight=people_by_department.astype(np.float64),
        use=np.full(size, use),
        level=np.full(size, level),
        log_ratio=np.zeros(size),
        spread=recipe.effect_sd**2,
    )


def _known_people(recipe: Recipe, people: People, logs_by_person: Counts) -> Takers:
    """Return the participants themselves: where tasks are randomised, nobody stands for others."""
    return Takers(
        department=people.department,
        weight=logs_by_person.astype(np.float64),
        use=np.where(people.adopts, recipe.use_by_adopters, 0.0),
        level=np.exp(people.log_minutes),
        log_ratio=people.log_ratio,
        spread=0.0,
    )


def _compared(recipe: Recipe, access: Access, days: Dates) -> Growth | None:
    """Return the sizes in the weeks of groups that have others without access; None without any.

    Every group counts, by its participants, in each of its weeks before the last group's access.
    """
    week = (days - np.datetime64(recipe.starts_on)).astype(np.int64) // 7
    starts = week[access.open_on.argmax(axis=1)]
    since = np.unique(week)[None, :] - starts[:, None]
    counts = (since >= 0) & (np.unique(week) < starts.max())
    return Growth(grown(recipe, since[counts]), np.ones(counts.sum())) if counts.any() else None


def _days_used(
    recipe: Recipe, people: People, exposed: Booleans, days: Dates, tasks_per_day: float
) -> float:
    """Return the expected number of distinct days with AI used, over all participants.

    Tasks done with AI are Poisson with a gamma mean. Some of a Friday's are done on the Saturday,
    if that is before the participant's and the trial's end; novel tasks choose their day apart.
    """
    rate = recipe.use_by_adopters * tasks_per_day
    until = np.datetime64(recipe.logged_until or recipe.ends_on)
    last = np.where(people.days < len(days), days[people.days - 1], until)
    is_friday = (days.astype(np.int64) + 3) % 7 == FRIDAY
    split = exposed & is_friday & (days[None, :] < np.minimum(last, until)[:, None])
    whole = exposed.sum() - split.sum()
    moved, novel = recipe.weekend_share, recipe.novel_per_ai_task

    def some(share_on_other_day: float) -> float:
        """Return the chance of a task on the day; it and its novel one may both be elsewhere."""
        elsewhere = share_on_other_day * (1 - novel * (1 - share_on_other_day))
        return _some_log(recipe, rate * (1 - elsewhere))

    on_fridays = some(moved) + some(1 - moved) if moved else some(0.0)
    return float(recipe.adopters * (whole * some(0.0) + split.sum() * on_fridays))


def _rate_of_those_with_logs(
    recipe: Recipe, people: People, exposed: Booleans, tasks_per_day: float
) -> float:
    """Return tasks a day with access of participants with a log at all, over that of everybody."""
    given_ai, days = exposed.any(axis=1), exposed.sum(axis=1)
    with_logs = _with_logs(recipe, people, tasks_per_day)
    return float(days.sum() / (days * with_logs)[given_ai].sum())


def _with_logs(recipe: Recipe, people: People, tasks_per_day: float) -> Floats:
    """Return each participant's chance of a log at all."""
    return np.array([_some_log(recipe, tasks_per_day * stay) for stay in people.days])


def _some_log(recipe: Recipe, mean: float) -> float:
    """Return the chance of a log where their number is Poisson with a gamma mean."""
    shape = recipe.logging_shape
    return float(1 - (1 + mean / shape) ** -shape)
