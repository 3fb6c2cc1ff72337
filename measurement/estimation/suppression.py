"""Which rows may not be shown, as they or what they leave of a total tell of too few people."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from measurement.estimation.overlaps import Overlaps
from measurement.estimation.results import ALL, EstimateRow
from measurement.estimation.standing import LOGGING, cell_of
from measurement.estimation.subtraction import cells_to_withhold

OVERLAPPING: Final = frozenset({"task_type", "tool", "week", "wave", "weeks_since_access"})
"""Dimensions in whose groups one person may stand several times, so that people do not add up."""
SHARES_OF_PEOPLE: Final = frozenset({"adoption_rate", "logging_rate", "response_rate"})
"""Figures whose sides are those who did something and those who did not: all or none may have."""


class _People(NamedTuple):
    """The people behind a row: all of them, and those on each side of its comparison."""

    everybody: int
    with_ai: int
    without_ai: int


class _Family(NamedTuple):
    """What rows that can be subtracted from one another have in common."""

    estimand: str
    sample: str
    arm: str | None


def suppressed_rows(
    rows: Sequence[EstimateRow], *, minimum_people: int, overlaps: Overlaps | None
) -> set[int]:
    """Return the positions of the rows that may not be shown; `disclosure.published` says which.

    Without `overlaps` nothing is known of what groups tell beside those of another breakdown.
    """
    suppressed = _in_each_breakdown(rows, minimum_people)
    if overlaps is not None:
        suppressed |= _across_breakdowns(rows, suppressed, overlaps, minimum_people)
    return suppressed


def _in_each_breakdown(rows: Sequence[EstimateRow], minimum: int) -> set[int]:
    """Return the rows that few people stand behind, or that subtraction gives away from them."""
    people = _people_behind(rows)
    suppressed = {
        position
        for position, row in enumerate(rows)
        if row.dimension != ALL or position in people
        if position not in people or min(people[position]) < minimum
    }
    suppressed |= _samples_that_leave_out_few(rows, people, minimum)
    suppressed |= _arms_beside(rows, people, suppressed)
    counted = people | _sides_of_shares(rows)
    totals = {
        _family(row): counted[position]
        for position, row in enumerate(rows)
        if row.dimension == ALL and position in people
    }
    for (dimension, family), members in _by_family(rows).items():
        if family in totals:
            shown = {position: counted[position] for position in members - suppressed}
            if dimension not in OVERLAPPING:
                suppressed |= _complement(shown, totals[family], minimum)
            elif members & suppressed:
                suppressed |= set(_smallest_first(shown)[:1])
    return suppressed


def _across_breakdowns(
    rows: Sequence[EstimateRow], suppressed: set[int], overlaps: Overlaps, minimum: int
) -> set[int]:
    """Return the rows of cells that would tell of too few people beside those of others.

    Whoever logged has task logs: how many of a department did is withheld with its figures.
    """
    cells = [cell_of(row, overlaps.arms) for row in rows]
    shown = {
        cell
        for position, (cell, row) in enumerate(zip(cells, rows, strict=True))
        if position not in suppressed and row.participants is not None
    }
    hidden = cells_to_withhold(overlaps, shown & overlaps.people.keys(), minimum_people=minimum)
    hidden |= {cell._replace(subject=LOGGING) for cell in hidden}
    return {position for position, cell in enumerate(cells) if cell in hidden}


def _samples_that_leave_out_few(
    rows: Sequence[EstimateRow], people: Mapping[int, _People], minimum: int
) -> set[int]:
    """Return the rows that differ from their figure's primary row by some people, but too few."""
    primary = {
        (row.estimand, row.dimension, row.group, row.arm): people[position]
        for position, row in enumerate(rows)
        if row.sample == "primary" and position in people
    }
    too_close = set()
    for position, row in enumerate(rows):
        whole = primary.get((row.estimand, row.dimension, row.group, row.arm))
        if whole is not None and position in people:
            left_out = zip(whole, people[position], strict=True)
            if any(0 < abs(of_whole - own) < minimum for of_whole, own in left_out):
                too_close.add(position)
    return too_close


def _arms_beside(
    rows: Sequence[EstimateRow], people: Mapping[int, _People], suppressed: set[int]
) -> set[int]:
    """Return the smallest other arm beside each suppressed one: all arms together are shown."""
    arms: dict[tuple[str, str], dict[str | None, int]] = defaultdict(dict)
    for position, row in enumerate(rows):
        if row.dimension == ALL and position in people:
            arms[row.estimand, row.sample][row.arm] = position
    beside = set()
    for positions in arms.values():
        # The first row is that of all arms together.
        single = list(positions.values())[1:]
        if suppressed & set(single):
            others = {place: people[place] for place in single if place not in suppressed}
            beside |= set(_smallest_first(others)[:1])
    return beside


def _complement(shown: Mapping[int, _People], total: _People, minimum: int) -> set[int]:
    """Return the groups to hide so that the total less the shown ones leaves nobody or enough."""
    order = _smallest_first(shown)
    for taken in range(len(order) + 1):
        rest = [
            of_total - sum(of_groups)
            for of_total, *of_groups in zip(total, *(shown[i] for i in order[taken:]), strict=True)
        ]
        if not any(0 < people < minimum for people in rest):
            return set(order[:taken])
    return set(order)


def _smallest_first(shown: Mapping[int, _People]) -> list[int]:
    return sorted(shown, key=lambda position: (shown[position], position))


def _people_behind(rows: Sequence[EstimateRow]) -> dict[int, _People]:
    """Return the people behind each row, by position, where they are known.

    A group's row without an estimate has no count: the smallest of the group's other rows stands
    in. The total's row needs none: its reason names nobody.
    """
    own = {position: people for position, row in enumerate(rows) if (people := _people(row))}
    of_groups: dict[tuple[str, str], _People] = {}
    for position, people in own.items():
        group = (rows[position].dimension, rows[position].group)
        of_groups[group] = min(people, of_groups.get(group, people), key=min)
    of_groups.pop((ALL, ALL), None)
    others = {
        position: of_groups[row.dimension, row.group]
        for position, row in enumerate(rows)
        if (row.dimension, row.group) in of_groups
    }
    return others | own


def _people(row: EstimateRow) -> _People | None:
    everybody = row.participants
    if everybody is None:
        return None
    sides = (row.participants_with_ai, row.participants_without_ai)
    if row.estimand in SHARES_OF_PEOPLE:
        # With nobody on one side the share is 0 or 1: it tells no two people apart.
        sides = (sides[0] or None, sides[1] or None)
    return _People(everybody, *(everybody if side is None else side for side in sides))


def _sides_of_shares(rows: Sequence[EstimateRow]) -> dict[int, _People]:
    """Return the sides of shares as they add up: a side without anybody adds nobody."""
    return {
        position: _People(
            row.participants, row.participants_with_ai or 0, row.participants_without_ai or 0
        )
        for position, row in enumerate(rows)
        if row.estimand in SHARES_OF_PEOPLE and row.participants is not None
    }


def _family(row: EstimateRow) -> _Family:
    return _Family(row.estimand, row.sample, row.arm)


def _by_family(rows: Sequence[EstimateRow]) -> dict[tuple[str, _Family], set[int]]:
    families: dict[tuple[str, _Family], set[int]] = defaultdict(set)
    for position, row in enumerate(rows):
        if row.dimension != ALL:
            families[row.dimension, _family(row)].add(position)
    return families
