"""A roll-out's means by unit and week, and what of them is due to the types of task."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from measurement.estimation.unit_weeks import UnitWeeks

Booleans = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Weeks:
    """Of the logs that count: means of the outcome and shares of task types, by unit and week.

    means: G x W, NaN where a unit has no logs; shares: T x G x W, 0 there; left_out: names of the
    types with logs that do not count, because nothing without AI tells how long they take.
    """

    means: Floats
    shares: Floats
    left_out: tuple[str, ...]

    def net(self, effects: Floats) -> Floats:
        """Return the means less what the effects of task types (T) make of them (G x W)."""
        return np.asarray(self.means - np.einsum("tgw,t->gw", self.shares, effects))


def weeks_of(rows: UnitWeeks, comparable: Booleans) -> Weeks:
    """Average the logs that count.

    Logs count before access, and from the day of access on; of the week of access only the days
    since. Of `comparable` types (T x T), which form disjoint sets, a unit's logs count only of
    the set that it logged most before access.
    """
    told = _told(rows, comparable)
    since = rows.weeks[rows.week] >= rows.access[rows.unit]
    logs = np.where(told & (rows.treated == since), rows.logs, 0.0)
    shape = (len(rows.access), len(rows.weeks))
    place = rows.unit * shape[1] + rows.week

    def by_week(values: Floats) -> Floats:
        sums = np.bincount(place, weights=values, minlength=shape[0] * shape[1])
        return np.asarray(sums.reshape(shape))

    total = by_week(logs)
    kinds = range(len(rows.task_types))
    by_kind = np.array([by_week(np.where(rows.task_type == kind, logs, 0.0)) for kind in kinds])
    return Weeks(
        means=np.where(total > 0, by_week(logs * rows.mean) / np.maximum(total, 1.0), np.nan),
        shares=by_kind / np.maximum(total, 1.0),
        left_out=tuple(rows.task_types[kind] for kind in np.unique(rows.task_type[~told])),
    )


def _told(rows: UnitWeeks, comparable: Booleans) -> Booleans:
    """Return which rows are of their unit's set of types; a set is named by its first type."""
    sets, size = comparable.argmax(axis=1)[rows.task_type], len(comparable)
    before = np.where(rows.treated, 0.0, rows.logs)
    done = np.bincount(rows.unit * size + sets, before, minlength=len(rows.access) * size)
    return np.asarray(sets == done.reshape(-1, size).argmax(axis=1)[rows.unit])
