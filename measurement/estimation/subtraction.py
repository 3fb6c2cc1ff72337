"""What published cells of several breakdowns tell of few people when added and subtracted.

Where a department lies in one grade, and four people of the grade are in other departments, the
grade less the department tells of these four. So may any sum of groups of one breakdown less any
sum of groups of another. What is left of a total once the shown groups are taken off is known as
well, so that one group that is withheld alone is still known: it takes two.
"""

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from functools import reduce
from itertools import combinations
from typing import Final, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from measurement.estimation.elimination import eliminated, sets_of_sums
from measurement.estimation.overlaps import EVERYBODY, Breakdown, Codes, Overlaps
from measurement.estimation.results import ALL
from measurement.estimation.small_cuts import Links, smallest_cut
from measurement.estimation.standing import ARM, Cell

Floats = NDArray[np.float64]

EXACT: Final = 1e-7
"""What is left, relatively, of a set of task logs that a sum of cells is about, and no others."""


class _Way(NamedTuple):
    """Cells that must not be shown together, and how many people are behind them."""

    people: int
    cells: tuple[Cell, ...]


class _Told(NamedTuple):
    """A sum of cells about few people: by breakdown, how often each of its parts is counted."""

    times: Sequence[tuple[int, Floats]]


def cells_to_withhold(
    overlaps: Overlaps,
    shown: Iterable[Cell],
    *,
    minimum_people: int,
    known: AbstractSet[Cell] = frozenset(),
) -> frozenset[Cell]:
    """Return which of the shown cells must not be shown beside the others.

    `known`: cells that are known in any case, as the total is, so that others have to go.

    Then no sum of groups of one breakdown, less a sum of groups of another or of the total, is
    about some people but fewer than `minimum_people` (`small_cuts.smallest_cut` says where that is
    sure). Nor is any sum of cells that `elimination` finds. Withheld are two groups of one
    breakdown that such a sum counts differently: those with the fewest people.
    """
    known = {EVERYBODY, *known}
    shown = frozenset({*shown, *known})
    if not len(overlaps.owner):
        return frozenset()
    left, clean = shown, set[tuple[object, ...]]()
    while way := _Shown(overlaps, left, known, minimum_people).way_out(clean):
        left -= {*way.cells}
    return shown - left


def tells_of_few(overlaps: Overlaps, known: AbstractSet[Cell], *, minimum_people: int) -> bool:
    """Say whether cells that are known, the total among them, tell of too few people."""
    known = {EVERYBODY, *known}
    shown = _Shown(overlaps, frozenset(known), known, minimum_people)
    return next(shown.told(set()), None) is not None


class _Parts(NamedTuple):
    """Combinations of labels, numbered from the one with the most people on.

    owner, part: each person with each part that they are in, once; first: the first row of the
    overlaps of each part; people: how many are in it.
    """

    owner: Codes
    part: Codes
    first: Codes
    people: Codes

    def people_in(self, parts: Codes, at_most: int) -> int:
        """Return how many people are in the parts together, or `at_most`, if in one there are."""
        if self.people[parts].max() >= at_most:
            return at_most
        return len(np.unique(self.owner[np.isin(self.part, parts)]))


class _Shown:
    """The task logs, labelled by what is shown of them."""

    def __init__(
        self,
        overlaps: Overlaps,
        shown: frozenset[Cell],
        known: AbstractSet[Cell],
        minimum: int,
    ) -> None:
        self._overlaps = overlaps
        self._shown = shown
        self._known = known
        self._minimum = minimum
        self._labels = [each.labels(shown) for each in overlaps.breakdowns]
        self._rows = [
            labels[each.node]
            for labels, each in zip(self._labels, overlaps.breakdowns, strict=True)
        ]

    def way_out(self, clean: set[tuple[object, ...]]) -> _Way | None:
        """Return what to withhold next; None where nothing is told, or nothing helps.

        `clean`: the pairs of breakdowns, as they are shown, that told nothing before.
        """
        return next(filter(None, map(self._cheapest, self.told(clean))), None)

    def told(self, clean: set[tuple[object, ...]]) -> Iterator[_Told]:
        """Yield sums of cells that are about few people."""
        for pair in combinations(range(len(self._rows)), 2):
            key = (*pair, *(self._labels[place].tobytes() for place in pair))
            if key not in clean:
                if told := self._told_by_two(*pair):
                    yield told
                clean.add(key)
        for kind in self._kinds():
            yield from self._told_by_several(kind)

    def _told_by_two(self, first: int, second: int) -> _Told | None:
        """Return a sum of groups of one breakdown less groups of the other about few people."""
        one, other = self._rows[first], self._rows[second]
        ones, others = _size(one), _size(other)
        triples = pd.unique((self._overlaps.owner * ones + one) * others + other)
        rest, other = np.divmod(triples, others)
        owner, one = np.divmod(rest, ones)
        side = smallest_cut(Links(owner, one, ones + other, ones + others), self._minimum)
        if side is None:
            return None
        times = side.astype(np.float64)
        return _Told([(first, times[:ones]), (second, -times[ones:])])

    def _told_by_several(self, places: Sequence[int]) -> Iterator[_Told]:
        """Yield sums of cells of these breakdowns that are about few people."""
        rows = [self._rows[place] for place in places]
        parts = self._parts(rows)
        starts = np.cumsum([0, *map(_size, rows)])
        cells = np.stack([each[parts.first] for each in rows], axis=1) + starts[:-1]
        table = csr_array(
            (np.ones(cells.size), cells.ravel(), np.arange(len(cells) + 1) * len(rows)),
            shape=(len(cells), int(starts[-1])),
        )
        times = eliminated(table)
        for number, about in enumerate(sets_of_sums(table, times)):
            if parts.people_in(about, self._minimum) < self._minimum:
                counted = np.split(times[:, number], starts[1:-1])
                yield _Told([*zip(places, counted, strict=True)])

    def _kinds(self) -> Iterator[list[int]]:
        """Yield breakdowns to look at together: those of people, with one other, all."""
        dimensions = [each.dimension for each in self._overlaps.breakdowns]
        of_people = {ALL, ARM, *self._overlaps.of_people}
        people = [at for at, dimension in enumerate(dimensions) if dimension in of_people]
        others = [at for at, dimension in enumerate(dimensions) if dimension not in of_people]
        yield people
        if others:
            yield from ([*people, other] for other in others)
            yield [*people, *others]

    def _parts(self, rows: Sequence[Codes]) -> "_Parts":
        """Return the combinations of labels that occur, those with many people first."""
        part, owner = reduce(_both, rows), self._overlaps.owner
        owners, parts = _each_once(owner, part)
        people = np.bincount(parts)
        place = np.argsort(np.argsort(-people, kind="stable"))
        _, first = np.unique(place[part], return_index=True)
        return _Parts(owners, place[parts], first, -np.sort(-people))

    def _cheapest(self, told: _Told) -> _Way | None:
        """Return the two groups with the fewest people that are counted differently."""
        ways = [
            way
            for place, times in told.times
            for way in self._ways(self._overlaps.breakdowns[place], self._labels[place], times)
        ]
        return min(ways, default=None)

    def _ways(self, breakdown: Breakdown, labels: Codes, times: Floats) -> Iterator[_Way]:
        present = np.unique(labels[np.unique(breakdown.node)])
        same = EXACT * np.abs(times).max()
        for one, other in combinations(present.tolist(), 2):
            if abs(times[one] - times[other]) > same and _rest(breakdown, one) == _rest(
                breakdown, other
            ):
                cells = sorted(self._told_by(breakdown, one) | self._told_by(breakdown, other))
                if cells and not self._known & {*cells}:
                    yield _Way(sum(self._overlaps.people[cell] for cell in cells), tuple(cells))

    def _told_by(self, breakdown: Breakdown, label: int) -> frozenset[Cell]:
        if label >= len(breakdown.rest):
            return frozenset()
        return breakdown.told_by[label] & self._shown


def _rest(breakdown: Breakdown, label: int) -> int:
    parts = len(breakdown.rest)
    return label - parts if label >= parts else int(breakdown.rest[label])


def _both(one: Codes, other: Codes) -> Codes:
    """Return a number for each combination of two numbers that occurs."""
    return pd.factorize(one * _size(other) + other)[0].astype(np.int64)


def _each_once(owner: Codes, part: Codes) -> tuple[Codes, Codes]:
    """Return each person with each part that they are in, once."""
    size = _size(part)
    return np.divmod(pd.unique(owner * size + part), size)


def _size(codes: Codes) -> int:
    return int(codes.max(initial=-1)) + 1
