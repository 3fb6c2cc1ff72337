"""Whose data changed, in all breakdowns of people at once: what differences of two days tell.

Where the figures of a department and of its grade are both new, the grade's change less the
department's is that of the others of the grade: it must be of nobody or of enough people too. It
is the same question as that of one day, asked of those alone whose data changed.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

import numpy as np

from measurement.estimation.overlaps import EVERYBODY, Breakdown, Overlaps
from measurement.estimation.results import ALL
from measurement.estimation.standing import (
    ARM,
    PEOPLE,
    PROFILES,
    TASKS,
    TOGETHER,
    Cell,
    Hashes,
    Sides,
    name_of,
)
from measurement.estimation.subtraction import cells_to_withhold

PROFILES_SEEN: Final = (PROFILES, PEOPLE)
_NOBODY: Final[Hashes] = np.empty(0, dtype=np.uint64)


def profiles_apart(
    standing: Mapping[Cell, Sides],
) -> tuple[dict[Cell, Sides], dict[Cell, Sides]]:
    """Return who has which profile, and who stands behind cells that are published."""
    profiles = {cell: sides for cell, sides in standing.items() if cell.subject == PROFILES}
    return profiles, {cell: sides for cell, sides in standing.items() if cell not in profiles}


def told_cell(cell: Cell) -> Cell:
    """Return what stands, among profiles, for a cell whose answer was new on the same day."""
    return Cell(PROFILES, PEOPLE, name_of(cell.dimension, cell.group))


def held_back(
    seen: Iterable[tuple[AbstractSet[Cell], Mapping[Cell, Sides]]],
    profiles: Mapping[Cell, Sides],
    told: AbstractSet[Cell],
    *,
    minimum_people: int,
) -> frozenset[Cell]:
    """Return which of the cells `told` today would tell too much beside what was `seen` before.

    `seen`: for each day before, what stands for the cells told then (`told_cell`), and who had
    which profile. `profiles`: who has which today.
    """
    back: frozenset[Cell] = frozenset()
    for then, before in seen:
        both = {cell for cell in told if told_cell(cell) in then}
        back |= cells_told_too_much(before, profiles, both, minimum_people=minimum_people)
    return back


def cells_told_too_much(
    before: Mapping[Cell, Sides],
    now: Mapping[Cell, Sides],
    told: Iterable[Cell],
    *,
    minimum_people: int,
) -> frozenset[Cell]:
    """Return which cells must not be `told` today, as they were on a day before.

    Else sums of their changes would tell of the changes of some people, but fewer than
    `minimum_people`. `before`, `now`: who had which profile. Whoever changed both left and came;
    of each, apart, there must be nobody or enough.
    """
    cells = sorted(cell for cell in told if cell.subject == TASKS and cell != EVERYBODY)
    withheld: frozenset[Cell] = frozenset()
    for one, other in ((before, now), (now, before)):
        came = {
            profile: [_number_of_new(one, other, profile, side) for side in range(2)]
            for profile in sorted({*one, *other})
        }
        withheld |= cells_to_withhold(_overlaps(came, cells), cells, minimum_people=minimum_people)
    return withheld


def _number_of_new(
    before: Mapping[Cell, Sides], now: Mapping[Cell, Sides], profile: Cell, side: int
) -> int:
    then, after = (sides.get(profile, ()) for sides in (before, now))
    old, new = (each[side] if each else _NOBODY for each in (then, after))
    return len(np.setdiff1d(new, old, assume_unique=True))


def _overlaps(people: Mapping[Cell, Sequence[int]], cells: Sequence[Cell]) -> Overlaps:
    """Return so many people of each profile, side by side, in the breakdowns of the cells."""
    counts = np.array([*people.values()], dtype=np.int64).reshape(-1, 2)
    profile, side = (np.repeat(codes.ravel(), counts.ravel()) for codes in np.indices(counts.shape))
    nodes = np.arange(2)
    everybody = Breakdown(ALL, side, (frozenset({EVERYBODY}),) * 2, nodes)
    breakdowns = [everybody]
    for dimension in sorted({cell.dimension for cell in cells}):
        groups = [cell for cell in cells if cell.dimension == dimension]
        group = np.array([_place_of_group(each, groups) for each in people], dtype=np.int64)
        told_by = [frozenset({cell}) for cell in groups for _ in nodes] + [frozenset()] * 2
        if dimension == ARM:
            # Without AI an arm's figures are of the people of no arm with AI, as the total's are.
            told_by[1::2] = [frozenset()] * len(told_by[1::2])
        node = 2 * group[profile] + side
        breakdowns.append(
            Breakdown(dimension, node, tuple(told_by), np.tile(nodes, len(groups) + 1))
        )
    dimensions = frozenset(each.dimension for each in breakdowns[1:])
    return Overlaps(np.arange(len(side)), tuple(breakdowns), dimensions, arms=())


def _place_of_group(profile: Cell, groups: Sequence[Cell]) -> int:
    """Return which of the groups the profile is in; their number, if it is in none."""
    names = profile.group.split(TOGETHER)
    found = (
        place for place, cell in enumerate(groups) if name_of(cell.dimension, cell.group) in names
    )
    return next(found, len(groups))
