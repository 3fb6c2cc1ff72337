"""Which published cells may move at a freeze; `freezing.py` tells the rule, step by step."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from measurement.estimation.changed_people import Change, change_of
from measurement.estimation.changes import PROFILES_SEEN, held_back
from measurement.estimation.frozen_answer import Frozen
from measurement.estimation.left_over import LeftOver, leaves_few
from measurement.estimation.overlaps import EVERYBODY, Overlaps
from measurement.estimation.parts_of_totals import (
    SAMPLES,
    cells_told,
    groups_by_dimension,
    groups_with_number,
    total_of,
)
from measurement.estimation.results import ALL, Results
from measurement.estimation.standing import GAP, REPORTS, Cell, Sides
from measurement.estimation.subtraction import cells_to_withhold, tells_of_few

_ANSWERS: Final = Cell(REPORTS)
_GAP: Final = Cell(GAP)


@dataclass(frozen=True, eq=False)
class Freeze:
    """A freeze that follows `old`: what could be published today, and who stands behind it.

    `profiles`: who has which profile today; `overlaps`: who stands behind the groups of all
    breakdowns today, None if that is not known; `arms`: those with AI.
    """

    old: Frozen
    new: Results
    standing: Mapping[Cell, Sides]
    profiles: Mapping[Cell, Sides]
    overlaps: Overlaps | None
    arms: tuple[str, ...]
    minimum_people: int

    def cells_to_move(self) -> set[Cell]:
        """Return the cells whose answers are frozen anew."""
        minimum = self.minimum_people
        ready = {cell for cell, change in self._changes.items() if change.is_enough(minimum)}
        moving = self._dimension_by_dimension(ready)
        while EVERYBODY in moving and (back := self._told_too_much_across_dimensions(moving)):
            ready -= back
            moving = self._dimension_by_dimension(ready)
        return moving

    @cached_property
    def _changes(self) -> Mapping[Cell, Change]:
        """What changed in each cell since its own answer was frozen."""
        return {
            cell: change_of(cell, self.old.cells.get(cell, ()), self.standing.get(cell, ()))
            for cell in {*self.old.cells, *self.standing}
        }

    def _dimension_by_dimension(self, ready: set[Cell]) -> set[Cell]:
        """Return which of the cells that are `ready` may move, each dimension looked at alone."""
        moving = {cell for cell in ready if cell.dimension == ALL}
        numbered = groups_with_number(self.new, self.arms)
        for where, groups in groups_by_dimension(self._changes).items():
            total = total_of(where)
            if total is None:
                moving |= ready & groups
            elif total in ready:
                left = LeftOver(self.old, self.standing, self._changes, groups, self.minimum_people)
                moving |= left.groups_to_move(ready & groups, numbered[where])
        if EVERYBODY in ready:
            moving -= {sample for sample in SAMPLES if self._leaves_few(sample)}
        if {EVERYBODY, _ANSWERS} <= moving:
            moving.add(_GAP)
        return moving

    def _leaves_few(self, sample: Cell) -> bool:
        return leaves_few(self.old, self.standing, self._changes, sample, self.minimum_people)

    def _told_too_much_across_dimensions(self, moving: AbstractSet[Cell]) -> frozenset[Cell]:
        """Return which of the cells that would move must wait for groups of other dimensions."""
        told = cells_told(self.new.estimates, moving, self.arms)
        seen = [(each.left, each.sides) for each in self.old.sightings.get(PROFILES_SEEN, ())]
        back = held_back(
            seen, self.profiles, told - {EVERYBODY}, minimum_people=self.minimum_people
        )
        return back or self._told_too_much_beside_known(told)

    def _told_too_much_beside_known(self, told: AbstractSet[Cell]) -> frozenset[Cell]:
        """Return which of the cells `told` would tell too much beside old answers of today.

        An old answer is of today where nobody changed. Where nothing else helps the figures over
        everybody stay behind, and so do all.
        """
        known = self._known - told
        if self.overlaps is None or not known or EVERYBODY not in told:
            return frozenset()
        shown, minimum = told | known, self.minimum_people
        back = cells_to_withhold(self.overlaps, shown, minimum_people=minimum, known=known)
        if not back and tells_of_few(self.overlaps, shown, minimum_people=minimum):
            return frozenset({EVERYBODY})
        return back

    @cached_property
    def _known(self) -> frozenset[Cell]:
        """The cells that old answers tell of as they are today."""
        unchanged = {cell for cell, change in self._changes.items() if not any(change.people())}
        return cells_told(self.old.results.estimates, unchanged, self.arms)
