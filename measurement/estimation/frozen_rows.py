"""The rows of an answer that follows another: new ones of the cells that move, old ones of others.

An old row is kept byte for byte, with the day that it is of. Its numbers are withheld once fewer
people stand behind it than are asked for.
"""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from measurement.estimation.disclosure import without_numbers
from measurement.estimation.frozen_answer import Frozen
from measurement.estimation.overlaps import EVERYBODY
from measurement.estimation.published_sensitivity import without_figures
from measurement.estimation.results import ALL, EstimateRow, Results
from measurement.estimation.sensitivity import REPORTED
from measurement.estimation.standing import REPORTS, Cell, cell_of

Name = TypeVar("Name", bound=Hashable)
Row = TypeVar("Row")


@dataclass(frozen=True)
class FollowingRows:
    """The rows that follow those of `old`, from `new` ones where the cell is `moving`.

    `arms`: those with AI.
    """

    old: Frozen
    new: Results
    moving: frozenset[Cell]
    arms: tuple[str, ...]
    minimum_people: int

    def header(self) -> Results:
        """Return the results whose checks, counts and plan go with the figures over everybody."""
        return self.new if EVERYBODY in self.moving else self.old.results

    def estimates(self) -> tuple[EstimateRow, ...]:
        """Return the estimates, in an order that tells nothing."""
        kept = {_name(row): self._kept(row) for row in self.old.results.estimates}
        kept = {name: row for name, row in kept.items() if not self._moves(row)}
        beside = {(row.estimand, row.dimension) for row in kept.values() if row.value is not None}
        shown = {
            _name(row): self._shown(row, beside) for row in self.new.estimates if self._moves(row)
        }
        return _in_old_order(map(_name, self.old.results.estimates), kept | shown)

    def sensitivity(self) -> tuple[Mapping[str, Any], ...]:
        """Return the rows of the sensitivity table, each of the day of its estimate."""
        kept = {
            _line(row): self._kept_line(row)
            for row in self.old.results.sensitivity
            if _cell_of_line(row) not in self.moving
        }
        shown = {
            _line(row): self._line_of(row, self.new.as_of)
            for row in self.new.sensitivity
            if _cell_of_line(row) in self.moving
        }
        return _in_old_order(map(_line, self.old.results.sensitivity), kept | shown)

    def _moves(self, row: EstimateRow) -> bool:
        return cell_of(row, self.arms) in self.moving

    def _unless_header(self, day: str) -> str | None:
        """Return the day unless the whole answer is of that day."""
        return None if day == self.header().as_of else day

    def _shown(self, row: EstimateRow, beside: set[tuple[str, str]]) -> EstimateRow:
        """Return a new row; `beside`: the figures of which another group keeps an old number."""
        if (row.estimand, row.dimension) in beside and row.dimension != ALL:
            row = replace(row, shrunken_value=None)
        return self._of(row, self.new.as_of)

    def _kept(self, row: EstimateRow) -> EstimateRow:
        day = row.as_of or self.old.results.as_of
        if self._is_too_small(cell_of(row, self.arms)) and not row.suppressed:
            row = without_numbers(row)
        return self._of(row, day)

    def _of(self, row: EstimateRow, day: str) -> EstimateRow:
        return replace(row, as_of=None if row.value is None else self._unless_header(day))

    def _kept_line(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        day = row["as_of"] or self.old.results.as_of
        if self._is_too_small(_cell_of_line(row)) and not row["suppressed"]:
            row = without_figures(row)
        return self._line_of(row, day)

    def _line_of(self, row: Mapping[str, Any], day: str) -> Mapping[str, Any]:
        as_of = None if row["minutes_per_day"] is None else self._unless_header(day)
        return {**row, "as_of": as_of}

    def _is_too_small(self, cell: Cell) -> bool:
        return any(0 < len(side) < self.minimum_people for side in self.old.cells.get(cell, ()))


def _name(row: EstimateRow) -> tuple[str | None, ...]:
    return row.estimand, row.dimension, row.group, row.sample, row.arm


def _line(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return row["convention"], row["estimand"], row["top_band_minutes"]


def _cell_of_line(row: Mapping[str, Any]) -> Cell:
    return Cell(REPORTS) if row["estimand"] == REPORTED else EVERYBODY


def _in_old_order(before: Iterable[Name], rows: Mapping[Name, Row]) -> tuple[Row, ...]:
    """Return rows as they stood before, then those that are new."""
    names = dict.fromkeys([*(name for name in before if name in rows), *rows])
    return tuple(rows[name] for name in names)
