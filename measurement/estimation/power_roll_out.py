"""How exactly a stepped wedge would measure: the overall group-time effect, foreseen.

The effect is a weighted sum of unit-by-week means. Groups of units are equally large; each is
compared, from the week before its access on, with those still without: Callaway and Sant'Anna
2021, without covariates.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from measurement.estimation.group_time import FEW_TO_COMPARE_WITH
from measurement.estimation.inference import FEW_CLUSTERS
from measurement.estimation.power_clusters import Precision, in_small_samples, require_two_a_side
from measurement.estimation.power_effect import Effect
from measurement.estimation.power_inputs import PowerInputs
from measurement.estimation.power_tasks import (
    paired_weeks,
    same_person,
    team_size,
)
from measurement.estimation.regression import StandardErrors, require_clusters

Floats = NDArray[np.float64]


def stepped_wedge(inputs: PowerInputs, staying: float, effect: Effect) -> Precision:
    """Return how exactly a trial with so many participants left would measure."""
    units = staying / team_size(inputs)
    require_clusters(round(units))
    weeks = team_weeks(inputs, effect)
    # A team counts in a pair of weeks only if it logged in both.
    teams = units / inputs.steps * weeks.paired
    require_two_a_side(teams)
    few = units / inputs.steps < FEW_TO_COMPARE_WITH or round(units) < FEW_CLUSTERS
    chosen: StandardErrors = "CR3" if few else "CR1"
    starts = step_weeks(inputs.weeks, inputs.steps)
    by_group = teams * weeks.variance(unit_weights(starts, inputs.weeks, teams, "CR3").own)
    known = unit_weights(starts, inputs.weeks, teams, chosen)
    others = (teams - np.eye(inputs.steps)) * weeks.variance(known.others)
    psi_squared = teams * (weeks.variance(known.own) + others.sum(axis=1))
    variance = math.fsum(by_group)
    found = Precision(
        variance=variance,
        reported=math.fsum(psi_squared) / variance,
        degrees_of_freedom=units - 1,
        effective_degrees_of_freedom=variance**2 / math.fsum(by_group**2 / (teams - 1)),
        clusters=units,
    )
    return in_small_samples(found, chosen, units)


@dataclass(frozen=True, eq=False)
class TeamWeeks:
    """How the mean of a team's week varies, about the team's own level.

    by_week: variance by group and week, independent from week to week (S x W); lasting: variance
    of the team's own effect, in all weeks with access (`after`, S x W); paired: share of the
    teams that log in both of two weeks.
    """

    by_week: Floats
    after: NDArray[np.bool_]
    lasting: float
    paired: float

    def variance(self, weights: Floats) -> Floats:
        """Return the variance of a team's weighted weeks, by its group (... x S x W)."""
        noise = np.einsum("...gt,...gt,gt->...g", weights, weights, self.by_week)
        total = np.where(self.after, weights, 0.0).sum(axis=-1)
        return np.asarray(noise + np.square(total) * self.lasting)


def team_weeks(inputs: PowerInputs, effect: Effect) -> TeamWeeks:
    """Return how the mean of a team's week varies.

    It does by the tasks themselves, by what befalls the team, and by who happened to log.
    """
    size = team_size(inputs)
    tasks = size * inputs.tasks_per_participant / inputs.weeks
    spread = 1 + (inputs.tasks_cv**2 * inputs.tasks_per_participant - 1) / inputs.weeks
    same = same_person(inputs, size)
    untreated = inputs.participant_sd**2 * (1 - same) + inputs.task_sd**2
    treated = untreated + effect.between * (1 - same) + effect.within
    pair = paired_weeks(tasks, spread)
    starts = np.array(step_weeks(inputs.weeks, inputs.steps))
    after = np.arange(inputs.weeks) >= starts[:, np.newaxis]
    return TeamWeeks(
        by_week=inputs.week_sd**2 + pair.mean_inverse * np.where(after, treated, untreated),
        after=after,
        lasting=effect.between * same,
        paired=pair.chance,
    )


def step_weeks(weeks: int, steps: int) -> tuple[int, ...]:
    """Return the weeks, from 0, in which the steps of a stepped wedge come: equally spaced."""
    return tuple(weeks * step // (steps + 1) for step in range(1, steps + 1))


@dataclass(frozen=True, eq=False)
class UnitWeights:
    """Weights of unit-by-week means in the influence of one unit, by the unit's group.

    own: of the unit's own means (S groups x W weeks); others: of those of each other unit
    (S groups x S groups of the other x W).
    """

    own: Floats
    others: Floats


def unit_weights(
    starts: Sequence[int], weeks: int, units: float, standard_errors: StandardErrors
) -> UnitWeights:
    """Return the weights where access begins in the weeks `starts` (ascending), `units` each.

    Influence is a unit's deviation from the mean of the others (CR3) or of all (CR1). The unit's
    own weights under CR3 are those of the overall effect.
    """
    own, others = np.zeros((len(starts), weeks)), np.zeros((len(starts), len(starts), weeks))
    pairs = sum(starts[-1] - start for start in starts)
    for group, start in enumerate(starts):
        for week in range(start, starts[-1]):
            later = [other for other, begins in enumerate(starts) if begins > week]
            for members, sign in (([group], 1), (later, -1)):
                size = units * len(members)
                share = sign / (pairs * size)
                if standard_errors == "CR1":
                    share *= 1 - 1 / size
                change = np.zeros(weeks)
                change[[week, start - 1]] = share, -share
                own[members] += change
                others[np.ix_(members, members)] -= change / (size - 1)
    return UnitWeights(own, others)
