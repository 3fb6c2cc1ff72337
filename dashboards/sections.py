"""The parts of a dashboard: a finding in words, a figure, its table, its download. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import plotly.graph_objects as go

from dashboards import conventions, figures, headlines, tables
from dashboards.measures import (
    ADOPTION,
    DAYS_A_YEAR,
    LESS_TIME,
    PER_DAY_USED,
    PER_TASK,
    PER_WORKING_DAY,
    REPORTED,
    Measure,
    confidence,
    largest_first,
    number,
)
from dashboards.plan import NO_DATES, period, working_year
from dashboards.tables import Named, Table
from measurement.estimation.definition import Trial
from measurement.estimation.designs import RANDOMISED
from measurement.estimation.results import ALL, EstimateRow, Results


@dataclass(frozen=True, kw_only=True)
class Section:
    """One part. `rows` are the published rows behind it, which its download carries.

    `conventions` are those of the sensitivity table where it is behind the part instead. `remark`
    says what else a reader of the finding has to know. `alternative` says in words what `figure`
    shows, for those who do not see it.
    """

    slug: str
    title: str
    finding: str
    table: Table
    rows: tuple[EstimateRow, ...] = ()
    conventions: tuple[Mapping[str, Any], ...] = ()
    subtitle: str = ""
    remark: str = ""
    figure: go.Figure | None = None
    alternative: str = ""


@dataclass(frozen=True, kw_only=True)
class Grouping:
    """Groups of participants as a section of the page."""

    dimension: str
    slug: str
    one: str
    several: str
    drawn: bool = False


GROUPINGS: Final = (
    Grouping(
        dimension="department",
        slug="departments",
        one="department",
        several="departments",
        drawn=True,
    ),
    Grouping(dimension="profession", slug="professions", one="profession", several="professions"),
    Grouping(dimension="grade", slug="grades", one="grade", several="grades"),
)
TASK_TYPES: Final = "task-types"


def sections(results: Results, trial: Trial) -> tuple[Section, ...]:
    """Return the sections that published `results` have rows for, in the page's order."""
    departments, professions, grades = (_groups(grouping, results, trial) for grouping in GROUPINGS)
    found = [
        _main_figures(results, trial),
        departments,
        _task_types(results, trial),
        _reported_beside_measured(results, trial),
        _conventions(results, trial),
        professions,
        grades,
    ]
    return tuple(section for section in found if section is not None)


def _main_figures(results: Results, trial: Trial) -> Section:
    year = working_year(trial.assumptions)
    wanted = [
        (PER_WORKING_DAY, PER_WORKING_DAY.label),
        (DAYS_A_YEAR, f"{DAYS_A_YEAR.label}, at {year}"),
        (PER_DAY_USED, f"{PER_DAY_USED.label} (not per working day)"),
        (PER_TASK, PER_TASK.label),
        (LESS_TIME, LESS_TIME.label),
        (ADOPTION, ADOPTION.label),
    ]
    named = [
        Named(name, row, measure)
        for measure, name in wanted
        if (row := results.find(measure.estimand))
    ]
    adoption = ADOPTION.reading(results.find(ADOPTION.estimand))
    return Section(
        slug="main-figures",
        title="Main figures",
        finding=headlines.adoption(adoption),
        table=tables.named_table("Figures over all participants", named),
        rows=tuple(item.row for item in named),
    )


def _groups(grouping: Grouping, results: Results, trial: Trial) -> Section | None:
    every = _breakdown(results, grouping.dimension)
    if not every:
        return None
    measure = _measure(every)
    rows = [row for row in every if row.estimand == measure.estimand]
    overall = results.find(measure.estimand)
    figure = figures.forest(rows, overall, measure) if grouping.drawn else None
    return Section(
        slug=grouping.slug,
        title=grouping.several.capitalize(),
        finding=headlines.across_groups(rows, measure, one=grouping.one, several=grouping.several),
        subtitle=_subtitle(f"{measure.label} by {grouping.one}", rows, trial, figure),
        table=tables.group_table(rows, overall, measure, heading=grouping.one.capitalize()),
        rows=(*_totals(results, every), *every),
        figure=figure,
        alternative=_alternative(rows, measure, grouping.several),
    )


def _task_types(results: Results, trial: Trial) -> Section | None:
    every = _breakdown(results, "task_type")
    rows = [row for row in every if row.estimand == PER_TASK.estimand]
    if not rows:
        return None
    figure = figures.dumbbell(rows)
    return Section(
        slug=TASK_TYPES,
        title="Types of task",
        finding=headlines.across_groups(
            rows, PER_TASK, one="type of task", several="types of task"
        ),
        subtitle=_subtitle(
            "Minutes per task without and with AI, by type of task", rows, trial, figure
        ),
        table=tables.task_type_table(rows),
        rows=(*_totals(results, every), *every),
        figure=figure,
        alternative=_alternative(rows, PER_TASK, "types of task"),
    )


def _reported_beside_measured(results: Results, trial: Trial) -> Section | None:
    reported, measured = results.find(REPORTED.estimand), results.find(PER_WORKING_DAY.estimand)
    if reported is None or measured is None:
        return None
    named = [
        Named("Reported in surveys, per day", reported, REPORTED),
        Named("Measured by task logs, per working day", measured, PER_WORKING_DAY),
    ]
    readings = [item.reading for item in named]
    dots = [
        figures.Dot(item.name, reading, apart=item.row is measured)
        for item, reading in zip(named, readings, strict=True)
        if reading
    ]
    figure = figures.dot_plot(dots, "Minutes saved a day") if len(dots) == len(named) else None
    finding = headlines.reported_beside_measured(*readings)
    return Section(
        slug="reported-and-measured",
        title="Reported and measured minutes",
        finding=finding,
        subtitle=_subtitle(
            "Minutes saved a day: what people say and what task logs show",
            [measured],
            trial,
            figure,
        ),
        remark=conventions.top_band(results.sensitivity),
        table=tables.named_table("Minutes saved a day, reported and measured", named),
        rows=(reported, measured),
        figure=figure,
        alternative=f"Chart of two estimates with their confidence intervals. {finding}",
    )


def _conventions(results: Results, trial: Trial) -> Section | None:
    """Return the annual figure under other conventions; None where no convention has a figure."""
    rows = results.sensitivity
    if not any(row["days_per_year"] is not None for row in rows):
        return None
    measured = [row for row in results.estimates if row.estimand == PER_WORKING_DAY.estimand]
    return Section(
        slug="conventions",
        title="The same minutes under other conventions",
        finding=conventions.finding(rows),
        subtitle=_subtitle("Working days saved a year by convention", measured, trial, None),
        table=conventions.table(rows),
        conventions=rows,
    )


def _breakdown(results: Results, dimension: str) -> list[EstimateRow]:
    return [row for row in results.estimates if row.dimension == dimension]


def _totals(results: Results, rows: Sequence[EstimateRow]) -> tuple[EstimateRow, ...]:
    """Return the rows over all participants that belong to the rows of a breakdown."""
    names = {(row.estimand, row.sample) for row in rows}
    return tuple(
        row
        for row in results.estimates
        if row.dimension == ALL and (row.estimand, row.sample) in names
    )


def _measure(rows: Sequence[EstimateRow]) -> Measure:
    """Return minutes per working day, or time per task where no group has those."""
    for measure in (PER_WORKING_DAY, LESS_TIME):
        if any(row.estimand == measure.estimand and measure.reading(row) for row in rows):
            return measure
    return PER_WORKING_DAY


def _subtitle(
    what: str, rows: Sequence[EstimateRow], trial: Trial, figure: go.Figure | None
) -> str:
    """Return measure, place, period, how to read the picture, and what must not be forgotten."""
    when = period(trial)
    where = trial.title if when == NO_DATES else f"{trial.title}, {when}"
    label = next((row.comparison for row in rows if row.comparison != RANDOMISED), "")
    parts = [
        f"{what}. {where}.",
        f"Dots are estimates, lines {confidence(rows)} confidence intervals." if figure else "",
        f"{label[:1].upper()}{label[1:]}." if label else "",
        "Simulated data." if trial.simulated else "",
    ]
    return " ".join(part for part in parts if part)


def _alternative(rows: Sequence[EstimateRow], measure: Measure, several: str) -> str:
    readings = [
        (row.group, reading)
        for row in largest_first(rows, measure)
        if (reading := measure.reading(row))
    ]
    if not readings:
        return ""
    (first, most), (last, least) = readings[0], readings[-1]
    return (
        f"Chart of {measure.label.lower()} with confidence intervals for {len(readings)} "
        f"{several}, from {number(most.value)}{measure.suffix} ({first}) to "
        f"{number(least.value)}{measure.suffix} ({last}). The table after it has all numbers."
    )
