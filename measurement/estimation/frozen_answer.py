"""A published answer as one freeze leaves it, with what the next freeze compares it with."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from measurement.estimation.results import Results
from measurement.estimation.standing import Cell, Sides

Where = tuple[str, str]
"""The subject and the dimension of cells."""


@dataclass(frozen=True, eq=False)
class Sighting:
    """A freeze of figures over everybody that left some parts of one dimension without a number.

    What is left of the total told of the parts in `left` together, as they were then. `sides`: who
    stood behind every part of the dimension.
    """

    left: frozenset[Cell]
    sides: Mapping[Cell, Sides]


@dataclass(frozen=True, eq=False)
class Frozen:
    """What is published until the next freeze. Rows of another day than the results say so.

    `cells`: who stood behind each cell when its answer was frozen. `sightings`: what was told
    besides, as far as a later freeze can be compared with it. `moved`: whether the figures over
    everybody, and what goes with them, are new.
    """

    results: Results
    cells: Mapping[Cell, Sides]
    sightings: Mapping[Where, tuple[Sighting, ...]] = field(default_factory=dict)
    moved: bool = True
