"""An estimate carries its influence: its value, and what every cluster adds to its error."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from numbers import Real

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special


class NotEstimable(Exception):  # noqa: N818 - the glossary's word, and an answer rather than a fault
    """Raised where the data cannot give an estimate; `reason` is a sentence for people."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Interval:
    """A confidence interval, in the unit of its estimate."""

    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Estimate:
    """A value with the influence `psi` of every cluster on it, in the unit of the value.

    The index of `psi` is a MultiIndex of each cluster's path, levels named from coarse to fine
    (["team", "participant"]); the constructor sorts it. The small-sample factor of the stated
    standard error is already in `psi`, so std_error = sqrt(sum(psi^2)). Arithmetic with other
    estimates and with numbers follows the delta method, covariances included, because clusters
    with the same path are the same people.

    Raises NotEstimable when the value, its standard error or the degrees of freedom are not
    usable numbers, ValueError when `psi` is not indexed by named, unique clusters.
    """

    value: float
    psi: pd.Series[float]
    degrees_of_freedom: float

    # Lets `numpy number * Estimate` reach Estimate.__rmul__.
    __array_ufunc__ = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", float(self.value))
        object.__setattr__(self, "degrees_of_freedom", float(self.degrees_of_freedom))
        object.__setattr__(self, "psi", _canonical(self.psi))
        if not (math.isfinite(self.value) and math.isfinite(self.std_error)):
            raise NotEstimable(
                f"the estimate {self.value} with standard error {self.std_error} "
                "is not a finite number"
            )
        if not self.degrees_of_freedom > 0:
            raise NotEstimable(f"{self.degrees_of_freedom} degrees of freedom, more than 0 needed")

    @property
    def levels(self) -> list[str]:
        """Names of the cluster path, coarse to fine."""
        return [str(name) for name in self.psi.index.names]

    @cached_property
    def std_error(self) -> float:
        """Standard error, in the unit of the value."""
        with np.errstate(over="ignore"):
            return math.sqrt(math.fsum(np.square(self.psi.to_numpy()).tolist()))

    def interval(self, confidence: float) -> Interval:
        """Student-t interval that covers the truth with probability `confidence` (0 to 1)."""
        require_confidence(confidence)
        quantile = float(special.stdtrit(self.degrees_of_freedom, (1 + confidence) / 2))
        half = quantile * self.std_error
        return Interval(self.value - half, self.value + half)

    def p_value(self, null: float = 0.0) -> float:
        """Two-sided Student-t p-value of the hypothesis that the truth is `null`."""
        if self.std_error == 0:
            raise NotEstimable("a standard error of 0 allows no test")
        distance = abs(self.value - null) / self.std_error
        return 2 * float(special.stdtr(self.degrees_of_freedom, -distance))

    def coarsened(self, levels: Sequence[str]) -> Estimate:
        """Return the estimate with `psi` summed within the leading `levels` of the path.

        Fewer clusters cannot give more degrees of freedom than their number less one.
        """
        if list(levels) == self.levels:
            return self
        if not levels or list(levels) != self.levels[: len(levels)]:
            raise ValueError(f"levels {list(levels)}: leading levels of {self.levels} are allowed")
        psi = _summed(self.psi, levels)
        if len(psi) < 2:
            raise NotEstimable(f"only one {levels[-1]}: its uncertainty cannot be known")
        return Estimate(self.value, psi, min(self.degrees_of_freedom, len(psi) - 1))

    def scale(self, factor: float) -> Estimate:
        """Return the estimate times a number that is known without error."""
        return _combined(self.value * float(factor), [(self, float(factor))])

    def exp(self) -> Estimate:
        """Return exp of the estimate."""
        try:
            value = math.exp(self.value)
        except OverflowError:
            raise NotEstimable(f"exp({self.value}) is too large a number") from None
        return _combined(value, [(self, value)])

    def log(self) -> Estimate:
        """Return the natural logarithm of the estimate; NotEstimable unless it is above 0."""
        if self.value <= 0:
            raise NotEstimable(f"the logarithm of {self.value}: a number above 0 is needed")
        return _combined(math.log(self.value), [(self, 1 / self.value)])

    def __neg__(self) -> Estimate:
        return self.scale(-1)

    def __add__(self, other: Estimate | float) -> Estimate:
        if isinstance(other, Estimate):
            return _combined(self.value + other.value, [(self, 1.0), (other, 1.0)])
        if isinstance(other, Real):
            return _combined(self.value + float(other), [(self, 1.0)])
        return NotImplemented

    __radd__ = __add__

    def __sub__(self, other: Estimate | float) -> Estimate:
        if isinstance(other, Estimate):
            return _combined(self.value - other.value, [(self, 1.0), (other, -1.0)])
        if isinstance(other, Real):
            return self + -float(other)
        return NotImplemented

    def __rsub__(self, other: float) -> Estimate:
        return -self + other

    def __mul__(self, other: Estimate | float) -> Estimate:
        if isinstance(other, Estimate):
            product = self.value * other.value
            return _combined(product, [(self, other.value), (other, self.value)])
        if isinstance(other, Real):
            return self.scale(float(other))
        return NotImplemented

    __rmul__ = __mul__

    def __truediv__(self, other: Estimate | float) -> Estimate:
        if isinstance(other, Estimate):
            return self * other._reciprocal()
        if isinstance(other, Real):
            return _combined(self.value / float(other), [(self, 1 / float(other))])
        return NotImplemented

    def __rtruediv__(self, other: float) -> Estimate:
        return self._reciprocal() * other

    def _reciprocal(self) -> Estimate:
        if self.value == 0:
            raise NotEstimable("a ratio to an estimate of 0")
        inverse = 1 / self.value
        return _combined(inverse, [(self, -inverse * inverse)])


def require_confidence(confidence: float) -> None:
    """Raise ValueError unless `confidence` lies between 0 and 1."""
    if not 0 < confidence < 1:
        raise ValueError(f"confidence {confidence}: a number between 0 and 1 is allowed")


def sum_of(estimates: Sequence[Estimate], weights: Sequence[float] | None = None) -> Estimate:
    """Return the sum of the estimates, each times its weight (known without error; default 1)."""
    factors = [1.0] * len(estimates) if weights is None else [float(weight) for weight in weights]
    parts = list(zip(estimates, factors, strict=True))
    return _combined(math.fsum(part.value * factor for part, factor in parts), parts)


def shared_clusters(estimates: Sequence[Estimate]) -> list[str]:
    """Return the leading cluster levels that all estimates have; ValueError when there is none."""
    shared: list[str] = []
    for names in zip(*(estimate.levels for estimate in estimates), strict=False):
        if len(set(names)) > 1:
            break
        shared.append(names[0])
    if not shared:
        given = sorted({" > ".join(estimate.levels) for estimate in estimates})
        raise ValueError(f"clusters {given}: paths with the same coarsest level are allowed")
    return shared


def group_clusters(paths: pd.MultiIndex) -> tuple[NDArray[np.intp], pd.MultiIndex]:
    """Return each row's cluster number, and the sorted MultiIndex of the distinct paths.

    `paths` has one entry a row. Raises ValueError where a part of a path is missing, because
    such rows would fall out of every standard error.
    """
    keys = np.zeros(len(paths), dtype=np.int64)
    for name, level, codes in zip(paths.names, paths.levels, paths.codes, strict=True):
        if (np.asarray(codes) < 0).any():
            raise ValueError(f"cluster level {name!r} has missing values; give every row a name")
        ranks = np.empty(len(level), dtype=np.int64)
        ranks[level.argsort()] = np.arange(len(level))
        keys = keys * len(level) + ranks[codes]
    _, first, numbers = np.unique(keys, return_index=True, return_inverse=True)
    distinct = paths[first]
    columns = [distinct.get_level_values(position) for position in range(paths.nlevels)]
    return numbers, pd.MultiIndex.from_arrays(columns, names=paths.names)


def _canonical(psi: pd.Series[float]) -> pd.Series[float]:
    """Sort by cluster, so that sums do not depend on the order in which clusters arrived."""
    if not isinstance(psi.index, pd.MultiIndex) or None in psi.index.names:
        raise ValueError("psi needs a MultiIndex of cluster paths with named levels")
    if not psi.index.is_unique:
        raise ValueError("psi has a cluster more than once; sum its entries first")
    psi = psi if psi.index.is_monotonic_increasing else psi.sort_index()
    return psi if psi.dtype == np.float64 else psi.astype(np.float64)


def _summed(psi: pd.Series[float], levels: Sequence[str]) -> pd.Series[float]:
    """Sum `psi` within the named levels of its index."""
    arrays = [psi.index.get_level_values(name) for name in levels]
    numbers, clusters = group_clusters(pd.MultiIndex.from_arrays(arrays, names=list(levels)))
    sums = np.bincount(numbers, weights=psi.to_numpy(), minlength=len(clusters))
    return pd.Series(sums, index=clusters)


def _combined(value: float, parts: Sequence[tuple[Estimate, float]]) -> Estimate:
    """Delta method: the influence on `value` is the sum of each part's psi times its slope."""
    if not all(math.isfinite(number) for number in (value, *(slope for _, slope in parts))):
        raise NotEstimable(f"the estimate {value} is not a finite number")
    levels = shared_clusters([part for part, _ in parts])
    coarse = [(part.coarsened(levels), slope) for part, slope in parts]
    with np.errstate(over="ignore"):
        moves = [part.psi.to_numpy() * slope for part, slope in coarse]
    paths = [part.psi.index for part, _ in coarse]
    if all(path is paths[0] or path.equals(paths[0]) for path in paths):
        psi = pd.Series(np.sum(moves, axis=0), index=paths[0])
    else:
        every = zip(moves, paths, strict=True)
        psi = _summed(pd.concat([pd.Series(move, index=path) for move, path in every]), levels)
    return Estimate(value, psi, min(part.degrees_of_freedom for part, _ in coarse))
