"""Published estimates as tables: the same numbers as the figures, for everybody. Pure."""

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from dashboards.measures import (
    PER_TASK,
    Measure,
    Reading,
    confidence,
    fixed,
    largest_first,
    minutes_per_task,
)
from dashboards.plan import day
from measurement.estimation.results import EstimateRow

WITHHELD: Final = "[c]"
NOT_ESTIMABLE: Final = "[x]"
"""The marks that government statistics use for confidential and for not available."""


@dataclass(frozen=True)
class Table:
    """A table of texts; the first column names the row, the others hold numbers."""

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
    return Table(
        caption=f"{measure.label}, by {heading.lower()}",
        columns=(heading, f"{measure.short} ({level} confidence interval)", "People", "Task logs"),
        rows=tuple(
            (
                dated("All participants" if row is overall else row.group, row.as_of),
                _interval(measure.reading(row), row, measure.suffix),
                _count(row.participants, row),
                _count(row.logs, row),
            )
            for row in listed
        ),
        notes=notes_on(listed),
    )


def task_type_table(rows: Sequence[EstimateRow]) -> Table:
    """Return minutes per task without and with AI of each type, the largest saving first."""
    level = confidence(rows)
    listed = largest_first(rows, PER_TASK)
    pairs = [minutes_per_task(row) for row in listed]
    return Table(
        caption="Minutes per task without and with AI, by type of task",
        columns=(
            "Type of task",
            "Without AI",
            f"With AI ({level} confidence interval)",
            f"Minutes saved ({level} confidence interval)",
            "People",
            "Task logs",
        ),
        rows=tuple(
            (
                dated(row.group, row.as_of),
                fixed(pair.without_ai, _decimals(pair.with_ai)) if pair else _mark(row),
                _interval(pair.with_ai if pair else None, row),
                _interval(PER_TASK.reading(row), row),
                _count(row.participants, row),
                _count(row.logs, row),
            )
            for row, pair in zip(listed, pairs, strict=True)
        ),
        notes=notes_on(listed),
    )


def named_table(caption: str, named: Sequence[Named]) -> Table:
    """Return one row a measure, in the given order."""
    level = confidence(item.row for item in named)
    return Table(
        caption=caption,
        columns=("Measure", f"Estimate ({level} confidence interval)", "People"),
        rows=tuple(
            (
                dated(item.name, item.row.as_of),
                _interval(item.reading, item.row, item.measure.suffix),
                _count(item.row.participants, item.row),
            )
            for item in named
        ),
        notes=notes_on(item.row for item in named),
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


def _interval(reading: Reading | None, row: EstimateRow, suffix: str = "") -> str:
    if reading is None:
        return _mark(row)
    value, low, high = (
        f"{fixed(part, _decimals(reading))}{suffix}"
        for part in (reading.value, reading.low, reading.high)
    )
    return f"{value} ({low} to {high})"


def _decimals(reading: Reading) -> int:
    """Return the decimals of a row: means of few people are whole minutes."""
    numbers = (reading.value, reading.low, reading.high)
    return 0 if all(value == round(value) for value in numbers) else 1


def _count(count: int | None, row: EstimateRow) -> str:
    return _mark(row) if count is None else f"{count:,}"


def _mark(row: EstimateRow) -> str:
    return WITHHELD if row.suppressed else NOT_ESTIMABLE
