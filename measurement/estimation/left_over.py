"""What is left of a total once its parts are taken off: it must not tell of few people's changes.

Groups that keep their old answers are left together with those whose answers are withheld. What
changed in them together must be the data of nobody or of enough people: since each one's own last
answer, and since every earlier freeze that told of the same groups together. A sample of task logs
leaves the other task logs of everybody, of which the same is asked.
"""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet

from measurement.estimation.changed_people import Change, change_of, people_of_all
from measurement.estimation.frozen_answer import Frozen
from measurement.estimation.overlaps import EVERYBODY
from measurement.estimation.parts_of_totals import is_overlapping
from measurement.estimation.standing import Cell, Sides


class LeftOver:
    """What is left of a total less the groups of one dimension that are frozen anew and shown.

    `groups`: all of the dimension, with `changes` since the answer of each; `standing`: who stands
    behind them today.
    """

    def __init__(
        self,
        old: Frozen,
        standing: Mapping[Cell, Sides],
        changes: Mapping[Cell, Change],
        groups: set[Cell],
        minimum_people: int,
    ) -> None:
        where = next(iter(groups))[:2]
        self._changes = changes
        self._groups = groups
        self._minimum = minimum_people
        self._overlap = is_overlapping(where[1])
        self._seen = [
            (
                sighting.left,
                {
                    cell: change_of(cell, sighting.sides.get(cell, ()), standing.get(cell, ()))
                    for cell in groups
                },
            )
            for sighting in old.sightings.get(where, ())
        ]

    def groups_to_move(self, ready: set[Cell], numbered: Iterable[set[Cell]]) -> set[Cell]:
        """Return which of the `ready` groups may be frozen anew.

        `numbered`: the groups that have a new number, figure by figure. While what is left would
        tell of few people, the group with the fewest changes waits with it.
        """
        shown = set(ready)
        while shown and not all(self._tells_nothing(shown & figure) for figure in numbered):
            shown.remove(min(shown, key=self._fewest_first))
        return shown

    def _tells_nothing(self, shown: set[Cell]) -> bool:
        left = self._groups - shown
        told = [self._people(self._changes, left)]
        for left_before, since in self._seen:
            # Sums of both days are known of both together, or of each where they are apart.
            joint = [left | left_before] if left & left_before else [left, left_before]
            told += [self._people(since, cells & self._groups) for cells in joint]
        return not any(0 < people < self._minimum for sides in told for people in sides)

    def _people(self, changes: Mapping[Cell, Change], cells: AbstractSet[Cell]) -> tuple[int, ...]:
        return people_of_all([changes[cell] for cell in cells], overlap=self._overlap)

    def _fewest_first(self, cell: Cell) -> tuple[int, Cell]:
        return sum(self._changes[cell].people()), cell


def leaves_few(
    old: Frozen,
    standing: Mapping[Cell, Sides],
    changes: Mapping[Cell, Change],
    sample: Cell,
    minimum_people: int,
) -> bool:
    """Say whether too few people's data changed in the task logs that the sample leaves out."""
    whole = changes[EVERYBODY].people()
    seen = old.sightings.get(sample[:2], ())
    before = seen[0].sides if seen else old.cells
    inside = change_of(sample, before.get(sample, ()), standing.get(sample, ())).people()
    return any(0 < of_all - own < minimum_people for of_all, own in zip(whole, inside, strict=True))
