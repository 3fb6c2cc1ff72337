"""How long types of task take, told from the days of a roll-out without access to AI.

Effects of task types are fitted beside those of units and weeks, so that neither who does what
nor when counts as a difference between task types.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from measurement.estimation.least_squares import COLLINEAR
from measurement.estimation.unit_weeks import UnitWeeks

Booleans = NDArray[np.bool_]
Codes = NDArray[np.intp]
Floats = NDArray[np.float64]

# Rows of a projection that differ by less are the same.
SAME = 1e-6


@dataclass(frozen=True, eq=False)
class TypeEffects:
    """Effects of the T task types, of which only differences of comparable types mean anything.

    comparable: which types the logs can tell apart (T x T); solution: effects of types, then of
    weeks (K = T + W); inverse: turns sums of dummies x residual into moves of it (K x K).
    """

    comparable: Booleans
    solution: Floats
    inverse: Floats

    @property
    def effects(self) -> Floats:
        """The effects of the task types."""
        return self.solution[: len(self.comparable)]


@dataclass(frozen=True, eq=False)
class TypeRegression:
    """Weighted least squares of the outcome on units, types and weeks, over logs before access.

    unit, kind, week: codes of each row, those of weeks following those of types; logs: number;
    outcome: mean, less the mean of the unit; number: logs by unit and dummy (G x K); moments: sums
    of dummy x outcome by unit (G x K).
    """

    types: int
    unit: Codes
    kind: Codes
    week: Codes
    logs: Floats
    outcome: Floats
    number: Floats
    moments: Floats

    def fitted(self) -> TypeEffects:
        """Return the effects over all units."""
        normal = self._normal(slice(None), self.number)
        return self._solved(normal, self.number.sum(axis=0), self.moments.sum(axis=0))

    def without_each_unit(self) -> Iterator[TypeEffects]:
        """Yield the effects with each unit left out in turn."""
        normal = self._normal(slice(None), self.number)
        number, moments = self.number.sum(axis=0), self.moments.sum(axis=0)
        ends = np.searchsorted(self.unit, np.arange(len(self.number) + 1))
        for unit, (first, last) in enumerate(pairwise(ends)):
            own = self._normal(slice(first, last), self.number[[unit]])
            rest = number - self.number[unit], moments - self.moments[unit]
            yield self._solved(normal - own, *rest)

    def influence(self, fitted: TypeEffects) -> Floats:
        """Return each unit's influence on the effects (G x T), without small-sample factor."""
        expected = fitted.solution[self.kind] + fitted.solution[self.week]
        residual = _centred(self.outcome - expected, self.logs, self.unit, len(self.number))
        codes, values = (self.kind, self.week), self.logs * residual
        scores = _by_unit(self.unit, codes, values, self.number.shape)
        influence: Floats = np.einsum("uk,jk->uj", scores, fitted.inverse[: self.types])
        return influence

    def _normal(self, rows: slice, number: Floats) -> Floats:
        """Return sum n x x' (K x K) of some units, x the dummies less their mean in the unit."""
        size = number.shape[1]
        pairs = self.kind[rows] * size + self.week[rows]
        across = np.bincount(pairs, weights=self.logs[rows], minlength=size * size)
        across = across.reshape(size, size)
        total = np.maximum(number[:, : self.types].sum(axis=1, keepdims=True), 1.0)
        means = np.einsum("uj,uk->jk", number, number / total)
        return np.asarray(np.diag(number.sum(axis=0)) + across + across.T - means)

    def _solved(self, normal: Floats, number: Floats, moments: Floats) -> TypeEffects:
        inverse = _generalised_inverse(normal, number)
        lost = np.eye(len(normal)) - np.einsum("jk,kl->jl", inverse, normal)
        lost = lost[: self.types]
        apart = np.abs(lost[:, np.newaxis] - lost).max(axis=2)
        return TypeEffects(apart < SAME, np.einsum("jk,k->j", inverse, moments), inverse)


def type_regression(rows: UnitWeeks) -> TypeRegression:
    """Return the regression over the rows before access to AI."""
    before = ~rows.treated
    unit, logs = rows.unit[before], rows.logs[before]
    kind, week = rows.task_type[before], len(rows.task_types) + rows.week[before]
    outcome = _centred(rows.mean[before], logs, unit, len(rows.access))
    shape = (len(rows.access), len(rows.task_types) + len(rows.weeks))
    number = _by_unit(unit, (kind, week), logs, shape)
    moments = _by_unit(unit, (kind, week), logs * outcome, shape)
    return TypeRegression(len(rows.task_types), unit, kind, week, logs, outcome, number, moments)


def _centred(values: Floats, logs: Floats, unit: Codes, units: int) -> Floats:
    total = np.bincount(unit, weights=logs, minlength=units)
    sums = np.bincount(unit, weights=logs * values, minlength=units)
    return np.asarray(values - (sums / np.maximum(total, 1.0))[unit])


def _by_unit(
    unit: Codes, dummies: tuple[Codes, Codes], values: Floats, shape: tuple[int, ...]
) -> Floats:
    """Sum values by unit and dummy (G x K); each row has one dummy of a type, one of a week."""
    sums = np.zeros(shape[0] * shape[1])
    for codes in dummies:
        sums += np.bincount(unit * shape[1] + codes, weights=values, minlength=len(sums))
    return sums.reshape(shape)


def _generalised_inverse(normal: Floats, number: Floats) -> Floats:
    """Invert a symmetric matrix where it can be; scaled first, so that rare types count alike.

    A column of which less than COLLINEAR of its `number` of logs is left counts as empty.
    """
    diagonal = np.diag(normal)
    filled = diagonal > COLLINEAR * number
    scale = np.zeros(len(normal))
    scale[filled] = 1 / np.sqrt(diagonal[filled])
    spread, directions = np.linalg.eigh(normal * np.outer(scale, scale))
    kept = spread > COLLINEAR
    known = directions[:, kept] * scale[:, np.newaxis]
    inverse: Floats = np.einsum("jm,km->jk", known / spread[kept], known)
    return inverse
