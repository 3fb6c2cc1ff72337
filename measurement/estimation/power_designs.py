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

from measurement.estimation.power_clusters import (
    Group,
    Precision,
    are_few,
    clustered,
    effective_in_arms,
    in_strata,
    summed,
)
from measurement.estimation.power_effect import Effect, effect_of
from measurement.estimation.power_inputs import PowerInputs
from measurement.estimation.power_roll_out import stepped_wedge
from measurement.estimation.power_tasks import (
    comparing_share,
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
    one, other = (
        Group(size, between, within, cv)
        for size, (between, within) in zip(sizes, arms, strict=True)
    )
    groups, size = in_strata((one, other), inputs.strata), sum(sizes)
    return clustered(
        groups,
        effective_in_arms((one, other)),
        size * logging,
        tasks=size * tasks,
        strata=inputs.strata,
    )


def _crossover(inputs: PowerInputs, staying: float, effect: Effect) -> Precision:
    """Differences within people, averaged over the two orders of the periods."""
    share = (inputs.periods // 2) / inputs.periods
    information, comparing = within_people(inputs, share), comparing_share(inputs, share)
    within = (inputs.task_sd**2 + effect.within / 2) / information.mean
    one_order = Group(staying / 2, effect.between, within, information.cv, scale=1 / 2)
    return _people((one_order, one_order), inputs, staying, staying * comparing)


def _observational(inputs: PowerInputs, staying: float, effect: Effect) -> Precision:
    """Differences within the people who use AI; the others only count as clusters."""
    information = within_people(inputs, inputs.use_by_adopters)
    # Tasks with AI weigh as the share without, where n1 x n0 / (n1 + n0) is the weight.
    varied = effect.within * (1 - inputs.use_by_adopters)
    within = (inputs.task_sd**2 + varied) / information.mean
    users = Group(staying * inputs.adopters, effect.between, within, information.cv)
    comparing = comparing_share(inputs, inputs.use_by_adopters)
    return _people((users,), inputs, staying, users.clusters * comparing)


def _people(
    groups: Sequence[Group], inputs: PowerInputs, staying: float, comparing: float
) -> Precision:
    """Sum groups of people, each a cluster; `comparing` have tasks with and without AI."""
    informing = Group(math.fsum(group.clusters for group in groups), cv=groups[0].cv)
    effective, logging = informing.effective_clusters, staying * logging_share(inputs)
    tasks = staying * inputs.tasks_per_participant
    found = clustered(groups, effective, logging, tasks=tasks)
    if not are_few(effective):
        return found
    return replace(found, degrees_of_freedom=max(comparing - 1, 1.0))


_DESIGNS: Final[Mapping[str, Callable[[PowerInputs, float, Effect], Precision]]] = {
    "task_randomised": _task_randomised,
    "parallel": _parallel,
    "cluster": _cluster,
    "crossover": _crossover,
    "stepped_wedge": stepped_wedge,
    "observational": _observational,
}
