"""From minutes saved per task to minutes per working day, days per year.

Sums over task types: (saving per task of the type) x (tasks of the type with the treatment per
participant and day), less the minutes of novel tasks. See docs/statistics.md.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from measurement.estimation.definition import Assumptions
from measurement.estimation.estimate import Estimate, NotEstimable
from measurement.estimation.planned_model import (
    Model,
    effect_on,
    fit_model,
    named,
    require_comparison,
    sample_by,
)

Floats = NDArray[np.float64]

LARGEST_SHARE_WITHOUT_COMPARISON: Final = 0.10
MONTHS_A_YEAR: Final = 12
WEEKS_A_YEAR: Final = 52
MINUTES_AN_HOUR: Final = 60


@dataclass(frozen=True, eq=False)
class Savings:
    """Minutes saved per task of each task type that can be compared.

    `total` gives the minutes saved by some number of tasks of each type, with the uncertainty of
    the savings. `uncompared` types have tasks with the treatment and none without (or the
    reverse): they contribute 0.
    """

    per_task: Mapping[str, float]
    total: Callable[[Mapping[str, float]], Estimate]
    uncompared: tuple[str, ...]
    standard_errors: str
    clusters: int
    terms: tuple[str, ...]
    notes: tuple[str, ...] = ()


def savings_by_task_type(model: Model, cells: pd.DataFrame) -> Savings:
    """Fit minutes on treatment x task type over the `cells` without novel tasks.

    Raises NotEstimable without a task type that has logs with and without the treatment.
    """
    compared, uncompared = compared_types(cells)
    inside = cells
    if uncompared:
        inside = cells[named(cells["task_type"]).isin(compared)].reset_index(drop=True)
    regression = fit_model(model, sample_by(model, inside, "minutes", "task_type"))
    return Savings(
        # One that rests on a single participant has no error of its own, but a share in the total.
        per_task={name: -regression.coefficient(effect_on(name)) for name in compared},
        total=lambda tasks: -regression.combine({effect_on(name): n for name, n in tasks.items()}),
        uncompared=uncompared,
        standard_errors=regression.standard_errors,
        clusters=regression.clusters,
        terms=model.terms,
    )


def compared_types(cells: pd.DataFrame) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the task types with logs both with and without the treatment, and the others.

    Raises NotEstimable without a task type of the first kind.
    """
    require_comparison(cells)
    task_type = named(cells["task_type"])
    with_ai = set(task_type[cells["d"] == 1].unique())
    without = set(task_type[cells["d"] == 0].unique())
    if not with_ai & without:
        raise NotEstimable("no task type has task logs both with and without AI")
    return tuple(sorted(with_ai & without)), tuple(sorted(with_ai ^ without))


def minutes_saved_per_day(
    savings: Savings, done: pd.DataFrame, days: "pd.Series[float]"
) -> Estimate:
    """Return minutes saved per participant and day, with the joint uncertainty of both factors.

    `days`: those of each participant of the population, indexed by the path from cluster to
    participant; `done`: what they did with AI, see `done_with_access`.

    With s_t the savings and N_it the participant's tasks of type t, the value is the ratio
    R = sum_i A_i / sum_i D_i of A_i = sum_t s_t N_it - novel minutes. Its influence is that of
    s_t at fixed rates (the regression's) plus that of the ratio at fixed s_t:
    (A_i - R D_i) / sum D x sqrt(G / (G - 1)), summed within clusters (delta method). Degrees of
    freedom are those of the savings, from which most of the uncertainty comes.

    Raises NotEstimable where there are no days, or too many tasks without a comparison.
    """
    total_days = float(days.sum())
    if total_days <= 0:
        raise NotEstimable("no days with access to AI to divide by")
    tasks = _tasks(done[~done["novel"].to_numpy()], len(days))
    _require_comparisons(savings, tasks)
    compared = {name: tasks.get(name, np.zeros(len(days))) for name in savings.per_task}
    per_task = np.array(list(savings.per_task.values()))
    saved = np.einsum("ti,t->i", np.array(list(compared.values())), per_task)
    added = _novel_minutes(done[done["novel"].to_numpy()], len(days))
    ratio = _ratio(pd.Series(saved - added, index=days.index), days)
    rates = {name: float(number.sum()) / total_days for name, number in compared.items()}
    at_fixed_rates = savings.total(rates)
    found = at_fixed_rates + ratio - at_fixed_rates.value
    known = at_fixed_rates.coarsened(found.levels).degrees_of_freedom
    return replace(found, degrees_of_freedom=known)


def types_without_saving(savings: Savings, done: pd.DataFrame) -> tuple[str, ...]:
    """Return the task types that count as no saving, by name.

    They are the uncompared ones and, of the tasks that rates count (see `done_with_access`), those
    of types that the task logs behind the savings lack.
    """
    counted = named(done["task_type"][~done["novel"].to_numpy()]).unique()
    return tuple(sorted({*savings.uncompared, *counted} - savings.per_task.keys()))


def days_per_year(minutes_per_day: Estimate, assumptions: Assumptions) -> Estimate:
    """Return working days a year: minutes x days a year / (60 x hours a day)."""
    minutes_a_day = 60 * assumptions.hours_per_day
    return minutes_per_day.scale(assumptions.working_days_per_year / minutes_a_day)


def full_time_equivalents(
    days_per_year: Estimate, participants: int, assumptions: Assumptions
) -> Estimate:
    """Return how many people's working years are saved: participants x days saved / days a year.

    `participants`: how many were given AI. Raises NotEstimable where nobody was.
    """
    if participants < 1:
        raise NotEstimable("no participants were given AI")
    return days_per_year.scale(participants / assumptions.working_days_per_year)


def break_even_minutes_per_week(assumptions: Assumptions) -> float:
    """Return the minutes a week that pay for a licence: licence a week / cost of a minute.

    A year has 12 months and 52 weeks. Raises NotEstimable where either cost is 0.
    """
    licence, hour = assumptions.licence_cost_per_month, assumptions.loaded_cost_per_hour
    if licence <= 0 or hour <= 0:
        raise NotEstimable("there is nothing to earn back where a licence or time costs nothing")
    return licence * MONTHS_A_YEAR / WEEKS_A_YEAR / (hour / MINUTES_AN_HOUR)


def mean_of(values: pd.Series) -> Estimate:
    """Return the mean of one value a participant, with its standard error.

    `values` is indexed by a cluster path. Source: psi_i = (x_i - mean) / n x sqrt(n / (n - 1)).
    Raises NotEstimable for fewer than two participants.
    """
    return _ratio(values, pd.Series(1.0, index=values.index))


def _ratio(numerator: pd.Series, denominator: pd.Series) -> Estimate:
    """Return the ratio of two sums, clustered at the first level of their common index."""
    level = numerator.index.names[0]
    total = float(denominator.sum())
    value = float(numerator.sum()) / total
    psi = pd.Series(
        (numerator.to_numpy() - value * denominator.to_numpy()) / total, index=numerator.index
    )
    if psi.index.nlevels > 1:
        psi = psi.groupby(level=level).sum()
        psi.index = pd.MultiIndex.from_arrays([psi.index], names=[level])
    clusters = len(psi)
    if clusters < 2:
        raise NotEstimable(f"{clusters} {level}, at least 2 are needed")
    return Estimate(value, psi * np.sqrt(clusters / (clusters - 1)), clusters - 1)


def done_with_access(cells: pd.DataFrame, people: pd.Index) -> pd.DataFrame:
    """Return the cells of these people under the treatment and with access.

    Columns: task_type, novel, logs, minutes_mean and `person`, the place among `people`.
    """
    person = people.get_indexer(pd.Index(cells["participant"]))
    done = (person >= 0) & (cells["d"].to_numpy() == 1) & cells["access"].to_numpy()
    columns = {
        name: cells[name].array[done] for name in ("task_type", "novel", "logs", "minutes_mean")
    }
    return pd.DataFrame(columns).assign(person=person[done])


def _tasks(done: pd.DataFrame, people: int) -> dict[str, Floats]:
    """Return the number of tasks of each participant, by task type."""
    types, names = pd.factorize(named(done["task_type"]), sort=True)
    place = types * people + done["person"].to_numpy()
    logs = done["logs"].to_numpy(dtype=np.float64)
    sums = np.bincount(place, weights=logs, minlength=len(names) * people)
    by_type = np.asarray(sums, dtype=np.float64).reshape(len(names), people)
    return {str(name): numbers for name, numbers in zip(names, by_type, strict=True)}


def _require_comparisons(savings: Savings, tasks: Mapping[str, Floats]) -> None:
    total = float(sum(numbers.sum() for numbers in tasks.values()))
    without = [name for name in tasks if name not in savings.per_task]
    lost = float(sum(tasks[name].sum() for name in without))
    if total > 0 and lost / total > LARGEST_SHARE_WITHOUT_COMPARISON:
        allowed = f"{LARGEST_SHARE_WITHOUT_COMPARISON:.0%}"
        raise NotEstimable(
            f"{lost / total:.1%} of the tasks with AI are of types without tasks to compare with "
            f"({', '.join(without)}), at most {allowed} is allowed"
        )


def _novel_minutes(novel: pd.DataFrame, people: int) -> Floats:
    added = np.zeros(people)
    if len(novel):
        minutes = (novel["logs"] * novel["minutes_mean"]).groupby(novel["person"].to_numpy()).sum()
        added[minutes.index] = minutes
    return added
