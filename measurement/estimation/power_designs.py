"""How exactly a trial of each design would measure: the engine's own estimators, foreseen.

Under the model

    log(minutes) = task type + participant (in a team) + team in a week + task
                   + log(time ratio of the person) where AI is used

docs/statistics.md, section Power, has the formulas.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from measurement.estimation.group_time import FEW_TO_COMPARE_WITH
from measurement.estimation.power_clusters import Group, Precision, clustered, summed
from measurement.estimation.power_inputs import PowerInputs
from measurement.estimation.power_tasks import (
    logging_share,
    mean_inverse,
    none_at_all,
    same_person,
    within_people,
)

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Effect:
    """The effect that the design's coefficient measures, on log(minutes).

    mean: over people and tasks. between: its variance between people. within: variance that it
    adds to tasks under the treatment, because not each is done with AI.
    """

    mean: float
    between: float
    within: float


def effect_of(inputs: PowerInputs, log_ratio: float) -> Effect:
    """Return the effect where AI, where it is used, changes log(minutes) by `log_ratio`.

    Assignment to AI is diluted: only adopters use it, and they for a share of their tasks.
    An observational trial compares by use.
    """
    if inputs.design == "observational":
        return Effect(log_ratio, inputs.effect_sd**2, 0.0)
    square = log_ratio**2 + inputs.effect_sd**2
    use = inputs.use_by_adopters
    mean = inputs.uptake * log_ratio
    return Effect(
        mean=mean,
        between=inputs.uptake * use * square - mean**2,
        within=inputs.uptake * (1 - use) * square,
    )


def precision(inputs: PowerInputs, participants: float, log_ratio: float) -> Precision:
    """Return how exactly a trial of so many participants (all arms) would measure."""
    staying = participants * (1 - inputs.attrition)
    return _DESIGNS[inputs.design](inputs, staying, effect_of(inputs, log_ratio))


def _task_randomised(inputs: PowerInputs, staying: float, effect: Effect) -> Precision:
    """Tasks are the clusters, half of them under the treatment.

    HC3 does not see that people differ in the effect; the variance does.
    """
    half = staying * inputs.tasks_per_participant / 2
    alike = inputs.participant_sd**2 + inputs.task_type_sd**2 + inputs.task_sd**2
    groups = (Group(half, alike), Group(half, alike + effect.between + effect.within))
    found = summed(groups, "HC3")
    variance = found.variance + Group(staying, effect.between, cv=inputs.tasks_cv).variance
    return replace(found, variance=variance, reported=found.reported * found.variance / variance)


def _parallel(inputs: PowerInputs, staying: float, effect: Effect) -> Precision:
    between, within = inputs.participant_sd**2, inputs.task_sd**2
    tasks = inputs.tasks_per_participant
    arms = (
        (between, within / tasks),
        (between + effect.between, (within + effect.within) / tasks),
    )
    return _two_arms(inputs, staying, arms, inputs.tasks_cv, logging_share(inputs), tasks)


def _cluster(inputs: PowerInputs, staying: float, effect: Effect) -> Precision:
    """Compare teams; a team's mean is one of few people, unequally heard."""
    size = _team_size(inputs)
    between_teams = inputs.intra_cluster_correlation * inputs.participant_sd**2
    between, within = inputs.participant_sd**2 - between_teams, inputs.task_sd**2
    same, tasks = same_person(inputs, size), size * inputs.tasks_per_participant
    arms = (
        (between_teams + between * same, within / tasks),
        (between_teams + (between + effect.between) * same, (within + effect.within) / tasks),
    )
    logging = 1 - (1 - logging_share(inputs)) ** size
    cv = inputs.tasks_cv / math.sqrt(size)
    return _two_arms(inputs, staying / size, arms, cv, logging, tasks)


def _two_arms(
    inputs: PowerInputs,
    units: float,
    arms: Sequence[tuple[float, float]],
    cv: float,
    logging: float,
    tasks: float,
) -> Precision:
    """Compare the arm without AI and one with AI; further arms are not in the regression."""
    without_ai, with_ai = inputs.arm_sizes
    unit = units / (without_ai + (inputs.arms - 1) * with_ai)
    sizes = (unit * without_ai, unit * with_ai)
    groups = [
        Group(size, between, within, cv)
        for size, (between, within) in zip(sizes, arms, strict=True)
    ]
    return clustered(groups, sum(sizes) * logging, tasks=sum(sizes) * tasks, strata=inputs.strata)


def _team_size(inputs: PowerInputs) -> float:
    """Return how many of a team stay; a team of one is there or not."""
    return max(inputs.cluster_size * (1 - inputs.attrition), 1.0)


def _crossover(inputs: PowerInputs, staying: float, effect: Effect) -> Precision:
    """Differences within people, averaged over the two orders of the periods."""
    information = within_people(inputs, (inputs.periods // 2) / inputs.periods)
    within = (inputs.task_sd**2 + effect.within / 2) / information.mean
    one_order = Group(staying / 2, effect.between, within, information.cv, scale=1 / 2)
    clusters = staying * logging_share(inputs)
    tasks = staying * inputs.tasks_per_participant
    return clustered((one_order, one_order), clusters, tasks=tasks)


def _observational(inputs: PowerInputs, staying: float, effect: Effect) -> Precision:
    """Differences within the people who use AI; the others only count as clusters."""
    information = within_people(inputs, inputs.use_by_adopters)
    within = inputs.task_sd**2 / information.mean
    users = Group(staying * inputs.adopters, effect.between, within, information.cv)
    clusters = staying * logging_share(inputs)
    return clustered((users,), clusters, tasks=staying * inputs.tasks_per_participant)


def _stepped_wedge(inputs: PowerInputs, staying: float, effect: Effect) -> Precision:
    """Weigh unit-by-week means as the overall group-time effect does; teams are independent."""
    size = _team_size(inputs)
    units = staying / size
    mean = size * inputs.tasks_per_participant / inputs.weeks
    spread = 1 + (inputs.tasks_cv**2 * inputs.tasks_per_participant - 1) / inputs.weeks
    # A week's mean differs from the team's by who happened to log, besides the tasks themselves.
    others = 1 - same_person(inputs, size)
    untreated = inputs.participant_sd**2 * others + inputs.task_sd**2
    treated = untreated + effect.between * others + effect.within
    inverse = mean_inverse(mean, spread)
    starts = step_weeks(inputs.weeks, inputs.steps)
    weights = overall_weights(starts, inputs.weeks)
    after = np.arange(inputs.weeks) >= np.array(starts)[:, np.newaxis]
    by_week = inputs.week_sd**2 + inverse * np.where(after, treated, untreated)
    noise = np.einsum("gt,gt,gt->g", weights, weights, by_week)
    lasting = np.square(np.where(after, weights, 0.0).sum(axis=1)) * effect.between * (1 - others)
    # A team counts in a pair of weeks only if it logged in both.
    pairs = units / inputs.steps * (1 - none_at_all(mean, spread)) ** 2
    few = units / inputs.steps < FEW_TO_COMPARE_WITH
    return clustered(
        [Group(pairs, float(variance)) for variance in noise + lasting],
        units,
        standard_errors="CR3" if few else None,
    )


def step_weeks(weeks: int, steps: int) -> tuple[int, ...]:
    """Return the weeks, from 0, in which the steps of a stepped wedge come: equally spaced."""
    return tuple(weeks * step // (steps + 1) for step in range(1, steps + 1))


def overall_weights(starts: Sequence[int], weeks: int) -> Floats:
    """Return the weight of each group's mean of each week (groups x weeks) in the overall effect.

    Groups are equally large, begin in the weeks `starts` (ascending), and are compared, from the
    week before their start on, with those who have not begun yet.
    """
    weights = np.zeros((len(starts), weeks))
    for group, start in enumerate(starts):
        for week in range(start, starts[-1]):
            later = [other for other, begins in enumerate(starts) if begins > week]
            weights[group, [week, start - 1]] += 1, -1
            weights[later, week] -= 1 / len(later)
            weights[later, start - 1] += 1 / len(later)
    pairs: int = sum(starts[-1] - start for start in starts)
    return weights / pairs


_DESIGNS: Final[Mapping[str, Callable[[PowerInputs, float, Effect], Precision]]] = {
    "task_randomised": _task_randomised,
    "parallel": _parallel,
    "cluster": _cluster,
    "crossover": _crossover,
    "stepped_wedge": _stepped_wedge,
    "observational": _observational,
}
