"""Several trials side by side, with the differences in what they count shown. Pure.

Takes published results, read as each trial's own page reads them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from dashboards import figures
from dashboards.figures import Dot
from dashboards.measures import (
    DAYS_A_YEAR,
    PER_DAY_USED,
    PER_WORKING_DAY,
    REPORTED,
    Measure,
    confidence,
    fixed,
    number,
)
from dashboards.plan import period, working_year
from dashboards.style import Figure
from dashboards.tables import Table, marks_explained, shown
from measurement.estimation.definition import Assumptions, Trial
from measurement.estimation.results import EstimateRow, Results

COMMON_YEAR: Final = Assumptions()
"""The year in which all are set side by side, whatever each takes for itself."""
DAY_BASES: Final = {
    "working_days": "all working days of everybody given AI",
    "logged_days": "only days on which people logged a task",
}
TREATMENTS: Final = {
    "assigned": "tasks as assigned to AI or not",
    "used": "tasks where AI was used",
}
GROUPS: Final = {
    "task_randomised": "the same people's tasks, chosen by chance",
    "parallel": "other people, chosen by chance",
    "cluster": "other teams, chosen by chance",
    "crossover": "the same people in other periods, in an order drawn by chance",
    "stepped_wedge": "teams that were not given AI yet, in an order drawn by chance",
    "observational": "nobody: there is no comparison group",
}


@dataclass(frozen=True)
class Compared:
    """A trial and its published results; `is_final`: its read-out has come."""

    trial: Trial
    results: Results
    is_final: bool = True


@dataclass(frozen=True)
class Comparison:
    """What a page that compares trials shows.

    `differences` are sentences about what keeps the figures from being alike; none is left out.
    `alternative` says in words what `figure` shows.
    """

    found: Table
    counted: Table
    differences: tuple[str, ...]
    figure: Figure | None
    alternative: str


@dataclass(frozen=True)
class _Aspect:
    """Something that trials may define each in their own way."""

    name: str
    difference: str
    of: Callable[[Trial], str]


ASPECTS: Final = (
    _Aspect(
        "Compared with",
        "They compare with different things, and only a comparison by chance says what AI caused",
        lambda trial: GROUPS[trial.design.kind],
    ),
    _Aspect(
        "What is compared",
        "They count different tasks as tasks with AI",
        lambda trial: TREATMENTS[trial.plan.treatment],
    ),
    _Aspect(
        "A day is",
        "They divide minutes by different days",
        lambda trial: DAY_BASES[trial.plan.day_basis],
    ),
    _Aspect(
        "A working year is",
        "They take different years for a working year",
        lambda trial: working_year(trial.assumptions),
    ),
    _Aspect(
        "The survey's open band counts",
        "They count the open band of the survey differently",
        lambda trial: f"{number(trial.survey.top_band_minutes)} minutes a day",
    ),
    _Aspect("Dates", "They ran at different times", period),
    _Aspect(
        "Sector", "They ran in different sectors", lambda trial: trial.sector.replace("_", " ")
    ),
)


def comparison(compared: Sequence[Compared]) -> Comparison:
    """Return trials side by side, the largest saving first, randomised ones before others.

    Raises ValueError for fewer than two trials.
    """
    if len(compared) < 2:
        raise ValueError(f"{len(compared)} trials; two or more are allowed")
    ordered = sorted(compared, key=_place)
    dots = [dot for one in ordered if (dot := _dot(one))]
    return Comparison(
        found=_found(ordered),
        counted=_counted(ordered),
        differences=tuple(_differences(ordered)),
        figure=figures.dot_plot(dots, PER_WORKING_DAY.label) if dots else None,
        alternative=_alternative(dots),
    )


def _place(one: Compared) -> tuple[bool, float, str]:
    reading = PER_WORKING_DAY.reading(_headline(one))
    return (not _is_randomised(one), -reading.value if reading else float("inf"), one.trial.title)


def _is_randomised(one: Compared) -> bool:
    return one.trial.design.kind != "observational"


def _headline(one: Compared) -> EstimateRow | None:
    return one.results.find(PER_WORKING_DAY.estimand)


def _dot(one: Compared) -> Dot | None:
    reading = PER_WORKING_DAY.reading(_headline(one))
    if reading is None:
        return None
    apart = not _is_randomised(one)
    name = f"{one.trial.title} (no comparison group)" if apart else one.trial.title
    return Dot(name, reading, apart=apart)


def _alternative(dots: Sequence[Dot]) -> str:
    if not dots:
        return ""
    return (
        f"Dots with intervals of minutes saved per working day in {len(dots)} trials. "
        "The table has the same numbers."
    )


MEASURES: Final[tuple[tuple[str, Measure], ...]] = (
    ("Measured, per working day", PER_WORKING_DAY),
    ("Measured, per day AI was used", PER_DAY_USED),
    ("Reported in surveys, per day", REPORTED),
    ("Working days a year, by the trial's own year", DAYS_A_YEAR),
)


def _found(ordered: Sequence[Compared]) -> Table:
    rows = [
        [(measure, one.results.find(measure.estimand)) for _, measure in MEASURES]
        for one in ordered
    ]
    every = [row for line in rows for _, row in line if row]
    level = confidence(every)
    common = f"Working days a year, at {working_year(COMMON_YEAR)}"
    return Table(
        caption=f"What each trial found (with {level} confidence intervals)",
        columns=("Trial", *(name for name, _ in MEASURES), common),
        rows=tuple(
            (
                one.trial.title,
                *(shown(measure, row) for measure, row in line),
                _in_common_year(_headline(one)),
            )
            for one, line in zip(ordered, rows, strict=True)
        ),
        notes=tuple(
            marks_explained(
                withheld=any(row.suppressed for row in every),
                reasons=[row.not_estimable for row in every],
            )
        ),
    )


def _in_common_year(row: EstimateRow | None) -> str:
    """Return published minutes a day as days of the common year: minutes x days / minutes a day.

    With the decimals of the minutes, as days a year by the trial's own year have.
    """
    reading = PER_WORKING_DAY.reading(row)
    if reading is None:
        return shown(PER_WORKING_DAY, row)
    days = COMMON_YEAR.working_days_per_year / (60 * COMMON_YEAR.hours_per_day)
    minutes = (reading.value, reading.low, reading.high)
    value, low, high = (fixed(part * days, reading.decimals) for part in minutes)
    return f"{value} ({low} to {high})"


def _counted(ordered: Sequence[Compared]) -> Table:
    return Table(
        caption="What each trial counts",
        columns=("Trial", *(aspect.name for aspect in ASPECTS)),
        rows=tuple(
            (one.trial.title, *(aspect.of(one.trial) for aspect in ASPECTS)) for one in ordered
        ),
    )


def _differences(ordered: Sequence[Compared]) -> list[str]:
    found = [
        f"{aspect.difference}: {'; '.join(_who(ordered, aspect))}."
        for aspect in ASPECTS
        if len({aspect.of(one.trial) for one in ordered}) > 1
    ]
    open_ones = [one.trial.title for one in ordered if not one.is_final]
    if open_ones:
        found.append(
            f"Not final, as the read-out is still to come: {', '.join(open_ones)}. Intervals are "
            "wider until then."
        )
    without = [
        one.trial.title for one in ordered if PER_WORKING_DAY.reading(_headline(one)) is None
    ]
    if without:
        found.append(f"There are no measured minutes a day of {', '.join(without)}.")
    return found


def _who(ordered: Sequence[Compared], aspect: _Aspect) -> list[str]:
    """Return each way of defining it with the trials that do: "a day (Tea, Coffee)"."""
    titles: dict[str, list[str]] = {}
    for one in ordered:
        titles.setdefault(aspect.of(one.trial), []).append(one.trial.title)
    return [f"{way} ({', '.join(names)})" for way, names in titles.items()]
