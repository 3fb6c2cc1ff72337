"""Units before and after their access to AI, against units still without it: second of two steps.

The effect of access in week g on week t, ATT(g, t), is the change since the last week before g of
the units that get access in g, less the same change of the units that have no access in either
week. Source: Callaway and Sant'Anna 2021, equations 2.4 and 3.4, without covariates.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from measurement.estimation.net_of_task_type import NetWeeks, net_of_task_type
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
    of the weeks compared (P); own, others: units of the group, units without access (G x P).
    """

    group: Floats
    since: Floats
    week: Codes
    base: Codes
    own: Booleans
    others: Booleans

    @property
    def path(self) -> Floats:
        """The weeks since access that occur, ascending."""
        return np.unique(self.since)

    @property
    def members(self) -> Booleans:
        """The comparisons in each aggregate, P x Q: the overall effect, then the path."""
        return np.column_stack([self.since >= 0, self.since[:, np.newaxis] == self.path])


@dataclass(frozen=True, eq=False)
class Compared:
    """Effects of the P comparisons and of the Q aggregates, NaN where there is none.

    influence: of each unit on them, G x (P + Q), without small-sample factor; alone: which of
    them rest on one unit on either side (P + Q); controls: fewest units still without access that
    any part of the overall effect is compared with; takes_part: units in any comparison (G).
    """

    values: Floats
    influence: Floats
    alone: Booleans
    controls: int
    takes_part: Booleans
    net: NetWeeks


def comparisons(rows: UnitWeeks) -> Comparisons:
    """List the comparisons that dates and weeks allow; whether units have logs is not looked at.

    A group without logs of anybody in an earlier week has nothing to be compared with.
    """
    groups = np.unique(rows.access[np.isfinite(rows.access)])
    groups = groups[groups > rows.weeks.min()]
    last_before = np.searchsorted(rows.weeks, groups) - 1
    base = np.repeat(last_before, len(rows.weeks))
    week = np.tile(np.arange(len(rows.weeks)), len(groups))
    group = np.repeat(groups, len(rows.weeks))
    kept = week != base
    base, week, group = base[kept], week[kept], group[kept]
    access = rows.access[:, np.newaxis]
    own = access == group
    others = ~own & (access > rows.weeks[np.maximum(week, base)])
    return Comparisons(group, rows.weeks[week] - group, week, base, own, others)


def compare(rows: UnitWeeks, plan: Comparisons) -> Compared:
    """Estimate from one sample; units weigh by their participants in all means.

    A unit without logs in one of the two weeks drops out of that comparison. The aggregates are
    means over comparisons, weighted by the participants of the group; their influence counts the
    weights as drawn too, as units were drawn into groups.
    """
    net = net_of_task_type(rows)
    has_logs = ~np.isnan(net.means)
    both = has_logs[:, plan.week] & has_logs[:, plan.base]
    change = np.where(both, net.means[:, plan.week] - net.means[:, plan.base], 0.0)
    own, others = plan.own & both, plan.others & both
    exists = own.any(axis=0) & others.any(axis=0)
    own, others = own & exists, others & exists
    own_shares, others_shares = _shares(rows.people, own), _shares(rows.people, others)
    own_mean, others_mean = (own_shares * change).sum(axis=0), (others_shares * change).sum(axis=0)
    effects = np.where(exists, own_mean - others_mean, np.nan)
    influence = own_shares * (change - own_mean) - others_shares * (change - others_mean)
    influence += _of_first_step(net, plan, own_shares - others_shares)
    alone = (own.sum(axis=0) < 2) | (others.sum(axis=0) < 2)
    since = exists & (plan.since >= 0)
    means, of_means = _aggregated(rows.people, plan, effects, influence)
    return Compared(
        values=np.concatenate([effects, means]),
        influence=np.hstack([influence, of_means]),
        alone=np.concatenate([alone, ~(plan.members & ~alone[:, np.newaxis]).any(axis=0)]),
        controls=int(others.sum(axis=0)[since].min(initial=len(rows.people))),
        takes_part=np.asarray((own | others).any(axis=1)),
        net=net,
    )


def _shares(people: Floats, members: Booleans) -> Floats:
    weights = people[:, np.newaxis] * members
    return np.asarray(weights / np.maximum(weights.sum(axis=0), 1.0))


def _of_first_step(net: NetWeeks, plan: Comparisons, contrast: Floats) -> Floats:
    """Return the influence on the effects (G x P) through the effects of task types."""
    slopes = [
        np.einsum("gp,gp->p", contrast, slope[:, plan.week] - slope[:, plan.base])
        for slope in net.slopes
    ]
    influence: Floats = np.einsum("gt,tp->gp", net.influence, np.array(slopes))
    return influence


def _aggregated(
    people: Floats, plan: Comparisons, effects: Floats, influence: Floats
) -> tuple[Floats, Floats]:
    """Return the aggregates (Q) and the influence on them (G x Q)."""
    group_people = (people[:, np.newaxis] * plan.own).sum(axis=0)
    members = plan.members & ~np.isnan(effects)[:, np.newaxis]
    total = (members * group_people[:, np.newaxis]).sum(axis=0)
    total[total == 0] = np.nan
    shares = members / total
    known = np.nan_to_num(effects)
    means = np.einsum("pq,p,p->q", shares, group_people, known)
    of_weights = np.einsum("gp,pq->gq", plan.own, shares * (known[:, np.newaxis] - means))
    of_effects = np.einsum("gp,pq->gq", influence, shares * group_people[:, np.newaxis])
    return means, of_effects + people[:, np.newaxis] * of_weights
