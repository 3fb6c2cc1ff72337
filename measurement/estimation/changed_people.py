"""How many people's data in a published cell changed between two days, side by side.

Who stood behind the cell on either day is known as hashes of their data (`standing.py`): a hash
that is new came, one that is gone went. Whoever changed did both; whoever joined or left did one.
"""

from collections.abc import Collection
from typing import Final, NamedTuple

import numpy as np

from measurement.estimation.standing import Cell, Hashes, Sides, sides_of

_NOBODY: Final[Hashes] = np.empty(0, dtype=np.uint64)


class Change(NamedTuple):
    """How many people's data came and went, side by side."""

    came: tuple[int, ...]
    went: tuple[int, ...]

    def people(self) -> tuple[int, ...]:
        """Return how many people changed at least: who changed both came and went."""
        return tuple(max(both) for both in zip(self.came, self.went, strict=True))

    def is_enough(self, minimum_people: int) -> bool:
        """Say whether on each side nobody changed or enough people, and somewhere these."""
        people = self.people()
        return any(people) and not any(0 < count < minimum_people for count in people)


def change_of(cell: Cell, before: Sides, now: Sides) -> Change:
    """Compare who stood behind a cell with who does; a side that is missing has nobody."""
    pairs = [(_side(before, number), _side(now, number)) for number in range(sides_of(cell))]
    return Change(
        came=tuple(len(np.setdiff1d(after, first, assume_unique=True)) for first, after in pairs),
        went=tuple(len(np.setdiff1d(first, after, assume_unique=True)) for first, after in pairs),
    )


def people_of_all(changes: Collection[Change], *, overlap: bool) -> tuple[int, ...]:
    """Return how many people changed in several cells together, at least, side by side.

    `overlap`: one person may stand in several of the cells, so that people do not add up. The
    largest number of one cell stands for the sum then.
    """
    if overlap:
        return tuple(map(max, zip(*(change.people() for change in changes), strict=True)))
    came, went = (
        tuple(map(sum, zip(*(change[part] for change in changes), strict=True))) for part in (0, 1)
    )
    return Change(came, went).people()


def _side(sides: Sides, number: int) -> Hashes:
    return sides[number] if number < len(sides) else _NOBODY
