"""Units before and after their access to AI, against units still without it.

The effect of access in week g on week t, ATT(g, t), is the change since the last week before g of
the units that get access in g, less the same change of the units that have no access in either
week. Source: Callaway and Sant'Anna 2021, without covariates.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from measurement.estimation.net_weeks import Weeks, weeks_of
from measurement.estimation.task_type_effects import (
    TypeEffects,
    TypeRegression,
    type_regression,
)
from measurement.estimation.unit_weeks import UnitWeeks

Booleans = NDArray[np.bool_]
Codes = NDArray[np.intp]
Floats = NDArray[np.float64]

OVERALL: Final = 0
"""Place of the mean over all units and weeks since access among the aggregates."""


@dataclass(frozen=True, eq=False)
class Comparisons:
    """The P comparisons of a group of units (those with access from one week on) in a week.

    group: week of access (P); since: weeks since then, negative before (P); week, base: places
    of the weeks compared (P); own, others: units of the group, units without access (G x P);
    path: the weeks since access that occur, ascending; members: the comparisons in each aggregate
    (P x Q), the overall effect and then the path.
    """

    group: Floats
    since: Floats
    week: Codes
    base: Codes
    own: Booleans
    others: Booleans
    path: Floats
    members: Booleans


def comparisons(rows: UnitWeeks) -> Comparisons:
    """List the comparisons that dates and weeks allow; whether units have logs is not looked at.

    A group without logs of anybody in an earlier week has nothing to be compared with.
    """
    groups = np.unique(rows.access[np.isfinite(rows.access)])
    groups = groups[groups > rows.weeks.min()]
    base = np.repeat(np.searchsorted(rows.weeks, groups) - 1, len(rows.weeks))
    week = np.tile(np.arange(len(rows.weeks)), len(groups))
    group = np.repeat(groups, len(rows.weeks))[week != base]
    base, week = base[week != base], week[week != base]
    access = rows.access[:, np.newaxis]
    own, since = access == group, rows.weeks[week] - group
    others = ~own & (access > rows.weeks[np.maximum(week, base)])
    path = np.unique(since)
    members = np.column_stack([since >= 0, since[:, np.newaxis] == path])
    return Comparisons(group, since, week, base, own, others, path, members)


@dataclass(frozen=True, eq=False)
class RollOut:
    """One sample of units, compared. A unit without logs in one of the two weeks drops out.

    own, others: participants of the units on either side (G x P), none where the other side has
    none. Units weigh by their participants in all means.
    """

    rows: UnitWeeks
    plan: Comparisons
    regression: TypeRegression
    type_effects: TypeEffects
    weeks: Weeks
    own: Floats
    others: Floats

    @property
    def group_people(self) -> Floats:
        """Participants of the group of each comparison (P)."""
        return np.asarray((self.plan.own * self.rows.people[:, np.newaxis]).sum(axis=0))

    @property
    def takes_part(self) -> Booleans:
        """Units that are in any comparison (G)."""
        return np.asarray((self.own + self.others).any(axis=1))

    @property
    def fewest_others(self) -> int:
        """Fewest units without access that any part of the overall effect is compared with."""
        units = (self.others > 0).sum(axis=0)[self.plan.since >= 0]
        return int(units[units > 0].min(initial=len(self.rows.people)))

    @property
    def alone(self) -> Booleans:
        """Comparisons, then aggregates, that rest on one unit on either side (P + Q)."""
        alone = ((self.own > 0).sum(axis=0) < 2) | ((self.others > 0).sum(axis=0) < 2)
        return np.concatenate([alone, ~(self.plan.members & ~alone[:, np.newaxis]).any(axis=0)])

    def values(self) -> Floats:
        """Return effects of comparisons, then aggregates (P + Q); NaN where there is none."""
        change = self.change(self.weeks.net(self.type_effects.effects))
        effects = weighted_mean(self.own, change) - weighted_mean(self.others, change)
        return np.concatenate([effects, aggregated(effects, self.group_people, self.plan)])

    def change(self, by_week: Floats) -> Floats:
        """Return the change since the base week (G x P) of G x W numbers, 0 where not known."""
        return np.nan_to_num(by_week[:, self.plan.week] - by_week[:, self.plan.base])


def roll_out(rows: UnitWeeks, plan: Comparisons) -> RollOut:
    """Compare the units of a sample, net of the types of their tasks."""
    regression = type_regression(rows)
    type_effects = regression.fitted()
    weeks = weeks_of(rows, type_effects.comparable)
    has_logs = ~np.isnan(weeks.means)
    both = has_logs[:, plan.week] & has_logs[:, plan.base]
    own, others = plan.own & both, plan.others & both
    exists = own.any(axis=0) & others.any(axis=0)
    people = rows.people[:, np.newaxis] * exists
    return RollOut(rows, plan, regression, type_effects, weeks, own * people, others * people)


def weighted_mean(weights: Floats, values: Floats) -> Floats:
    """Return the mean over units of G x P values; NaN where there are no weights."""
    return quotient((weights * values).sum(axis=0), weights.sum(axis=0))


def aggregated(effects: Floats, group_people: Floats, plan: Comparisons) -> Floats:
    """Return means of effects (... x P) over comparisons, weighted by group: ... x Q."""
    weights = np.where(np.isnan(effects), 0.0, group_people)
    sums = np.einsum("...p,pq->...q", weights * np.nan_to_num(effects), plan.members)
    return quotient(sums, np.einsum("...p,pq->...q", weights, plan.members))


def quotient(numerator: Floats, denominator: Floats) -> Floats:
    """Divide, by numbers of people: NaN where there are none."""
    return np.asarray(numerator / np.where(denominator > 0, denominator, np.nan))
