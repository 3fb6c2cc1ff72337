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
from measurement.estimation.power_tasks import logged_weeks, same_person, team_size
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
    by_group = teams * weeks.variance_of(unit_weights(starts, inputs.weeks, teams, "CR3"))
    known = unit_weights(starts, inputs.weeks, teams, chosen)
    others = (teams - np.eye(inputs.steps)) * weeks.variance(known.others)
    psi_squared = teams * (weeks.variance_of(known) + others.sum(axis=1))
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
    teams that log in both of two weeks; again: where a week stands in several comparisons, what
    two of them share of its variance, as a team without tasks in a third week is in one of them.
    """

    by_week: Floats
    after: NDArray[np.bool_]
    lasting: float
    paired: float
    again: float

    def variance(self, weights: Floats) -> Floats:
        """Return the variance of a team's weighted weeks, by its group (... x S x W)."""
        total = np.where(self.after, weights, 0.0).sum(axis=-1)
        return np.asarray(self._noise(np.square(weights)) + np.square(total) * self.lasting)

    def variance_of(self, weights: "UnitWeights") -> Floats:
        """Return the variance of what a team's own weeks add, by its group (S)."""
        several = np.square(weights.own) - weights.squares
        return np.asarray(self.variance(weights.own) - (1 - self.again) * self._noise(several))

    def _noise(self, squares: Floats) -> Floats:
        return np.asarray(np.einsum("...gt,gt->...g", squares, self.by_week))


def team_weeks(inputs: PowerInputs, effect: Effect) -> TeamWeeks:
    """Return how the mean of a team's week varies.

    It does by the tasks themselves, by what befalls the team, and by who happened to log.
    """
    size = team_size(inputs)
    tasks = size * inputs.tasks_per_participant / inputs.weeks
    spread = 1 + (inputs.tasks_cv**2 * inputs.tasks_per_participant - 1) / inputs.weeks
    same = same_person(inputs, size)
    # What a team's people have in common is in all of its weeks.
    within_teams = (1 - inputs.intra_cluster_correlation) * inputs.participant_sd**2
    untreated = within_teams * (1 - same) + inputs.task_sd**2
    treated = untreated + effect.between * (1 - same) + effect.within
    pair, three = logged_weeks(tasks, spread, 2), logged_weeks(tasks, spread, 3)
    starts = np.array(step_weeks(inputs.weeks, inputs.steps))
    after = np.arange(inputs.weeks) >= starts[:, np.newaxis]
    return TeamWeeks(
        by_week=inputs.week_sd**2 + pair.mean_inverse * np.where(after, treated, untreated),
        after=after,
        lasting=effect.between * same,
        paired=pair.chance,
        again=three.chance * three.mean_inverse / (pair.chance * pair.mean_inverse),
    )


def step_weeks(weeks: int, steps: int) -> tuple[int, ...]:
    """Return the weeks, from 0, in which the steps of a stepped wedge come: equally spaced."""
    return tuple(weeks * step // (steps + 1) for step in range(1, steps + 1))


@dataclass(frozen=True, eq=False)
class UnitWeights:
    """Weights of unit-by-week means in the influence of one unit, by the unit's group.

    own: of the unit's own means (S groups x W weeks); squares: the sum of the squares of what
    each comparison adds to them (S x W); others: of the means of each other unit (S groups x S
    groups of the other x W).
    """

    own: Floats
    squares: Floats
    others: Floats


def unit_weights(
    starts: Sequence[int], weeks: int, units: float, standard_errors: StandardErrors
) -> UnitWeights:
    """Return the weights where access begins in the weeks `starts` (ascending), `units` each.

    Influence is what leaving the unit out changes, its group then weighing less (CR3), or the
    unit's deviation from the mean of all, groups weighing as they do (CR1). The unit's own weights
    under CR3 are those of the overall effect.
    """
    sizes, sides = np.full(len(starts), units), _sides(starts, weeks)
    parts = sides.parts(sizes)
    if standard_errors == "CR3":
        without_one = [sides.parts(rest).sum(axis=0) for rest in sizes - np.eye(len(sizes))]
        others = parts.sum(axis=0) - np.array(without_one)
    else:
        # Each of n units is 1/n of the mean that it deviates from.
        of_each = parts / sides.units(sizes)[:, np.newaxis, np.newaxis]
        others = -np.einsum("pg,pht->ght", sides.members, of_each)
        parts = parts - of_each
    return UnitWeights(parts.sum(axis=0), np.square(parts).sum(axis=0), others)


@dataclass(frozen=True, eq=False)
class _Sides:
    """The P sides of the comparisons that the overall effect is made of.

    groups: the group whose effect it is (P); members: which groups are on the side (P x S);
    changes: 1 in the week and -1 in the base week, the reverse for those without access (P x W).
    """

    groups: NDArray[np.intp]
    members: Floats
    changes: Floats

    def parts(self, sizes: Floats) -> Floats:
        """Return what each side adds to the weights of a member's weeks (P x S x W).

        `sizes`: units of each group. Groups weigh by their units in each week compared.
        """
        # Each comparison has two sides.
        share = 2 * sizes[self.groups] / sizes[self.groups].sum() / self.units(sizes)
        return np.asarray(np.einsum("p,pg,pt->pgt", share, self.members, self.changes))

    def units(self, sizes: Floats) -> Floats:
        """Return the number of units on each side (P)."""
        return np.asarray(np.einsum("pg,g->p", self.members, sizes))


def _sides(starts: Sequence[int], weeks: int) -> _Sides:
    groups, members, changes = [], [], []
    begins = np.array(starts)
    for group, start in enumerate(starts):
        for week in range(start, starts[-1]):
            change = np.zeros(weeks)
            change[[week, start - 1]] = 1, -1
            groups += [group, group]
            members += [np.arange(len(starts)) == group, begins > week]
            changes += [change, -change]
    return _Sides(np.array(groups), np.array(members, dtype=np.float64), np.array(changes))
