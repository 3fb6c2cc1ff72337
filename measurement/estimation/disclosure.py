"""What may be published: the one door through which results leave for those who are not analysts.

The rules are the "10-5" of METHODS.md section 9, as far as one set of results goes: nothing about
fewer than ten people, counts to the nearest five, means in whole minutes.
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

from measurement.estimation.overlaps import Overlaps
from measurement.estimation.published_sensitivity import published_sensitivity
from measurement.estimation.results import ALL, Check, EstimateRow, LogCounts, Results
from measurement.estimation.standing import LOGGING, cell_of
from measurement.estimation.subtraction import cells_to_withhold

COUNT_STEP: Final = 5
PEOPLE_FOR_A_DECIMAL: Final = 400
"""So many people's mean is given to one decimal, fewer people's to none."""
OVERLAPPING: Final = frozenset({"task_type", "tool", "week", "wave", "weeks_since_access"})
"""Dimensions in whose groups one person may stand several times, so that people do not add up."""
SHARES_OF_PEOPLE: Final = frozenset({"adoption_rate", "logging_rate", "response_rate"})
"""Figures whose sides are those who did something and those who did not: all or none may have."""
WITHHELD_REASON: Final = "the data do not allow an estimate"

_MINUTES: Final = frozenset(
    {
        "minutes_saved_per_task",
        "minutes_saved_per_working_day",
        "minutes_saved_per_day_used",
        "reported_minutes_saved_per_day",
        "perception_gap_minutes",
    }
)
_DECIMALS: Final[Mapping[str, int]] = {
    "time_ratio": 2,
    "complier_time_ratio": 2,
    **dict.fromkeys(SHARES_OF_PEOPLE, 2),  # whole per cent
    "quality_difference": 1,
    "full_time_equivalents": 0,
    "break_even_minutes_per_week": 1,  # from assumptions that are public
    # A minute a day is about half a day a year: without a decimal the half would be lost.
    "working_days_saved_per_year": 1,
}
_VALUES: Final = (
    "value",
    "ci_low",
    "ci_high",
    "always_valid_low",
    "always_valid_high",
    "ci_adjusted_low",
    "ci_adjusted_high",
    "shrunken_value",
)
_COUNTS: Final = (
    "participants",
    "participants_with_ai",
    "participants_without_ai",
    "logs",
    "clusters",
)
_NEVER: Final = (
    "std_error",
    "p_value",
    "p_value_adjusted",
    "bootstrap_p_value",
    "degrees_of_freedom",
)
_A_NUMBER: Final = re.compile(r"\b\d")


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


def published(
    results: Results, *, minimum_people: int, overlaps: Overlaps | None = None
) -> Results:
    """Return `results` as leads and the public may see them.

    A row is suppressed, kept by name without any number, if fewer than `minimum_people` people
    stand behind it or on one side of its comparison; a share of people, if fewer did it or did
    not, unless nobody did or everybody. Where the figures of other groups would give
    such a group away by subtraction from the total, the next smallest group is suppressed too.
    So is the smallest other arm beside a suppressed one, and a sample of task logs that leaves out
    some people, but too few. With `overlaps`, which tells who stands behind the groups of all
    breakdowns, so are groups that would tell of too few people beside those of another breakdown;
    nothing else knows of them, so what leaves the engine needs it. Other values and counts are
    rounded, each from its true value, so that rounded parts need not add up to a rounded total.
    Standard errors, p-values, degrees of freedom and taus are withheld: they carry the digits and
    counts that rounding takes away; and winsorising limits, as they are single people's task times.

    Raises ValueError for a `minimum_people` below 1 and for an estimand without a rule here.
    """
    if minimum_people < 1:
        raise ValueError(f"minimum_people is {minimum_people}; at least 1 is allowed")
    suppressed = _suppressed(results.estimates, minimum_people)
    if overlaps is not None:
        suppressed |= _across_breakdowns(results.estimates, suppressed, overlaps, minimum_people)
    shown = tuple(
        without_numbers(row) if position in suppressed else _rounded(row, results)
        for position, row in enumerate(results.estimates)
    )
    return replace(
        results,
        last_log=rounded_count(results.last_log),
        logs=_rounded_logs(results.logs),
        estimates=shown,
        checks=tuple(_without_figures(check) for check in results.checks),
        winsorising_limits=(),
        sensitivity=published_sensitivity(
            results.sensitivity, shown, minimum_people=minimum_people
        ),
        tuning=(),
    )


def rounded_count(count: int) -> int:
    """Return `count` to the nearest 5."""
    return COUNT_STEP * round(count / COUNT_STEP)


# Which rows -----------------------------------------------------------------------------------


def _suppressed(rows: Sequence[EstimateRow], minimum: int) -> set[int]:
    """Return the positions of the rows that may not be shown."""
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


# How a row is shown ---------------------------------------------------------------------------


def without_numbers(row: EstimateRow) -> EstimateRow:
    """Return the row suppressed: by name, without any number or reason."""
    nothing: dict[str, Any] = dict.fromkeys((*_VALUES, *_COUNTS, *_NEVER))
    return replace(
        row,
        **nothing,
        reference_mean=None,
        standard_errors=None,
        not_estimable=None,
        notes=(),
        suppressed=True,
    )


def _rounded(row: EstimateRow, results: Results) -> EstimateRow:
    values = {name: getattr(row, name) for name in _VALUES}
    if row.estimand == "working_days_saved_per_year":
        values = _from_published_minutes(row, values, results)
    decimals = _decimals(row.estimand, row.participants)
    changed: dict[str, Any] = {name: _rounded_value(values[name], decimals) for name in _VALUES}
    changed |= {name: _rounded_count(getattr(row, name)) for name in _COUNTS}
    changed |= dict.fromkeys(_NEVER)
    minutes = _decimals("minutes_saved_per_task", row.participants)
    return replace(
        row,
        **changed,
        reference_mean=_rounded_value(row.reference_mean, minutes),
        not_estimable=row.not_estimable and _public(row.not_estimable, WITHHELD_REASON),
        notes=tuple(dict.fromkeys(filter(None, (_public(note, "") for note in row.notes)))),
    )


def _from_published_minutes(
    row: EstimateRow, values: Mapping[str, float | None], results: Results
) -> dict[str, float | None]:
    """Return days a year that follow from the published minutes a day.

    Days are minutes times a known number, about a half. Rounded on their own, they would tell the
    minutes to a fifth of a minute.
    """
    daily = results.find(
        "minutes_saved_per_working_day",
        dimension=row.dimension,
        group=row.group,
        sample=row.sample,
    )
    if daily is None or not daily.value or row.value is None:
        return dict(values)
    days_a_minute = row.value / daily.value
    minutes = _rounded(daily, results)
    published = {name: getattr(minutes, name) for name in _VALUES}
    return {
        name: None if value is None else value * days_a_minute for name, value in published.items()
    }


def _decimals(estimand: str, people: int | None) -> int:
    if estimand in _MINUTES:
        return 1 if people is not None and people >= PEOPLE_FOR_A_DECIMAL else 0
    if estimand not in _DECIMALS:
        raise ValueError(
            f"no rule says how {estimand!r} is published; there are rules for "
            f"{', '.join(sorted(_MINUTES | set(_DECIMALS)))}"
        )
    return _DECIMALS[estimand]


def _rounded_value(value: float | None, decimals: int) -> float | None:
    # + 0.0 turns -0.0, which is shown as "-0", into 0.0.
    return None if value is None else round(value, decimals) + 0.0


def _rounded_count(count: int | None) -> int | None:
    return None if count is None else rounded_count(count)


def _public(sentence: str, otherwise: str) -> str:
    """Return the part of a reason or note that names no data.

    What stands behind a colon names people, task logs or groups; numbers are exact counts.
    """
    general = sentence.partition(":")[0]
    return otherwise if _A_NUMBER.search(general) else general


def _rounded_logs(logs: LogCounts) -> LogCounts:
    return LogCounts(
        received=rounded_count(logs.received),
        refused=rounded_count(logs.refused),
        stored=rounded_count(logs.stored),
        excluded={rule: rounded_count(count) for rule, count in logs.excluded.items()},
        analysed=rounded_count(logs.analysed),
    )


def _without_figures(check: Check) -> Check:
    return replace(
        check, statistic=None, p_value=None, message=_public(check.message, check.verdict)
    )
