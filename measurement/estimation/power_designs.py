"""How exactly a trial of each design would measure: the engine's own estimators, foreseen.

Under the model

    log(minutes) = task type + participant (in a team) + team in a week + task
                   + log(time ratio of the person) where AI is used

docs/statistics.md, section Power, has the formulas.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from measurement.estimation.power_clusters import Group, Precision, clustered, summed
from measurement.estimation.power_effect import Effect, effect_of
from measurement.estimation.power_inputs import PowerInputs
from measurement.estimation.power_roll_out import stepped_wedge
from measurement.estimation.power_tasks import (
    logging_share,
    same_person,
    team_size,
    within_people,
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
    size = team_size(inputs)
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
    # Tasks with AI weigh as the share without, where n1 x n0 / (n1 + n0) is the weight.
    varied = effect.within * (1 - inputs.use_by_adopters)
    within = (inputs.task_sd**2 + varied) / information.mean
    users = Group(staying * inputs.adopters, effect.between, within, information.cv)
    clusters = staying * logging_share(inputs)
    return clustered((users,), clusters, tasks=staying * inputs.tasks_per_participant)


_DESIGNS: Final[Mapping[str, Callable[[PowerInputs, float, Effect], Precision]]] = {
    "task_randomised": _task_randomised,
    "parallel": _parallel,
    "cluster": _cluster,
    "crossover": _crossover,
    "stepped_wedge": stepped_wedge,
    "observational": _observational,
}
