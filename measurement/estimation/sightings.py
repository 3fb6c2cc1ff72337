"""What a freeze told besides its answers, as far as later freezes have to be compared with it.

Who stands behind a cell's own answer is kept with the cell. But a total that moved told more: of
the parts that it left without a number, together; of the task logs that a sample leaves out; and,
through differences of groups of two dimensions, of people by profile. A later freeze could tell
of the same once more, and the difference of both days must not be that of few people.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from measurement.estimation.changes import PROFILES_SEEN, told_cell
from measurement.estimation.frozen_answer import Sighting, Where
from measurement.estimation.overlaps import EVERYBODY
from measurement.estimation.parts_of_totals import (
    SAMPLES,
    groups_by_dimension,
    groups_with_number,
    is_overlapping,
    total_of,
)
from measurement.estimation.results import Results
from measurement.estimation.standing import Cell, Sides

Sightings = dict[Where, tuple[Sighting, ...]]


def sightings_after(
    old: Mapping[Where, tuple[Sighting, ...]],
    new: Results,
    standing: Mapping[Cell, Sides],
    cells: set[Cell],
    moving: set[Cell],
    arms: tuple[str, ...],
) -> Sightings:
    """Return the sightings that a later freeze has to be compared with.

    `old`: those of before; `cells`: all that are published; `moving`: those with `new` answers;
    `standing`: who stands behind them. Where the total does not move, nothing new was told.
    """
    by_dimension = groups_by_dimension(cells)
    moved = {where: total_of(where) in moving for where in by_dimension}
    found = {
        where: seen for where, seen in old.items() if not moved.get(where, EVERYBODY in moving)
    }
    numbered = groups_with_number(new, arms)
    for where, groups in by_dimension.items():
        if moved[where]:
            blocks = {frozenset(groups - (figure & moving)) for figure in numbered[where]} or {
                frozenset(groups)
            }
            sides = {cell: standing.get(cell, ()) for cell in sorted(groups)}
            latest = [Sighting(block, sides) for block in sorted(blocks, key=sorted) if block]
            found[where] = (*_still_telling(old.get(where, ()), where, blocks), *latest)
    if EVERYBODY in moving:
        found |= _of_samples(standing, moving)
    return {where: sightings for where, sightings in found.items() if sightings}


def _still_telling(
    older: tuple[Sighting, ...], where: Where, blocks: AbstractSet[frozenset[Cell]]
) -> list[Sighting]:
    """Return the older sightings that tell something besides today's, of these `blocks` of parts.

    One of parts that today are told apart further tells nothing that today does not: what changed
    since it is what changed until today and since. Where people do not add up only the latest is
    kept.
    """
    if is_overlapping(where[1]):
        return []
    return [each for each in older if not all(block <= each.left for block in blocks)]


def _of_samples(standing: Mapping[Cell, Sides], moving: set[Cell]) -> Sightings:
    """Return the samples that stay while everybody's figures move: who stands behind them now."""
    return {
        sample[:2]: (Sighting(frozenset({sample}), {sample: standing[sample]}),)
        for sample in SAMPLES
        if sample in standing and sample not in moving
    }


def with_profiles(
    seen: tuple[Sighting, ...], profiles: Mapping[Cell, Sides], told: AbstractSet[Cell]
) -> Sightings:
    """Return, with today's, the freezes that later ones have to be compared with by profile.

    `left` of these stands for the cells that were told. One that told no cell that a later one did
    not tell tells nothing that the later one does not.
    """
    if not profiles:
        return {}
    today = Sighting(frozenset(map(told_cell, told)), profiles)
    later = [*seen[1:], today]
    older = [
        each
        for place, each in enumerate(seen)
        if not any(each.left <= another.left for another in later[place:])
    ]
    return {PROFILES_SEEN: (*older, today)}
