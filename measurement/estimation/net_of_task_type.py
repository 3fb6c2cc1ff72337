"""What a roll-out's tasks take, net of what kind of tasks they are: first of two steps.

The effects of task types are fitted on the days without access to AI, beside those of units and
weeks, so that neither who does what nor when counts as a difference between task types.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from measurement.estimation.regression import COLLINEAR
from measurement.estimation.unit_weeks import UnitWeeks

Booleans = NDArray[np.bool_]
Codes = NDArray[np.intp]
Floats = NDArray[np.float64]

# Two rows of a projection this close are the same.
SAME = 1e-6


@dataclass(frozen=True, eq=False)
class NetWeeks:
    """Means by unit and week, net of task types.

    means: G x W, NaN where a unit has no logs that count; effects: of the task types (T), on an
    origin of no meaning; influence: of each unit on them (G x T), without small-sample factor;
    slopes: derivatives of the means by the effects (T x G x W); left_out: names of the task
    types with logs that do not count, because no days without access tell how long they take.
    """

    means: Floats
    effects: Floats
    influence: Floats
    slopes: Floats
    left_out: tuple[str, ...]


def net_of_task_type(rows: UnitWeeks) -> NetWeeks:
    """Fit the effects of task types and take them out of the means by unit and week.

    Weighted least squares of the outcome on units, weeks and task types over the logs before
    access (weights: logs). Logs count before access, and from the day of access on, where the
    difference of their type from the other types of their unit can be told; of the week of access
    only the days since count.
    """
    effects, influence, same = _fit(rows)
    counts = _told(rows, same) & (rows.treated == (rows.weeks[rows.week] >= rows.access[rows.unit]))
    left_out = np.unique(rows.task_type[~_told(rows, same)])
    shape = (len(rows.access), len(rows.weeks))
    place = rows.unit * shape[1] + rows.week
    logs = np.where(counts, rows.logs, 0.0)

    def per_week(values: Floats) -> Floats:
        sums = np.bincount(place, weights=values, minlength=shape[0] * shape[1])
        return sums.astype(np.float64).reshape(shape)

    total = per_week(logs)
    empty = total == 0
    total[empty] = np.nan
    means = per_week(logs * (rows.mean - effects[rows.task_type])) / total
    shares = [
        np.where(empty, 0.0, per_week(np.where(rows.task_type == kind, logs, 0.0)) / total)
        for kind in range(len(effects))
    ]
    names = tuple(rows.task_types[kind] for kind in left_out)
    return NetWeeks(means, effects, influence, -np.array(shares), names)


def _fit(rows: UnitWeeks) -> tuple[Floats, Floats, Booleans]:
    """Return effects (T), influence (G x T), and which types can be told apart (T x T).

    With x the dummies of types and weeks less their mean in the unit, A = sum(n x x') and
    influence = A^- sum over the unit of n x e. A^- is a generalised inverse: differences of
    effects that can be told do not depend on which.
    """
    units, types, weeks = len(rows.access), len(rows.task_types), len(rows.weeks)
    before = ~rows.treated
    unit, kind, week = rows.unit[before], rows.task_type[before], rows.week[before]
    logs, outcome = rows.logs[before], rows.mean[before]
    of_unit = np.bincount(unit, weights=logs, minlength=units)
    of_unit[of_unit == 0] = 1.0

    def centred(values: Floats) -> Floats:
        means = np.bincount(unit, weights=logs * values, minlength=units) / of_unit
        return np.asarray(values - means[unit])

    def by_unit(values: Floats) -> Floats:
        """Sum over the logs of a unit, type by type, then week by week: G x (T + W)."""
        sums = [
            np.bincount(unit * size + codes, weights=values, minlength=units * size)
            for codes, size in ((kind, types), (week, weeks))
        ]
        return np.hstack([part.reshape(units, -1) for part in sums])

    normal = _gram(kind, types + week, logs, types + weeks)
    number = by_unit(logs)
    normal -= np.einsum("uj,uk->jk", number, number / of_unit[:, np.newaxis])
    inverse = _generalised_inverse(normal, number.sum(axis=0))
    solution = np.einsum("jk,k->j", inverse, by_unit(logs * centred(outcome)).sum(axis=0))
    residual = centred(outcome - solution[kind] - solution[types + week])
    influence = np.einsum("uk,jk->uj", by_unit(logs * residual), inverse[:types])
    lost = np.eye(types + weeks)[:types] - np.einsum("jk,kl->jl", inverse[:types], normal)
    same = np.abs(lost[:, np.newaxis] - lost[np.newaxis]).max(axis=2) < SAME
    return solution[:types], influence, same


def _gram(first: Codes, second: Codes, logs: Floats, size: int) -> Floats:
    """Return the cross products (size x size) of two sets of dummies, one of each a row."""
    gram = np.zeros((size, size))
    for codes in (first, second):
        gram += np.diag(np.bincount(codes, weights=logs, minlength=size))
    across = np.bincount(first * size + second, weights=logs, minlength=size * size)
    across = across.reshape(size, size)
    return gram + across + across.T


def _generalised_inverse(normal: Floats, number: Floats) -> Floats:
    """Invert a symmetric matrix where it can be; scaled first, so that rare types count alike.

    A column of which less than COLLINEAR of its `number` of logs is left counts as empty.
    """
    diagonal = np.diag(normal)
    scale = np.zeros(len(normal))
    filled = diagonal > COLLINEAR * number
    scale[filled] = 1 / np.sqrt(diagonal[filled])
    spread, directions = np.linalg.eigh(normal * np.outer(scale, scale))
    kept = spread > COLLINEAR
    known = directions[:, kept] * scale[:, np.newaxis]
    inverse: Floats = np.einsum("jm,km->jk", known / spread[kept], known)
    return inverse


def _told(rows: UnitWeeks, same: Booleans) -> Booleans:
    """Return which rows are of the set of comparable types that their unit did most before access.

    Types that can be told apart form disjoint sets, named by their first type.
    """
    sets, size = same.argmax(axis=1)[rows.task_type], len(same)
    before = np.where(rows.treated, 0.0, rows.logs)
    shape = (len(rows.access), size)
    done = np.bincount(rows.unit * size + sets, weights=before, minlength=shape[0] * size)
    return np.asarray(sets == done.reshape(shape).argmax(axis=1)[rows.unit])
