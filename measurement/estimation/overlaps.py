"""Whose task logs stand behind which published cells, all breakdowns at once.

What two cells of different dimensions have in common is nowhere in their rows: this is what tells
whether one less the other is about few people. It stays in memory and is published nowhere.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from measurement.estimation.designs import ai_arms
from measurement.estimation.evidence import Evidence
from measurement.estimation.scopes import TASK_DIMENSIONS, joined
from measurement.estimation.standing import TASKS, Cell, groups_behind

Codes = NDArray[np.int64]
EVERYBODY: Final = Cell(TASKS)
_NO_NODE: Final = -1


@dataclass(frozen=True, eq=False)
class Breakdown:
    """One way to part all task logs: each group of a dimension with AI, and without.

    node: of each row, the part that it is in; told_by: of each part, the published cells with its
    number; none for what is in no group; rest: parts of one dimension with the same number are
    known as a sum where none is shown, as the total is known.
    """

    dimension: str
    node: Codes
    told_by: tuple[frozenset[Cell], ...]
    rest: Codes

    def labels(self, shown: frozenset[Cell]) -> Codes:
        """Return, part by part, its own number if a cell of it is shown, else that of its rest."""
        apart = [bool(cells & shown) for cells in self.told_by]
        return np.where(apart, np.arange(len(self.rest)), len(self.rest) + self.rest)


@dataclass(frozen=True, eq=False)
class Overlaps:
    """Distinct combinations of a person and the parts of all breakdowns that task logs are in.

    owner: the person of each row. `arms`: those with AI, as `standing.cell_of` asks for.
    """

    owner: Codes
    breakdowns: tuple[Breakdown, ...]
    of_people: frozenset[str]
    arms: tuple[str, ...]

    @cached_property
    def people(self) -> Mapping[Cell, int]:
        """How many people have task logs in each cell, with or without AI."""
        owners = defaultdict(list)
        for breakdown in self.breakdowns:
            for cell in frozenset().union(*breakdown.told_by):
                parts = np.array([cell in cells for cells in breakdown.told_by])
                owners[cell].append(self.owner[parts[breakdown.node]])
        return {cell: len(np.unique(np.concatenate(found))) for cell, found in owners.items()}


def overlaps_of(evidence: Evidence) -> Overlaps:
    """Return who stands behind which cells of figures of task logs; novel tasks are in none."""
    trial, cells = evidence.trial, evidence.cells
    logs = joined(evidence, cells[~cells["novel"]].reset_index(drop=True))
    with_ai = (logs["d"] == 1).to_numpy(dtype=bool)
    parting = _Parting(with_ai)
    for (dimension, group), sides in groups_behind(trial, logs):
        for side in sides:
            parting.add(Cell(TASKS, dimension, group), side.to_numpy(dtype=bool))
    found = parting.breakdowns()
    owner = pd.factorize(logs["participant"])[0].astype(np.int64)
    kept = _first_of_each([owner, *(breakdown.node for breakdown in found)])
    return Overlaps(
        owner[kept],
        tuple(
            Breakdown(each.dimension, each.node[kept], each.told_by, each.rest) for each in found
        ),
        frozenset(trial.plan.subgroups) - {*TASK_DIMENSIONS},
        ai_arms(trial),
    )


class _Parting:
    """Puts the sets of task logs of each dimension into as few breakdowns as hold them apart."""

    def __init__(self, with_ai: NDArray[np.bool_]) -> None:
        self._with_ai = with_ai
        self._nodes: dict[tuple[str, int], Codes] = {}
        self._told_by: dict[tuple[str, int], list[set[Cell]]] = {}

    def add(self, cell: Cell, inside: NDArray[np.bool_]) -> None:
        """Add the task logs of one side of a cell."""
        number = 0
        while inside.any() and not self._fits(cell, inside, (cell.dimension, number)):
            number += 1

    def _fits(self, cell: Cell, inside: NDArray[np.bool_], key: tuple[str, int]) -> bool:
        empty = np.full(len(inside), _NO_NODE, dtype=np.int64)
        node, told_by = self._nodes.setdefault(key, empty), self._told_by.setdefault(key, [])
        there = node[inside]
        first = int(there[0])
        if (there != first).any():
            return False
        if first == _NO_NODE:
            node[inside] = len(told_by)
            told_by.append({cell})
        elif np.count_nonzero(node == first) == len(there):
            told_by[first].add(cell)
        else:
            return False
        return True

    def breakdowns(self) -> list[Breakdown]:
        """Return the breakdowns; what is in no part of one is its rest."""
        return [self._breakdown(key) for key in self._nodes]

    def _breakdown(self, key: tuple[str, int]) -> Breakdown:
        node, told_by = self._nodes[key], [frozenset(cells) for cells in self._told_by[key]]
        side = np.where(self._with_ai, 0, 1)
        shared = {int(part) for part in np.unique(node[side == 0])}
        shared &= {int(part) for part in np.unique(node[side == 1])}
        if shared - {_NO_NODE}:
            side = np.zeros(len(node), dtype=np.int64)
        node = np.where(node == _NO_NODE, len(told_by) + side, node)
        told_by += [frozenset()] * 2
        rest = np.zeros(len(told_by), dtype=np.int64)
        rest[node] = side
        return Breakdown(key[0], node, tuple(told_by), rest)


def _first_of_each(columns: Iterable[Codes]) -> Codes:
    """Return the places of the first rows of each combination of values."""
    frame = pd.DataFrame(dict(enumerate(columns)))
    return np.flatnonzero(~frame.duplicated().to_numpy())
