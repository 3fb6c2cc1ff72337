"""Published estimates as tables: the same numbers as the figures, for everybody. Pure."""

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from dashboards.measures import (
    LESS_TIME,
    PER_TASK,
    PER_WORKING_DAY,
    Measure,
    Reading,
    confidence,
    decimals_of,
    largest_first,
    minutes_per_task,
)
from dashboards.number_text import IntervalHeading, interval_text, number_text
from dashboards.plan import day
from measurement.estimation.results import EstimateRow

WITHHELD: Final = "[c]"
NOT_ESTIMABLE: Final = "[x]"
NOT_APPLICABLE: Final = "[z]"
"""The marks that government statistics use: confidential, not available, not applicable."""
DOES_NOT_APPLY: Final = f"{NOT_APPLICABLE}: does not apply."
SHRUNKEN: Final = "Drawn to the average"
SHRINKAGE: Final = (
    f"{SHRUNKEN}: numbers of single groups scatter by chance, the more the fewer people stand "
    "behind them. Drawn towards the average of all groups (empirical Bayes) they are better "
    "guesses, above all of the first and the last of the list."
)


@dataclass(frozen=True)
class Table:
    """A table of texts; the first column names the row, the others hold numbers.

    Texts of numbers are `NumberText`, headings of intervals `IntervalHeading`.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Named:
    """A row under the name that a table gives it, read on a measure."""

    name: str
    row: EstimateRow
    measure: Measure

    @property
    def reading(self) -> Reading | None:
        """The row's numbers."""
        return self.measure.reading(self.row)


def group_table(
    rows: Sequence[EstimateRow], overall: EstimateRow | None, measure: Measure, *, heading: str
) -> Table:
    """Return one row a group, the largest value first, and all participants last.

    `heading` names the groups: "Department".
    """
    level = confidence([*rows, overall])
    listed = [*largest_first(rows, measure), *([overall] if overall else [])]
    drawn = any(row.shrunken_value is not None for row in rows)
    estimate = IntervalHeading(measure.short, level)
    return Table(
        caption=f"{measure.label}, by {heading.lower()}",
        columns=(heading, estimate, *([SHRUNKEN] if drawn else []), "People", "Task logs"),
        rows=tuple(
            (
                dated("All participants" if row is overall else row.group, row.as_of),
                _interval(measure.reading(row), row, measure),
                *([_drawn(row, measure, applies=row is not overall)] if drawn else []),
                _count(row.participants, row),
                _count(row.logs, row),
            )
            for row in listed
        ),
        notes=(
            *notes_on(listed),
            *([SHRINKAGE] if drawn else []),
            *([DOES_NOT_APPLY] if drawn and overall else []),
        ),
    )


def task_type_table(rows: Sequence[EstimateRow]) -> Table:
    """Return minutes per task without and with AI of each type, the largest saving first."""
    level = confidence(rows)
    listed = largest_first(rows, PER_TASK)
    pairs = [minutes_per_task(row) for row in listed]
    drawn = any(row.shrunken_value is not None for row in rows)
    return Table(
        caption="Minutes per task without and with AI, by type of task",
        columns=(
            "Type of task",
            "Without AI",
            IntervalHeading("With AI", level),
            IntervalHeading("Minutes saved", level),
            *([SHRUNKEN] if drawn else []),
            "People",
            "Task logs",
        ),
        rows=tuple(
            (
                dated(row.group, row.as_of),
                number_text(pair.without_ai, pair.with_ai.decimals) if pair else _mark(row),
                _interval(pair.with_ai if pair else None, row, PER_TASK),
                _interval(PER_TASK.reading(row), row, PER_TASK),
                *([_drawn(row, PER_TASK)] if drawn else []),
                _count(row.participants, row),
                _count(row.logs, row),
            )
            for row, pair in zip(listed, pairs, strict=True)
        ),
        notes=(*notes_on(listed), *([SHRINKAGE] if drawn else [])),
    )


def named_table(caption: str, named: Sequence[Named]) -> Table:
    """Return one row a measure, in the given order."""
    level = confidence(item.row for item in named)
    return Table(
        caption=caption,
        columns=("Measure", IntervalHeading("Estimate", level), "People"),
        rows=tuple(
            (
                dated(item.name, item.row.as_of),
                _interval(item.reading, item.row, item.measure),
                _count(item.row.participants, item.row),
            )
            for item in named
        ),
        notes=notes_on(item.row for item in named),
    )


def shown(measure: Measure, row: EstimateRow | None) -> str:
    """Return a row's numbers as a cell, or the mark for what there is not."""
    return NOT_ESTIMABLE if row is None else _interval(measure.reading(row), row, measure)


def course_table(
    named: Sequence[tuple[str, EstimateRow]], measure: Measure, *, caption: str, heading: str
) -> Table:
    """Return one row a week, in the given order."""
    rows = [row for _, row in named]
    logs = any(row.logs is not None for row in rows)
    estimate = IntervalHeading(measure.short, confidence(rows))
    return Table(
        caption=caption,
        columns=(heading, estimate, "People", *(["Task logs"] if logs else [])),
        rows=tuple(
            (
                dated(name, row.as_of),
                _interval(measure.reading(row), row, measure),
                _count(row.participants, row),
                *([_count(row.logs, row)] if logs else []),
            )
            for name, row in named
        ),
        notes=notes_on(rows),
    )


def share_table(
    named: Sequence[tuple[str, EstimateRow]],
    measure: Measure,
    *,
    caption: str,
    heading: str,
    did: str,
) -> Table:
    """Return shares of people, one row each, in the given order; `did` names who did it."""
    rows = [row for _, row in named]
    return Table(
        caption=caption,
        columns=(heading, IntervalHeading("Share", confidence(rows)), did, "Of people"),
        rows=tuple(
            (
                dated(name, row.as_of),
                _interval(measure.reading(row), row, measure),
                _count(row.participants_with_ai, row),
                _count(row.participants, row),
            )
            for name, row in named
        ),
        notes=notes_on(rows),
    )


def specification_table(named: Sequence[tuple[str, EstimateRow, EstimateRow | None]]) -> Table:
    """Return one row an analysis: time saved per task and minutes saved per working day.

    An analysis that has no minutes per working day by its nature is marked as not applicable.
    """
    level = confidence(row for _, row, _ in named)
    rows = [row for _, *pair in named for row in pair if row is not None]
    others = any(daily is None for *_, daily in named)
    return Table(
        caption="Time saved per task and per working day, by analysis",
        columns=(
            "Analysis",
            IntervalHeading(LESS_TIME.label, level),
            IntervalHeading(PER_WORKING_DAY.label, level),
            "Task logs",
        ),
        rows=tuple(
            (
                dated(name, row.as_of),
                _interval(LESS_TIME.reading(row), row, LESS_TIME),
                NOT_APPLICABLE
                if daily is None
                else _interval(PER_WORKING_DAY.reading(daily), daily, PER_WORKING_DAY),
                _count(row.logs, row),
            )
            for name, row, daily in named
        ),
        notes=(*notes_on(rows), *([DOES_NOT_APPLY] if others else [])),
    )


def dated(name: str, as_of: str | None) -> str:
    """Return the name of a row with its day, where that is not the day of the whole table."""
    if as_of is None:
        return name
    return f"{name} (as of {day(datetime.date.fromisoformat(as_of))})"


def notes_on(rows: Iterable[EstimateRow]) -> tuple[str, ...]:
    """Return what the marks in a table mean, as far as they occur, and the rows' own notes."""
    rows = list(rows)
    found = marks_explained(
        withheld=any(row.suppressed for row in rows), reasons=[row.not_estimable for row in rows]
    )
    found += [f"{note[:1].upper()}{note[1:]}." for row in rows for note in row.notes]
    return tuple(dict.fromkeys(found))


def marks_explained(*, withheld: bool, reasons: Iterable[str | None]) -> list[str]:
    """Return what [c] means if something is withheld, and what [x] means for each reason."""
    found = []
    if withheld:
        found.append(
            f"{WITHHELD}: withheld so that nobody can be identified, because the figure is about "
            "few people or would give away another that is."
        )
    return found + [
        f"{NOT_ESTIMABLE}: not estimable, because {reason}."
        for reason in dict.fromkeys(reasons)
        if reason
    ]


def _interval(reading: Reading | None, row: EstimateRow, measure: Measure) -> str:
    if reading is None:
        return _mark(row)
    decimals = reading.decimals if measure.decimals is None else measure.decimals
    return interval_text(reading, decimals, measure.suffix)


def _drawn(row: EstimateRow, measure: Measure, *, applies: bool = True) -> str:
    value = measure.shrunken(row)
    if value is not None:
        reading = measure.reading(row)
        decimals = measure.decimals
        if decimals is None:
            # As many as the value beside it, so that a column has no 10 among its 10.4.
            decimals = max(reading.decimals if reading else 0, decimals_of(value))
        return number_text(value, decimals, measure.suffix)
    return _mark(row) if applies else NOT_APPLICABLE


def _count(count: int | None, row: EstimateRow) -> str:
    return _mark(row) if count is None else number_text(count, 0)


def _mark(row: EstimateRow) -> str:
    return WITHHELD if row.suppressed else NOT_ESTIMABLE
