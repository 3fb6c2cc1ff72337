"""The specification table: the same effect from other task logs and by other methods. Pure."""

from collections.abc import Sequence
from typing import Final

from dashboards import figures, tables
from dashboards.measures import LESS_TIME, PER_WORKING_DAY, Reading, largest_first
from dashboards.section import Section, subtitle
from measurement.estimation.definition import Trial
from measurement.estimation.results import ALL, EstimateRow, Results

SLUG: Final = "specifications"
PLANNED: Final = "primary"
NAMES: Final = {
    PLANNED: "As planned",
    "raw": "All task logs, with minutes as logged",
    "winsorised": "Extreme minutes drawn in (winsorised)",
    "trimmed": "Extreme minutes left out (trimmed)",
    "timer_only": "Only tasks measured by the timer",
    "without_flagged": "Without questionable task logs",
    "two_way": "Two-way fixed effects",
    "participant_clustered": "Errors clustered by participant",
    "tobit": "Tasks stopped at a time limit as censored (Tobit)",
    "lower_bound": "People who left: the bound with most time saved",
    "upper_bound": "People who left: the bound with least time saved",
}
"""Samples in words; a test holds it complete."""
SIDES: Final = {
    1: "Clearly less time per task with AI",
    -1: "Clearly more time per task with AI",
    0: "No clear difference in time per task",
}
WHAT_FOR: Final = (
    "The plan says in advance which row counts. The others show whether the finding hangs on a "
    "choice; none of them is a finding of its own."
)


def section(results: Results, trial: Trial) -> Section | None:
    """Return all specifications side by side; None where there is only the planned one."""
    every = [
        row
        for row in results.estimates
        if row.dimension == ALL and row.sample in NAMES and _is_specified(row)
    ]
    rows = [row for row in every if row.estimand == LESS_TIME.estimand]
    planned = next((row for row in rows if row.sample == PLANNED), None)
    others = [row for row in rows if row.sample != PLANNED]
    if planned is None or not others:
        return None
    named = _named([planned, *largest_first(others, LESS_TIME)])
    dots = [
        figures.Dot(name, reading, apart=row is planned)
        for name, row in named
        if (reading := LESS_TIME.reading(row))
    ]
    figure = figures.dot_plot(dots, LESS_TIME.label, suffix="%") if dots else None
    found = _finding(LESS_TIME.reading(planned), others)
    return Section(
        slug=SLUG,
        title="Other ways to analyse the same trial",
        finding=found,
        subtitle=subtitle("Time saved per task by analysis", [planned], trial, figure),
        remarks=(WHAT_FOR,),
        table=tables.specification_table(
            [(name, row, _daily(row, results)) for name, row in named]
        ),
        rows=tuple(every),
        figure=figure,
        alternative=f"Chart of {len(dots)} estimates with confidence intervals. {found}",
    )


def _named(rows: Sequence[EstimateRow]) -> list[tuple[str, EstimateRow]]:
    """Return the rows with what their samples are called; their arms where there are several."""
    samples = [row.sample for row in rows]
    return [
        (NAMES[row.sample] + (f" (arm: {row.arm})" if samples.count(row.sample) > 1 else ""), row)
        for row in rows
    ]


def _is_specified(row: EstimateRow) -> bool:
    """Whether a row is of an effect that every specification has."""
    return row.estimand in (LESS_TIME.estimand, "minutes_saved_per_task", PER_WORKING_DAY.estimand)


def _daily(row: EstimateRow, results: Results) -> EstimateRow | None:
    return results.find(PER_WORKING_DAY.estimand, sample=row.sample)


def _finding(planned: Reading | None, others: Sequence[EstimateRow]) -> str:
    readings = [reading for row in others if (reading := LESS_TIME.reading(row))]
    if planned is None or not readings:
        return "There is nothing to compare the planned analysis with."
    side, count = _side(planned), len(readings)
    alike = sum(_side(reading) == side for reading in readings)
    other = f"{count} other analyses" if count > 1 else "the other analysis"
    if alike == count:
        return f"{SIDES[side]} as planned, and in {'all ' if count > 1 else ''}{other}."
    if alike:
        said = f", and in {alike} of the {other}"
    elif side:
        said = f", but in none of the {other}" if count > 1 else f", but not in {other}"
    else:
        said = f", but a clear one in {'all ' if count > 1 else ''}{other}"
    return f"{SIDES[side]} as planned{said}: read the result with care."


def _side(reading: Reading) -> int:
    return int(reading.is_saving) - int(reading.is_loss)
