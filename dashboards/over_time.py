"""How the effect and the use of AI develop from week to week. Pure."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from dashboards import tables
from dashboards.headlines import across_groups
from dashboards.measures import ADOPTION, LESS_TIME, Measure, Reading, share_in_words
from dashboards.section import Section, breakdown, subtitle
from dashboards.time_figures import Week, course
from measurement.estimation.definition import Trial
from measurement.estimation.results import EstimateRow, Results
from measurement.estimation.time_course import PLACEBO

WEEK: Final = "week"
SINCE_ACCESS: Final = "weeks_since_access"
NOT_KNOWN: Final = "Whether the time saved changes over the weeks is not known."
NO_CHANGE: Final = "No clear change in the time saved over the weeks."
CHANGE: Final = "The time saved changed over the weeks, so it may be another later."
FELL: Final = "The time saved fell over the weeks, so it may be smaller later."
ROSE: Final = "The time saved rose over the weeks, so it may be larger later."
BEFORE_ACCESS: Final = (
    "Weeks before access show no effect if the comparison is sound: nobody had AI yet."
)


def effect(results: Results, trial: Trial) -> Section | None:
    """Return the time saved week by week, with the novelty check in words; None without weeks."""
    dimension = SINCE_ACCESS if breakdown(results, SINCE_ACCESS) else WEEK
    rows = _weeks(results, dimension, LESS_TIME)
    if not rows:
        return None
    axis = "Weeks since access to AI" if dimension == SINCE_ACCESS else "Week of the trial"
    found = _finding(results, dimension, rows)
    early = any(map(_is_before, rows))
    return _section(
        rows,
        LESS_TIME,
        trial,
        axis=axis,
        slug="over-time",
        title="Over time",
        finding=found,
        what=f"{LESS_TIME.label}, by {axis[0].lower()}{axis[1:]}",
        remarks=(*_clear_weeks(rows), *((BEFORE_ACCESS,) if early else ())),
    )


def use(results: Results, trial: Trial) -> Section | None:
    """Return the share of people who used AI, week by week; None without weeks."""
    rows = _weeks(results, WEEK, ADOPTION)
    if not rows:
        return None
    return _section(
        rows,
        ADOPTION,
        trial,
        axis="Week of the trial",
        slug="use-over-time",
        title="Use of AI over time",
        finding=_use(rows),
        what="People with access to AI who used it in the week, by week of the trial",
        remarks=(),
    )


def _section(
    rows: Sequence[EstimateRow],
    measure: Measure,
    trial: Trial,
    *,
    axis: str,
    slug: str,
    title: str,
    finding: str,
    what: str,
    remarks: tuple[str, ...],
) -> Section:
    weeks = [
        Week(_number(row), _name(row), reading) for row in rows if (reading := measure.reading(row))
    ]
    label = measure.label if measure is LESS_TIME else "People who used AI"
    figure = course(weeks, axis, label, suffix=measure.suffix) if weeks else None
    return Section(
        slug=slug,
        title=title,
        finding=finding,
        subtitle=subtitle(what, rows, trial, figure),
        remarks=remarks,
        table=tables.course_table(
            [(_name(row), _without_placebo_note(row)) for row in rows],
            measure,
            caption=what,
            heading=axis,
        ),
        rows=tuple(rows),
        figure=figure,
        alternative=(
            f"Chart of {len(weeks)} {'week' if len(weeks) == 1 else 'weeks'} with confidence "
            f"intervals. {finding}"
        ),
    )


def _weeks(results: Results, dimension: str, measure: Measure) -> list[EstimateRow]:
    rows = [row for row in breakdown(results, dimension) if row.estimand == measure.estimand]
    return sorted(rows, key=_number)


def _number(row: EstimateRow) -> int:
    return int(row.group)


def _name(row: EstimateRow) -> str:
    number_of_week = _number(row)
    if row.dimension == WEEK:
        return f"Week {number_of_week}"
    if number_of_week == 0:
        return "Week of access"
    unit = "week" if abs(number_of_week) == 1 else "weeks"
    return f"{abs(number_of_week)} {unit} {'before' if number_of_week < 0 else 'after'}"


def _finding(results: Results, dimension: str, rows: Sequence[EstimateRow]) -> str:
    """Return what the novelty check says, and the direction where the weeks show it.

    In a crossover the check counts from each person's first week with AI and the chart does not.
    """
    verdict = next((check.verdict for check in results.checks if check.check == "novelty"), "")
    if verdict == "pass":
        return NO_CHANGE
    if verdict not in ("warn", "fail"):
        return NOT_KNOWN
    if dimension == WEEK and results.design == "crossover":
        return CHANGE
    slope = _slope([(_number(row), reading) for row, reading in _with_access(rows)])
    return CHANGE if slope == 0 else FELL if slope < 0 else ROSE


def _with_access(rows: Sequence[EstimateRow]) -> list[tuple[EstimateRow, Reading]]:
    return [
        (row, reading)
        for row in rows
        if (reading := LESS_TIME.reading(row)) and not _is_before(row)
    ]


def _is_before(row: EstimateRow) -> bool:
    return row.dimension == SINCE_ACCESS and _number(row) < 0


def _without_placebo_note(row: EstimateRow) -> EstimateRow:
    """Return the row without the note that its week was before access: its name says so."""
    return replace(row, notes=tuple(note for note in row.notes if not PLACEBO.startswith(note)))


def _slope(weeks: Sequence[tuple[int, Reading]]) -> float:
    """Return the sign-giving slope of the readings, each weighted by its interval's width."""
    weights = [1 / max(reading.high - reading.low, 1.0) ** 2 for _, reading in weeks]
    total = sum(weights)
    if not total:
        return 0.0
    middle = sum(w * week for w, (week, _) in zip(weights, weeks, strict=True)) / total
    return sum(
        w * (week - middle) * reading.value
        for w, (week, reading) in zip(weights, weeks, strict=True)
    )


def _clear_weeks(rows: Sequence[EstimateRow]) -> tuple[str, ...]:
    shown = [row for row, _ in _with_access(rows)]
    if not shown:
        return ()
    return (across_groups(shown, LESS_TIME, one="week", several="weeks"),)


def _use(rows: Sequence[EstimateRow]) -> str:
    shown = [(row, reading) for row in rows if (reading := ADOPTION.reading(row))]
    if not shown:
        return "How many people used AI from week to week is not known."
    (first_row, first), (last_row, last) = shown[0], shown[-1]
    if first_row is last_row:
        return f"{share_in_words(first.value)} of the people with access used AI in that week."
    overlap = first.low <= last.high and last.low <= first.high
    said = (
        f"{share_in_words(first.value)} of the people with access used AI in week "
        f"{first_row.group}, {share_in_words(last.value)} in week {last_row.group}"
    )
    return f"{said}: no clear difference between the two." if overlap else f"{said}."
