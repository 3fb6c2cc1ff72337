"""Which published cells are parts of which total, and which of them have a number.

A total less its parts with a number tells of the parts without one together.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Final

from measurement.estimation.frozen_answer import Where
from measurement.estimation.overlaps import EVERYBODY
from measurement.estimation.results import ALL, EstimateRow, Results
from measurement.estimation.standing import (
    ARM,
    LOGGING,
    RESPONSES,
    TASKS,
    TIMED,
    UNFLAGGED,
    Cell,
    cell_of,
)
from measurement.estimation.suppression import OVERLAPPING

SAMPLES: Final = (Cell(TIMED), Cell(UNFLAGGED))
"""Cells of some task logs of everybody: the others are what is left of the total."""
_OF_THEIR_OWN: Final = (LOGGING, RESPONSES)
"""Subjects whose groups add up to figures over everybody of their own, if they add up."""
_OVERLAPPING: Final = OVERLAPPING | {ARM}


def is_overlapping(dimension: str) -> bool:
    """Say whether one person may stand in several of the groups, so that people do not add up."""
    return dimension in _OVERLAPPING


def total_of(where: Where) -> Cell | None:
    """Return the figures over everybody that groups move with; None where they are no parts."""
    subject, dimension = where
    if subject not in _OF_THEIR_OWN:
        return EVERYBODY
    return None if is_overlapping(dimension) else Cell(subject)


def groups_by_dimension(cells: Iterable[Cell]) -> dict[Where, set[Cell]]:
    """Return the groups among the cells by subject and dimension."""
    found: dict[Where, set[Cell]] = {}
    for cell in sorted(cells):
        if cell.dimension != ALL:
            found.setdefault(cell[:2], set()).add(cell)
    return found


def groups_with_number(results: Results, arms: tuple[str, ...]) -> Mapping[Where, list[set[Cell]]]:
    """Return the groups with a number, figure by figure, by subject and dimension."""
    figures: dict[Where, dict[tuple[str, str], set[Cell]]] = defaultdict(dict)
    for row in results.estimates:
        cell = cell_of(row, arms)
        of_figure = figures[cell[:2]].setdefault((row.estimand, row.sample), set())
        if row.value is not None:
            of_figure.add(cell)
    found = {where: [*by_figure.values()] for where, by_figure in figures.items()}
    return defaultdict(list, found)


def cells_told(
    rows: Iterable[EstimateRow], cells: AbstractSet[Cell], arms: tuple[str, ...]
) -> frozenset[Cell]:
    """Return which of the cells, of task logs, the rows show a number of people of."""
    shown = {cell_of(row, arms) for row in rows if row.participants is not None}
    return frozenset(cell for cell in shown & cells if cell.subject == TASKS)
