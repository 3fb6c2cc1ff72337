"""When a published answer moves: only once the data of enough people behind it changed.

The rule of METHODS.md section 9 over time. A figure that is frozen anew, less the same figure of
before, must not tell of fewer people than a figure itself may. Nor must what is left of a total
once its parts are taken off: groups that keep their old answers are left together with those
whose answers are withheld, and what changed in them together must be the data of enough people
too, or of nobody; and so must what changed in the task logs that a sample leaves out.

A total that moves and its parts are looked at together, kind of data by kind. Weeks and waves of
taking part are parts of no total: who logged in one week is not what is left of those who ever
did. So each moves by itself, as it must: a week that is over changes for few.

What has no cell of its own (counts of task logs, checks, the plan that figures follow) is of
the same moment as the figures over everybody.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple, TypeVar

import numpy as np

from measurement.estimation.changes import (
    PROFILES_SEEN,
    held_back,
    profiles_apart,
    told_cell,
)
from measurement.estimation.disclosure import OVERLAPPING, without_numbers
from measurement.estimation.overlaps import EVERYBODY, Overlaps
from measurement.estimation.published_sensitivity import without_figures
from measurement.estimation.results import ALL, EstimateRow, Results
from measurement.estimation.sensitivity import REPORTED
from measurement.estimation.standing import (
    ARM,
    GAP,
    LOGGING,
    REPORTS,
    RESPONSES,
    TASKS,
    TIMED,
    UNFLAGGED,
    Cell,
    Hashes,
    Sides,
    cell_of,
    sides_of,
)
from measurement.estimation.subtraction import cells_to_withhold, tells_of_few

_ANSWERS: Final = Cell(REPORTS)
_GAP: Final = Cell(GAP)
_SAMPLES: Final = (Cell(TIMED), Cell(UNFLAGGED))
_OF_THEIR_OWN: Final = (LOGGING, RESPONSES)
"""Subjects whose groups add up to figures over everybody of their own, if they add up."""
_NOBODY: Final[Hashes] = np.empty(0, dtype=np.uint64)
# One person may stand in several of their groups, so that people do not add up.
_OVERLAPPING: Final = OVERLAPPING | {ARM}

Name = TypeVar("Name", bound=Hashable)
Row = TypeVar("Row")


@dataclass(frozen=True, eq=False)
class Sighting:
    """A freeze of figures over everybody that left some parts of one dimension without a number.

    What is left of the total told of the parts in `left` together, as they were then. `sides`: who
    stood behind every part of the dimension.
    """

    left: frozenset[Cell]
    sides: Mapping[Cell, Sides]


Where = tuple[str, str]
"""The subject and the dimension of cells."""


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


class _Change(NamedTuple):
    """How many people's data came and went, side by side."""

    came: tuple[int, ...]
    went: tuple[int, ...]

    def people(self) -> tuple[int, ...]:
        """Return how many people changed at least: who changed both came and went."""
        return tuple(max(both) for both in zip(self.came, self.went, strict=True))


def frozen_first(new: Results, standing: Mapping[Cell, Sides], *, arms: tuple[str, ...]) -> Frozen:
    """Return published results as the first answer; `arms`: those with AI."""
    profiles, standing = profiles_apart(standing)
    fresh = {*standing}
    sightings = _sightings({}, new, standing, fresh, fresh, arms)
    told = _told(new.estimates, fresh, arms)
    return Frozen(new, standing, sightings | _with_profiles((), profiles, told))


def frozen_anew(
    old: Frozen,
    new: Results,
    standing: Mapping[Cell, Sides],
    *,
    arms: tuple[str, ...],
    minimum_people: int,
    overlaps: Overlaps | None = None,
) -> Frozen:
    """Return the answer that follows `old`, from published results and who stands behind them.

    `overlaps`: who stands behind the groups of all breakdowns today; left out, nothing is known of
    what kept answers tell beside new ones of other breakdowns.

    An answer that is not frozen anew keeps its old rows, byte for byte, whether nobody's data
    changed or too few people's: nothing tells which. Where fewer than `minimum_people` stand
    behind it, as they may once more are asked for, its numbers are withheld. Groups' values that
    are drawn towards those of others are left out beside a group that keeps an old answer.
    """
    profiles, standing = profiles_apart(standing)
    fresh = _fresh(old, new, standing, profiles, overlaps, arms, minimum_people)
    parts = _Parts(old, new, frozenset(fresh), arms, minimum_people)
    header = new if EVERYBODY in fresh else old.results
    followed = replace(header, estimates=parts.estimates(), sensitivity=parts.sensitivity())
    of_today = {cell: standing[cell] for cell in sorted(fresh & standing.keys())}
    kept = {cell: sides for cell, sides in old.cells.items() if cell not in fresh}
    cells = kept | of_today
    seen = _sightings(old.sightings, new, standing, {*cells, *standing}, fresh, arms)
    if EVERYBODY in fresh:
        before, told = old.sightings.get(PROFILES_SEEN, ()), _told(new.estimates, fresh, arms)
        seen |= _with_profiles(before, profiles, told)
    return Frozen(followed, cells, seen, moved=EVERYBODY in fresh)


def held(old: Frozen, standing: Mapping[Cell, Sides]) -> Frozen:
    """Return the old answer, to be compared from now on with who stands behind it today.

    For when who stood behind it before cannot be told any more.
    """
    profiles, standing = profiles_apart(standing)
    told = frozenset(standing)
    return Frozen(old.results, standing, _with_profiles((), profiles, told), moved=False)


# Which cells are frozen anew ------------------------------------------------------------------


def _fresh(
    old: Frozen,
    new: Results,
    standing: Mapping[Cell, Sides],
    profiles: Mapping[Cell, Sides],
    overlaps: Overlaps | None,
    arms: tuple[str, ...],
    minimum: int,
) -> set[Cell]:
    """Return the cells whose answers are frozen anew."""
    changes = {
        cell: _changed(cell, old.cells.get(cell, ()), standing.get(cell, ()))
        for cell in {*old.cells, *standing}
    }
    ready = {cell for cell, change in changes.items() if _is_enough(change, minimum)}
    fresh = _fresh_in_each_dimension(old, new, standing, changes, ready, arms, minimum)
    seen = [(each.left, each.sides) for each in old.sightings.get(PROFILES_SEEN, ())]
    known = _told(old.results.estimates, _unchanged(changes), arms)
    while EVERYBODY in fresh:
        told = _told(new.estimates, fresh, arms)
        back = held_back(seen, profiles, told - {EVERYBODY}, minimum_people=minimum)
        if overlaps is not None and not back:
            back = _beside_known(overlaps, told, known - told, minimum)
        if not back:
            break
        ready -= back
        fresh = _fresh_in_each_dimension(old, new, standing, changes, ready, arms, minimum)
    return fresh


def _beside_known(
    overlaps: Overlaps, told: AbstractSet[Cell], known: AbstractSet[Cell], minimum: int
) -> frozenset[Cell]:
    """Return which cells would tell too much beside those that are `known` from before.

    In these nobody changed, so that their old answers are of today. Where nothing else helps the
    figures over everybody stay behind, and so do all.
    """
    if not known or EVERYBODY not in told:
        return frozenset()
    back = cells_to_withhold(overlaps, told | known, minimum_people=minimum, known=known)
    if not back and tells_of_few(overlaps, told | known, minimum_people=minimum):
        return frozenset({EVERYBODY})
    return back


def _fresh_in_each_dimension(
    old: Frozen,
    new: Results,
    standing: Mapping[Cell, Sides],
    changes: Mapping[Cell, _Change],
    ready: set[Cell],
    arms: tuple[str, ...],
    minimum: int,
) -> set[Cell]:
    """Return which of the cells that are `ready` may move, each dimension looked at alone."""
    fresh = {cell for cell in ready if cell.dimension == ALL}
    numbered = _numbered_groups(new, arms)
    for where, groups in _by_dimension(changes).items():
        total = _total_of(where)
        if total is None:
            fresh |= ready & groups
        elif total in ready:
            rest = _Rest(old, standing, changes, groups, minimum)
            fresh |= rest.shown(ready & groups, numbered[where])
    if EVERYBODY in ready:
        fresh -= {cell for cell in _SAMPLES if _leaves_few(old, standing, changes, cell, minimum)}
    if {EVERYBODY, _ANSWERS} <= fresh:
        fresh.add(_GAP)
    return fresh


def _unchanged(changes: Mapping[Cell, _Change]) -> set[Cell]:
    return {cell for cell, change in changes.items() if not any(change.people())}


def _told(
    rows: Iterable[EstimateRow], cells: AbstractSet[Cell], arms: tuple[str, ...]
) -> frozenset[Cell]:
    """Return which of the cells, of task logs, the rows show a number of people of."""
    shown = {cell_of(row, arms) for row in rows if row.participants is not None}
    return frozenset(cell for cell in shown & cells if cell.subject == TASKS)


def _leaves_few(
    old: Frozen,
    standing: Mapping[Cell, Sides],
    changes: Mapping[Cell, _Change],
    sample: Cell,
    minimum: int,
) -> bool:
    """Say whether too few people's data changed in the task logs that the sample leaves out."""
    whole = changes[EVERYBODY].people()
    seen = old.sightings.get(sample[:2], ())
    before = seen[0].sides if seen else old.cells
    inside = _changed(sample, before.get(sample, ()), standing.get(sample, ())).people()
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
        where = next(iter(groups))[:2]
        self._changes = changes
        self._groups = groups
        self._minimum = minimum
        self._overlap = where[1] in _OVERLAPPING
        self._seen = [
            (
                sighting.left,
                {
                    cell: _changed(cell, sighting.sides.get(cell, ()), standing.get(cell, ()))
                    for cell in groups
                },
            )
            for sighting in old.sightings.get(where, ())
        ]

    def shown(self, ready: set[Cell], numbered: Iterable[set[Cell]]) -> set[Cell]:
        """Return which of the `ready` groups may be frozen anew.

        `numbered`: the groups that have a new number, figure by figure.
        """
        shown = set(ready)
        while shown and not all(self._tells_nothing(shown & figure) for figure in numbered):
            shown.remove(min(shown, key=self._fewest_first))
        return shown

    def _tells_nothing(self, shown: set[Cell]) -> bool:
        left = self._groups - shown
        told = [self._together(self._changes, left)]
        for left_before, since in self._seen:
            # Sums of both days are known of both together, or of each where they are apart.
            joint = [left | left_before] if left & left_before else [left, left_before]
            told += [self._together(since, cells & self._groups) for cells in joint]
        return not any(0 < people < self._minimum for sides in told for people in sides)

    def _together(
        self, changes: Mapping[Cell, _Change], cells: AbstractSet[Cell]
    ) -> tuple[int, ...]:
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


def _is_enough(change: _Change, minimum: int) -> bool:
    """Say whether on each side nobody's data changed or enough people's, and somewhere these."""
    people = change.people()
    return any(people) and not any(0 < count < minimum for count in people)


def _total_of(where: Where) -> Cell | None:
    """Return the figures over everybody that groups move with; None where they are no parts."""
    subject, dimension = where
    if subject not in _OF_THEIR_OWN:
        return EVERYBODY
    return None if dimension in _OVERLAPPING else Cell(subject)


def _by_dimension(cells: Iterable[Cell]) -> dict[Where, set[Cell]]:
    """Return the groups among the cells by subject and dimension."""
    found: dict[Where, set[Cell]] = {}
    for cell in sorted(cells):
        if cell.dimension != ALL:
            found.setdefault(cell[:2], set()).add(cell)
    return found


def _numbered_groups(
    new: Results, arms: tuple[str, ...]
) -> Mapping[tuple[str, str], list[set[Cell]]]:
    """Return the groups with a number, figure by figure, by subject and dimension."""
    figures: dict[tuple[str, str], dict[tuple[str, str], set[Cell]]] = defaultdict(dict)
    for row in new.estimates:
        cell = cell_of(row, arms)
        of_figure = figures[cell[:2]].setdefault((row.estimand, row.sample), set())
        if row.value is not None:
            of_figure.add(cell)
    found = {where: [*by_figure.values()] for where, by_figure in figures.items()}
    return defaultdict(list, found)


# What else they tell ---------------------------------------------------------------------------


def _sightings(
    old: Mapping[Where, tuple[Sighting, ...]],
    new: Results,
    standing: Mapping[Cell, Sides],
    cells: set[Cell],
    fresh: set[Cell],
    arms: tuple[str, ...],
) -> dict[Where, tuple[Sighting, ...]]:
    """Return the sightings that a later freeze has to be compared with.

    An older one of parts that today are told apart further tells nothing that today does not: what
    changed since it is what changed until today and since. Where people do not add up only the
    latest is kept. Where the total does not move, nothing new was told.
    """
    moved = {where: _total_of(where) in fresh for where in _by_dimension(cells)}
    found = {where: seen for where, seen in old.items() if not moved.get(where, EVERYBODY in fresh)}
    numbered = _numbered_groups(new, arms)
    for where, groups in _by_dimension(cells).items():
        if not moved[where]:
            continue
        blocks = {frozenset(groups - (figure & fresh)) for figure in numbered[where]} or {
            frozenset(groups)
        }
        sides = {cell: standing.get(cell, ()) for cell in sorted(groups)}
        older = [
            sighting
            for sighting in old.get(where, ())
            if where[1] not in _OVERLAPPING and not all(block <= sighting.left for block in blocks)
        ]
        blocks -= {frozenset()}
        latest = [Sighting(block, sides) for block in sorted(blocks, key=sorted)]
        found[where] = (*older, *latest)
    for sample in _SAMPLES if EVERYBODY in fresh else ():
        if sample in standing and sample not in fresh:
            found[sample[:2]] = (Sighting(frozenset({sample}), {sample: standing[sample]}),)
    return {where: sightings for where, sightings in found.items() if sightings}


def _with_profiles(
    seen: tuple[Sighting, ...], profiles: Mapping[Cell, Sides], told: AbstractSet[Cell]
) -> dict[Where, tuple[Sighting, ...]]:
    """Return, with today's, the freezes that later ones have to be compared with.

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
            _line(row): self._line_of(row, self.new.as_of)
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
        return self._line_of(row, day)

    def _line_of(self, row: Mapping[str, Any], day: str) -> Mapping[str, Any]:
        as_of = None if row["minutes_per_day"] is None else self._unless_header(day)
        return {**row, "as_of": as_of}

    def _is_too_small(self, cell: Cell) -> bool:
        return any(0 < len(side) < self.minimum for side in self.old.cells.get(cell, ()))


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
