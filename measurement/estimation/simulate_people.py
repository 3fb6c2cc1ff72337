"""Draws the people of a simulated trial, and who of them is given AI when."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

from measurement.estimation.bundle import canonical_participants
from measurement.estimation.definition import Trial
from measurement.estimation.simulate_recipe import Recipe

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Booleans = NDArray[np.bool_]
Dates = NDArray[np.datetime64]

ARMS: Final = ("control", "ai")


@dataclass(frozen=True, eq=False)
class People:
    """One entry a participant: codes into the recipe's lists, and what is hidden in real life."""

    name: NDArray[np.object_]
    department: Codes
    team: Codes
    grade: Codes
    profession: Codes
    adopts: Booleans
    log_minutes: Floats
    log_ratio: Floats
    """The participant's own effect: what is added to the log of the time ratio."""
    days: Codes
    """Working days with logs possible: the first `days` of the trial's."""


@dataclass(frozen=True, eq=False)
class Access:
    """Who has AI at hand when.

    `groups`: columns of participants.csv. `open_on[i, k]`: whether AI is at hand for participant
    i on the k-th working day; tasks of a `task_randomised` trial flip a coin besides.
    """

    groups: dict[str, Any]
    open_on: Booleans


def draw_people(recipe: Recipe, participants: int, days: int, rng: Generator) -> People:
    """Draw the participants of a trial of that many working days."""
    department = _apportioned([item.share for item in recipe.departments], participants)
    team = _teams(department, recipe.team_size)
    team_effects = rng.normal(0, recipe.team_sd, team.max() + 1)
    leaves = rng.random(participants) < recipe.withdrawals
    own_effects = np.zeros(participants)
    if recipe.effect_sd:  # else nothing is drawn, so that older trials stay as they were
        own_effects = rng.normal(0, recipe.effect_sd, participants)
    width = len(str(participants))
    return People(
        name=np.array([f"p{number:0{width}d}" for number in range(1, participants + 1)], object),
        department=department,
        team=team,
        grade=drawn([item.share for item in recipe.grades], participants, rng),
        profession=drawn([item.share for item in recipe.professions], participants, rng),
        adopts=rng.random(participants) < recipe.adopters,
        log_minutes=rng.normal(0, recipe.participant_sd, participants) + team_effects[team],
        log_ratio=own_effects,
        days=np.where(leaves, rng.integers(1, days + 1, participants), days),
    )


def _apportioned(shares: list[float], participants: int) -> Codes:
    """Return a code for each participant, in order, by largest remainders of the shares."""
    exact = np.array(shares) / sum(shares) * participants
    people = np.floor(exact).astype(np.int64)
    left = participants - people.sum()
    people[np.argsort(people - exact, kind="stable")[:left]] += 1
    return np.repeat(np.arange(len(shares)), people)


def _teams(department: Codes, team_size: int) -> Codes:
    """Return the number of each participant's team; a team lies within one department."""
    starts = np.searchsorted(department, department)
    within = (np.arange(len(department)) - starts) // team_size
    return np.unique(np.column_stack([department, within]), axis=0, return_inverse=True)[1].ravel()


def drawn(shares: Sequence[float], size: int, rng: Generator) -> Codes:
    """Draw positions in `shares` with probabilities in their proportion."""
    return rng.choice(len(shares), size=size, p=np.array(shares) / sum(shares))


def participants_frame(
    recipe: Recipe, people: People, access: Access, days: Dates, rng: Generator
) -> pd.DataFrame:
    """Return the canonical participants."""
    size = len(people.name)
    typical = np.median([task_type.minutes for task_type in recipe.task_types])
    leaves = people.days < len(days)
    return canonical_participants(
        pd.DataFrame(
            {
                "participant": people.name,
                "department": named(recipe.departments, people.department),
                "team": [f"team {number + 1:04d}" for number in people.team],
                "grade": named(recipe.grades, people.grade),
                "profession": named(recipe.professions, people.profession),
                "enrolled_on": np.full(size, np.datetime64(recipe.starts_on)),
                "withdrawn_on": np.where(leaves, days[people.days - 1], np.datetime64("NaT")),
                "baseline_minutes": np.round(
                    typical * np.exp(people.log_minutes + rng.normal(0, 0.1, size)), 1
                ),
                **access.groups,
            }
        )
    )


def named(items: Sequence[Any], codes: Codes) -> NDArray[np.object_]:
    """Return the names of the recipe's items that the codes stand for."""
    return np.array([item.name for item in items], dtype=object)[codes]


# Who is given AI ------------------------------------------------------------------------------


def draw_access(
    trial: Trial, recipe: Recipe, people: People, days: Dates, rng: Generator
) -> Access:
    """Draw who is given AI when, as the trial's design randomises it."""
    kind, size = trial.design.kind, len(people.name)
    everywhere = np.ones((size, len(days)), dtype=bool)
    if kind in ("parallel", "cluster"):
        arm = _balanced(people, 2, by_team=kind == "cluster", rng=rng)
        return Access({"arm": np.array(ARMS, dtype=object)[arm]}, everywhere & (arm == 1)[:, None])
    if kind == "crossover":
        return _crossover(trial, people, days, rng)
    if kind == "stepped_wedge":
        starts = _steps(recipe)[_balanced(people, recipe.steps, by_team=True, rng=rng)]
        return Access({"ai_from": starts}, days[None, :] >= starts[:, None])
    return Access({}, everywhere)


def _balanced(people: People, levels: int, *, by_team: bool, rng: Generator) -> Codes:
    """Assign participants or teams to levels, in near-equal numbers within each department."""
    units = people.team if by_team else np.arange(len(people.name))
    first = np.unique(units, return_index=True)[1]
    order = np.lexsort((rng.random(len(first)), people.department[first]))
    level = np.empty(len(first), dtype=np.int64)
    level[order] = (np.arange(len(first)) + rng.integers(levels)) % levels
    return level[units]


def _crossover(trial: Trial, people: People, days: Dates, rng: Generator) -> Access:
    periods = trial.design.periods
    starts = np.array([period.starts_on for period in periods], dtype="datetime64[D]")
    period = np.searchsorted(starts, days, side="right") - 1
    sequence = _balanced(people, 2, by_team=False, rng=rng)
    letters = [("AB" * len(periods))[first : first + len(periods)] for first in (0, 1)]
    open_on = (period[None, :] + sequence[:, None]) % 2 == 1
    return Access({"sequence": np.array(letters, dtype=object)[sequence]}, open_on)


def _steps(recipe: Recipe) -> Dates:
    """Return the dates of access: equally spaced, on the weekday of the trial's first day."""
    weeks = ((recipe.ends_on - recipe.starts_on).days + 7) // 7
    at_week = [weeks * (step + 1) // (recipe.steps + 1) for step in range(recipe.steps)]
    return np.datetime64(recipe.starts_on) + 7 * np.array(at_week)


def weeks_since_access(recipe: Recipe, access: Access, days: Dates) -> Codes:
    """Return the weeks since the first with access, of each participant and working day."""
    week = (days - np.datetime64(recipe.starts_on)).astype(np.int64) // 7
    return np.asarray(week[None, :] - week[access.open_on.argmax(axis=1)][:, None])


def asked_on(recipe: Recipe, people: People, access: Access, days: Dates) -> tuple[Codes, Booleans]:
    """Return the places in `days` of the weekly surveys, and who is asked in each.

    Asked are, on the last working day of each week, those who then have AI at hand.
    """
    week = (days - np.datetime64(recipe.starts_on)).astype(np.int64) // 7
    places = np.flatnonzero(np.diff(week, append=week[-1] + 1))
    stays = places[None, :] < people.days[:, None]
    return places, access.open_on[:, places] & stays


def grown(recipe: Recipe, weeks: Codes) -> Floats:
    """Return the share of its full size that the log of the time ratio has in these weeks."""
    return np.clip((weeks + 1) / recipe.ramp_weeks, 0.0, 1.0)
