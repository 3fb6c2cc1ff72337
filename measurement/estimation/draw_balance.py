"""How alike a draw made its sides, as leads may see it: small groups withheld, numbers rounded.

It is about those for whom chance decided in this draw. A group is withheld, whole, where fewer
than the minimum of its people are on a side that has any; further ones, the smallest first, until
what the totals less the shown groups leave on each side is nobody or enough people.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from measurement.estimation.allocation import Allocation
from measurement.estimation.checks_of_assignment import (
    CHARACTERISTICS,
    IMBALANCED,
    standardised_difference,
)
from measurement.estimation.definition import Trial
from measurement.estimation.designs import ai_arms
from measurement.estimation.disclosure import PEOPLE_FOR_A_DECIMAL, rounded_count
from measurement.estimation.planned_model import named
from measurement.estimation.shares import exceeds

Booleans = NDArray[np.bool_]
Codes = NDArray[np.int64]
Floats = NDArray[np.float64]
Pair = tuple[tuple[int, ...], tuple[int, ...]]
"""The options on one side of a comparison, and those on the other."""

ALIKE: Final = "alike"
UNLIKE: Final = "unlike"
BEYOND_CHANCE: Final = "beyond_chance"
WITHHELD: Final = "withheld"

BASELINE: Final = "baseline_minutes"
USUAL: Final = 1.96
"""Standard errors that 95 of 100 differences made by chance stay within."""


@dataclass(frozen=True)
class Likeness:
    """How alike the sides are in one respect: ALIKE, UNLIKE, BEYOND_CHANCE or WITHHELD.

    `difference`: the largest absolute standardised mean difference to one decimal; None where
    withheld, and where the sides share no value at all, so that it is beyond measure.
    """

    verdict: str = WITHHELD
    difference: float | None = None


@dataclass(frozen=True)
class Group:
    """The people of a group by option, to the nearest 5; all None where it is withheld."""

    name: str
    people: tuple[int | None, ...]
    likeness: Likeness


@dataclass(frozen=True)
class DrawBalance:
    """The sides of a draw, in the order of its `options`.

    people: to the nearest 5, None for fewer than the minimum but somebody; everybody: all of
    them. units: exact numbers of teams (or departments), empty where people are the units.
    strata: their number. groups: of each department, grade and profession. minutes: the means of
    what people said of their most usual task beforehand, None for too few people.
    """

    options: tuple[str, ...]
    people: tuple[int | None, ...]
    everybody: int | None
    units: tuple[int, ...]
    strata: int
    groups: Mapping[str, tuple[Group, ...]]
    minutes: tuple[float | None, ...]
    minutes_likeness: Likeness


def draw_balance(trial: Trial, participants: pd.DataFrame, drawn: Allocation) -> DrawBalance:
    """Return how alike the draw made its sides. `participants`: the frame that it was made from.

    Differences are between each arm with AI and all without, between both orders, or between each
    date of access and all others: the standardised mean difference of the check of balance. Above
    0.1 sides are UNLIKE, and BEYOND_CHANCE where it is also more than 1.96 √(1/n₁ + 1/n₂), n
    being the units of a side: chance leaves more than that in about one of twenty respects.
    """
    lots = {one.participant: one.lot for one in drawn.people if one.lot is not None}
    people = participants[participants["participant"].isin(lots)]
    options = [lot.option for lot in drawn.lots]
    side = np.array([options[lots[name]] for name in people["participant"]], dtype=np.int64)
    units = np.bincount(np.array(options, dtype=np.int64), minlength=len(drawn.options))
    sides = _Sides(side, units, _pairs(trial, drawn), trial.disclosure.minimum_people)
    minutes = people[BASELINE].to_numpy(dtype=np.float64)
    means = sides.means(minutes)
    return DrawBalance(
        options=tuple(option.value for option in drawn.options),
        people=tuple(map(sides.shown, sides.people.tolist())),
        everybody=sides.shown(len(people)),
        units=() if trial.design.unit == "participant" else tuple(units.tolist()),
        strata=len({lot.stratum for lot in drawn.lots}),
        groups={name: sides.groups(named(people[name])) for name in _known(trial, people)},
        minutes=means,
        minutes_likeness=Likeness() if None in means else sides.likeness(BASELINE, minutes),
    )


def _known(trial: Trial, people: pd.DataFrame) -> Iterator[str]:
    """Yield what is known of people and was not itself drawn."""
    for column in CHARACTERISTICS:
        if column != trial.design.unit and people[column].notna().any():
            yield column


def _pairs(trial: Trial, drawn: Allocation) -> tuple[Pair, ...]:
    """Return which options are compared with which."""
    every = range(len(drawn.options))
    if drawn.column == "sequence":
        return (((1,), (0,)),)
    if drawn.column == "ai_from":
        return tuple(((step,), tuple(o for o in every if o != step)) for step in every)
    with_ai = {arm for arm in every if drawn.options[arm].value in ai_arms(trial)}
    without = tuple(arm for arm in every if arm not in with_ai)
    return tuple(((arm,), without) for arm in sorted(with_ai))


@dataclass(frozen=True)
class _Sides:
    """The option of each person (`side`), how many units drew each, and what is compared."""

    side: Codes
    units: Codes
    pairs: tuple[Pair, ...]
    minimum: int

    @property
    def people(self) -> Codes:
        """How many people drew each option."""
        return self._counted(np.ones(len(self.side), dtype=np.bool_))

    def shown(self, count: int) -> int | None:
        return None if 0 < count < self.minimum else rounded_count(count)

    def groups(self, names: "pd.Series[str]") -> tuple[Group, ...]:
        """Return the groups, as far as they may be shown, by name."""
        members = {name: (names == name).to_numpy() for name in sorted(names.unique())}
        counts = {name: self._counted(chosen) for name, chosen in members.items()}
        hidden = self._hidden(counts)
        return tuple(
            Group(name, (None,) * len(self.units), Likeness())
            if name in hidden
            else Group(
                name,
                tuple(map(rounded_count, counts[name].tolist())),
                self.likeness("a share", chosen.astype(np.float64)),
            )
            for name, chosen in members.items()
        )

    def means(self, values: Floats) -> tuple[float | None, ...]:
        """Return the mean of each option in whole minutes (one decimal from 400 people)."""
        return tuple(
            self._mean(values[(self.side == option) & ~np.isnan(values)])
            for option in range(len(self.units))
        )

    def likeness(self, name: str, values: Floats) -> Likeness:
        """Compare the sides of each pair that has people on both; NaN is not known."""
        found = []
        for one, other in self.pairs:
            first, second = self._values(one, values), self._values(other, values)
            if len(first) and len(second):
                found.append(
                    (standardised_difference(name, first, second), self._usual(one, other))
                )
        if not found:
            return Likeness()
        worst = max(difference for difference, _ in found)
        verdict = UNLIKE if exceeds(worst, IMBALANCED) else ALIKE
        if any(exceeds(difference, max(usual, IMBALANCED)) for difference, usual in found):
            verdict = BEYOND_CHANCE
        return Likeness(verdict, round(worst, 1) if math.isfinite(worst) else None)

    def _usual(self, one: tuple[int, ...], other: tuple[int, ...]) -> float:
        """Return the difference that 95 of 100 draws of so many units stay within."""
        units = [self.units[list(options)].sum() for options in (one, other)]
        return USUAL * math.sqrt(1 / units[0] + 1 / units[1])

    def _values(self, options: tuple[int, ...], values: Floats) -> Floats:
        return values[np.isin(self.side, options) & ~np.isnan(values)]

    def _counted(self, chosen: Booleans) -> Codes:
        return np.bincount(self.side[chosen], minlength=len(self.units)).astype(np.int64)

    def _mean(self, values: Floats) -> float | None:
        if len(values) < self.minimum:
            return None
        return round(float(values.mean()), 1 if len(values) >= PEOPLE_FOR_A_DECIMAL else 0)

    def _hidden(self, counts: Mapping[str, Codes]) -> set[str]:
        """Return the groups that are small somewhere, and those that would give them away."""
        hidden = {name for name, of_group in counts.items() if self._is_small(of_group)}
        # The totals of options that are withheld themselves give nothing away, but hiding more
        # beside them is the simpler rule.
        others = sorted(counts.keys() - hidden, key=lambda name: (counts[name].sum(), name))
        for name in others:
            rest = self.people - sum(counts[other] for other in counts.keys() - hidden)
            if not self._is_small(rest):
                break
            hidden.add(name)
        return hidden

    def _is_small(self, people: Codes) -> bool:
        return bool(((people > 0) & (people < self.minimum)).any())
