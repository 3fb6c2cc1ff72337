"""The parts of a dashboard: a finding in words, a figure, its table, its download. Pure."""

from dashboards import (
    conventions,
    figures,
    groups,
    headlines,
    over_time,
    quality,
    specifications,
    tables,
)
from dashboards.measures import (
    ADOPTION,
    DAYS_A_YEAR,
    LESS_TIME,
    PER_DAY_USED,
    PER_TASK,
    PER_WORKING_DAY,
    REPORTED,
)
from dashboards.plan import working_year
from dashboards.section import Section, subtitle
from dashboards.tables import Named
from measurement.estimation.definition import Trial
from measurement.estimation.results import Results


def sections(results: Results, trial: Trial) -> tuple[Section, ...]:
    """Return the sections that published `results` have rows for, in the page's order."""
    departments, professions, grades = (
        groups.section(grouping, results, trial) for grouping in groups.GROUPINGS
    )
    found = [
        _main_figures(results, trial),
        quality.section(results, trial),
        departments,
        professions,
        grades,
        groups.task_types(results, trial),
        groups.tools(results, trial),
        over_time.effect(results, trial),
        over_time.use(results, trial),
        _reported_beside_measured(results, trial),
        specifications.section(results, trial),
        _conventions(results, trial),
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
        subtitle=subtitle(
            "Minutes saved a day: what people say and what task logs show",
            [measured],
            trial,
            figure,
        ),
        remarks=tuple(filter(None, [conventions.top_band(results.sensitivity)])),
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
        subtitle=subtitle("Working days saved a year by convention", measured, trial, None),
        table=conventions.table(rows),
        conventions=rows,
    )
