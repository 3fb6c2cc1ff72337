"""When a published answer moves: only once the data of enough people behind it changed.

The rule of METHODS.md section 9 over time. A figure that is frozen anew, less the same figure of
before, must not tell of fewer people than a figure itself may. Nor must what is left of a total
once its parts are taken off: groups that keep their old answers are left together with those
whose answers are withheld, and what changed in them together must be the data of enough people
too, or of nobody; and so must what changed in the task logs that a sample leaves out.

What has no cell of its own (counts of task logs, checks, the plan that figures follow) is of
the same moment as the figures over everybody.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple, TypeVar

import numpy as np

from measurement.estimation.disclosure import OVERLAPPING, without_numbers
from measurement.estimation.published_sensitivity import without_figures
from measurement.estimation.results import ALL, EstimateRow, Results
from measurement.estimation.sensitivity import REPORTED
from measurement.estimation.standing import (
    ARM,
    GAP,
    REPORTS,
    TASKS,
    TIMED,
    UNFLAGGED,
    Cell,
    Hashes,
    Sides,
    cell_of,
    sides_of,
)

EVERYBODY: Final = Cell(TASKS)
_ANSWERS: Final = Cell(REPORTS)
_GAP: Final = Cell(GAP)
_SAMPLES: Final = (Cell(TIMED), Cell(UNFLAGGED))
_NOBODY: Final[Hashes] = np.empty(0, dtype=np.uint64)
# One person may stand in several of their groups, so that people do not add up.
_OVERLAPPING: Final = OVERLAPPING | {ARM}

Name = TypeVar("Name", bound=Hashable)
Row = TypeVar("Row")


@dataclass(frozen=True, eq=False)
class Standing:
    """Who stood behind a cell when its answer was frozen: `sides`.

    `seen`: who did when figures over everybody were last frozen without a number of the cell's
    own, so that these give it away together with others; None if it has a number of that day.
    """

    sides: Sides
    seen: Sides | None = None


@dataclass(frozen=True, eq=False)
class Frozen:
    """What is published until the next freeze. Rows of another day than the results say so.

    `moved`: whether the figures over everybody, and what goes with them, are new.
    """

    results: Results
    cells: Mapping[Cell, Standing]
    moved: bool = True


class _Change(NamedTuple):
    """How many people's data came and went, side by side."""

    came: tuple[int, ...]
    went: tuple[int, ...]

    def people(self) -> tuple[int, ...]:
        """Return how many people changed at least: who changed both came and went."""
        return tuple(max(both) for both in zip(self.came, self.went, strict=True))


def frozen_first(new: Results, standing: Mapping[Cell, Sides], *, arms: tuple[str, ...]) -> Frozen:
    """Return published results as the first answer; `arms`: those with AI."""
    return Frozen(new, _cells({}, new, standing, {*standing}, arms))


def frozen_anew(
    old: Frozen,
    new: Results,
    standing: Mapping[Cell, Sides],
    *,
    arms: tuple[str, ...],
    minimum_people: int,
) -> Frozen:
    """Return the answer that follows `old`, from published results and who stands behind them.

    An answer that is not frozen anew keeps its old rows, byte for byte, whether nobody's data
    changed or too few people's: nothing tells which. Where fewer than `minimum_people` stand
    behind it, as they may once more are asked for, its numbers are withheld. Groups' values that
    are drawn towards those of others are left out beside a group that keeps an old answer.
    """
    fresh = _fresh(old, new, standing, arms, minimum_people)
    parts = _Parts(old, new, frozenset(fresh), arms, minimum_people)
    header = new if EVERYBODY in fresh else old.results
    followed = replace(header, estimates=parts.estimates(), sensitivity=parts.sensitivity())
    cells = _cells(old.cells, new, standing, fresh, arms)
    return Frozen(followed, cells, moved=EVERYBODY in fresh)


def held(old: Frozen, standing: Mapping[Cell, Sides]) -> Frozen:
    """Return the old answer, to be compared from now on with who stands behind it today.

    For when who stood behind it before cannot be told any more.
    """
    cells = {cell: Standing(sides) for cell, sides in standing.items()}
    return Frozen(old.results, cells, moved=False)


# Which cells are frozen anew ------------------------------------------------------------------


def _fresh(
    old: Frozen,
    new: Results,
    standing: Mapping[Cell, Sides],
    arms: tuple[str, ...],
    minimum: int,
) -> set[Cell]:
    """Return the cells whose answers are frozen anew."""
    changes = {
        cell: _changed(cell, _sides_of(old, cell), standing.get(cell, ()))
        for cell in {*old.cells, *standing}
    }
    ready = {cell for cell, change in changes.items() if _is_enough(change, minimum)}
    fresh = {cell for cell in ready if cell.dimension == ALL}
    if EVERYBODY in ready:
        hidden = _hidden_groups(new, arms)
        dimensions = {cell[:2] for cell in changes if cell.dimension != ALL}
        for subject, dimension in sorted(dimensions):
            groups = {cell for cell in changes if cell[:2] == (subject, dimension)}
            rest = _Rest(old, standing, changes, groups, minimum)
            fresh |= rest.shown(ready & groups, hidden[subject, dimension])
        fresh -= {cell for cell in _SAMPLES if _leaves_few(old, standing, changes, cell, minimum)}
    if {EVERYBODY, _ANSWERS} <= fresh:
        fresh.add(_GAP)
    return fresh


def _leaves_few(
    old: Frozen,
    standing: Mapping[Cell, Sides],
    changes: Mapping[Cell, _Change],
    sample: Cell,
    minimum: int,
) -> bool:
    """Say whether too few people's data changed in the task logs that the sample leaves out."""
    whole = changes[EVERYBODY].people()
    inside = _changed(sample, _seen_of(old, sample), standing.get(sample, ())).people()
    return any(0 < of_all - own < minimum for of_all, own in zip(whole, inside, strict=True))


class _Rest:
    """What is left of a total less the groups of one dimension that are frozen anew and shown."""

    def __init__(
        self,
        old: Frozen,
        standing: Mapping[Cell, Sides],
        changes: Mapping[Cell, _Change],
        groups: set[Cell],
        minimum: int,
    ) -> None:
        self._changes = changes
        self._groups = groups
        self._minimum = minimum
        self._overlap = next(iter(groups)).dimension in _OVERLAPPING
        self._left_before = {
            cell for cell in groups & old.cells.keys() if old.cells[cell].seen is not None
        }
        self._since_seen = {
            cell: _changed(cell, _seen_of(old, cell), standing.get(cell, ())) for cell in groups
        }

    def shown(self, ready: set[Cell], hidden: Iterable[set[Cell]]) -> set[Cell]:
        """Return which of the `ready` groups may be frozen anew.

        `hidden`: the groups without a new number, figure by figure.
        """
        shown = set(ready)
        while shown and not all(self._tells_nothing(shown, of_figure) for of_figure in hidden):
            shown.remove(min(shown, key=self._fewest_first))
        return shown

    def _tells_nothing(self, shown: set[Cell], hidden: set[Cell]) -> bool:
        left = (self._groups - shown) | (hidden & self._groups)
        since_own = self._together(self._changes, left)
        since_seen = self._together(self._since_seen, left | self._left_before)
        return all(not 0 < people < self._minimum for people in (*since_own, *since_seen))

    def _together(self, changes: Mapping[Cell, _Change], cells: set[Cell]) -> tuple[int, ...]:
        """Return how many people's data changed in the cells together, at least."""
        some = [changes[cell] for cell in cells]
        if self._overlap:
            return tuple(map(max, zip(*(change.people() for change in some), strict=True)))
        came, went = (
            tuple(map(sum, zip(*(change[part] for change in some), strict=True))) for part in (0, 1)
        )
        return _Change(came, went).people()

    def _fewest_first(self, cell: Cell) -> tuple[int, Cell]:
        return sum(self._changes[cell].people()), cell


def _changed(cell: Cell, before: Sides, now: Sides) -> _Change:
    """Compare who stood behind a cell with who does; a side that is missing has nobody."""
    pairs = [(_side(before, number), _side(now, number)) for number in range(sides_of(cell))]
    return _Change(
        came=tuple(len(np.setdiff1d(after, first, assume_unique=True)) for first, after in pairs),
        went=tuple(len(np.setdiff1d(first, after, assume_unique=True)) for first, after in pairs),
    )


def _side(sides: Sides, number: int) -> Hashes:
    return sides[number] if number < len(sides) else _NOBODY


def _somebody(sides: Sides | None) -> bool:
    return sides is not None and any(map(len, sides))


def _is_enough(change: _Change, minimum: int) -> bool:
    """Say whether on each side nobody's data changed or enough people's, and somewhere these."""
    people = change.people()
    return any(people) and not any(0 < count < minimum for count in people)


def _sides_of(old: Frozen, cell: Cell) -> Sides:
    return old.cells[cell].sides if cell in old.cells else ()


def _seen_of(old: Frozen, cell: Cell) -> Sides:
    if cell not in old.cells:
        return ()
    own = old.cells[cell]
    return own.sides if own.seen is None else own.seen


def _hidden_groups(
    new: Results, arms: tuple[str, ...]
) -> defaultdict[tuple[str, str], list[set[Cell]]]:
    """Return the groups without a number, figure by figure, by subject and dimension."""
    figures: dict[tuple[str, str], dict[tuple[str, str], set[Cell]]] = defaultdict(dict)
    for row in new.estimates:
        cell = cell_of(row, arms)
        if cell.dimension != ALL:
            of_figure = figures[cell[:2]].setdefault((row.estimand, row.sample), set())
            if row.value is None:
                of_figure.add(cell)
    found: defaultdict[tuple[str, str], list[set[Cell]]] = defaultdict(lambda: [set()])
    found.update({where: list(by_figure.values()) for where, by_figure in figures.items()})
    return found


# Who stands behind them from now on -------------------------------------------------------------


def _cells(
    old: Mapping[Cell, Standing],
    new: Results,
    standing: Mapping[Cell, Sides],
    fresh: set[Cell],
    arms: tuple[str, ...],
) -> dict[Cell, Standing]:
    """Return who stands behind each cell, and who was seen without being shown."""
    hidden = {cell_of(row, arms) for row in new.estimates if row.value is None}
    cells = {}
    for cell in sorted({*old, *standing}):
        now = standing.get(cell, ())
        if cell in fresh:
            own = Standing(now, now if _is_part(cell) and cell in hidden else None)
        else:
            own = old.get(cell, Standing(()))
            if EVERYBODY in fresh and _is_part(cell):
                own = replace(own, seen=now)
        if _somebody(own.sides) or _somebody(own.seen):
            cells[cell] = own
    return cells


def _is_part(cell: Cell) -> bool:
    """Say whether figures over everybody, less others, tell of the cell."""
    return cell.dimension != ALL or cell in _SAMPLES


# What they look like --------------------------------------------------------------------------


@dataclass(frozen=True)
class _Parts:
    """The rows of an answer: new ones of the cells that are frozen anew, old ones of the others."""

    old: Frozen
    new: Results
    fresh: frozenset[Cell]
    arms: tuple[str, ...]
    minimum: int

    def estimates(self) -> tuple[EstimateRow, ...]:
        """Return the estimates, in an order that tells nothing."""
        kept = {_name(row): self._kept(row) for row in self.old.results.estimates}
        kept = {name: row for name, row in kept.items() if not self._is_fresh(row)}
        beside = {(row.estimand, row.dimension) for row in kept.values() if row.value is not None}
        shown = {
            _name(row): self._shown(row, beside)
            for row in self.new.estimates
            if self._is_fresh(row)
        }
        return _in_old_order(map(_name, self.old.results.estimates), kept | shown)

    def sensitivity(self) -> tuple[Mapping[str, Any], ...]:
        """Return the rows of the sensitivity table, each of the day of its estimate."""
        kept = {
            _line(row): self._kept_line(row)
            for row in self.old.results.sensitivity
            if _cell_of_line(row) not in self.fresh
        }
        shown = {
            _line(row): {**row, "as_of": self._unless_header(self.new.as_of)}
            for row in self.new.sensitivity
            if _cell_of_line(row) in self.fresh
        }
        return _in_old_order(map(_line, self.old.results.sensitivity), kept | shown)

    def _is_fresh(self, row: EstimateRow) -> bool:
        return cell_of(row, self.arms) in self.fresh

    def _unless_header(self, day: str) -> str | None:
        """Return the day unless the whole answer is of that day."""
        header = self.new if EVERYBODY in self.fresh else self.old.results
        return None if day == header.as_of else day

    def _shown(self, row: EstimateRow, beside: set[tuple[str, str]]) -> EstimateRow:
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
        return {**row, "as_of": None if row["suppressed"] else self._unless_header(day)}

    def _is_too_small(self, cell: Cell) -> bool:
        return any(0 < len(side) < self.minimum for side in _sides_of(self.old, cell))


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
