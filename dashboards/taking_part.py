"""Who takes part: the shares of people who log tasks and who answer the survey. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from dashboards import figures, tables
from dashboards.measures import ANSWERED, LOGGED, Measure, Reading, largest_first, share_in_words
from dashboards.section import Section, alternative, breakdown, subtitle
from dashboards.style import Figure
from dashboards.time_figures import Week, course
from measurement.estimation.definition import Trial
from measurement.estimation.participation import DEPARTMENT, WAVE, WEEK
from measurement.estimation.results import EstimateRow, Results

AXIS_HOLDS: Final = (0.0, 100.0)
"""Per cent: where nearly everybody takes part, that is to be seen."""
MANY_OR_FEW: Final = (
    "A share is also withheld where nearly all did, or nearly nobody: the few others could be "
    "told of."
)
ROUNDED: Final = "Shares are rounded: 100% stands for 99.5% or more."
CHANCE: Final = (
    "In a department of few people the share moves a lot by chance, so look at its interval first."
)
OVER: Final = {
    WEEK: "A week is shown once it is over.",
    WAVE: "A wave is shown once it can no longer be answered.",
}
_WEEKLY: Final = re.compile(r"week (\d+)")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What people are asked to do, in words: those who `did`, "have logged a task"; in a time."""

    measure: Measure
    slug: str
    who: str
    dimension: str
    time: str
    axis: str
    have: str
    did: str
    column: str


LOGGING: Final = Asked(
    measure=LOGGED,
    slug="logging",
    who="Who logs tasks",
    dimension=WEEK,
    time="week",
    axis="Week of the trial",
    have="have logged a task",
    did="logged a task",
    column="Logged a task",
)
ANSWERING: Final = Asked(
    measure=ANSWERED,
    slug="answers",
    who="Who answers the survey",
    dimension=WAVE,
    time="wave",
    axis="Wave of the survey",
    have="have answered the survey",
    did="answered the survey",
    column="Answered",
)


def taking_part(results: Results, trial: Trial) -> tuple[Section, ...]:
    """Return the sections that published `results` have rows for, in the page's order."""
    found = [
        section(asked, results, trial)
        for asked in (LOGGING, ANSWERING)
        for section in (_by_department, _over_time)
    ]
    return tuple(section for section in found if section is not None)


# By department --------------------------------------------------------------------------------


def _by_department(asked: Asked, results: Results, trial: Trial) -> Section | None:
    """Return the share over all and in each department; None without either."""
    measure, overall = asked.measure, results.find(asked.measure.estimand)
    rows = _rows(results, asked, DEPARTMENT)
    if overall is None:
        return None
    named = [
        *((row.group, row) for row in largest_first(rows, measure)),
        (figures.EVERYBODY, overall),
    ]
    figure = figures.forest(rows, overall, measure, holds=AXIS_HOLDS)
    what = f"{measure.label}, by department" if rows else measure.label
    return Section(
        slug=asked.slug,
        title=f"{asked.who}, by department" if rows else asked.who,
        finding=_of_departments(asked, overall, rows),
        subtitle=subtitle(what, [overall], trial, figure),
        remarks=(CHANCE,) if figure else (),
        table=_table(asked, named, what, "Department"),
        rows=(overall, *rows),
        figure=figure,
        alternative=alternative(rows, measure, "departments"),
    )


def _of_departments(asked: Asked, overall: EstimateRow, rows: Sequence[EstimateRow]) -> str:
    measure = asked.measure
    whole = measure.reading(overall)
    read = [
        (row.group, reading)
        for row in largest_first(rows, measure)
        if (reading := measure.reading(row))
    ]
    said = f"{_percent(whole)} of the people who take part {asked.have}" if whole else ""
    if not read:
        return f"{said}." if said else _not_known(asked, overall)
    (first, most), (last, least) = read[0], read[-1]
    if first == last:
        spread = f"{_percent(most, within=True)} in {first}, the only department that is shown"
    elif most.value == least.value:
        spread = f"{_percent(most, within=True)} in each of the {len(read)} departments shown"
    else:
        highest, lowest = (_percent(one, within=True) for one in (most, least))
        spread = f"from {highest} in {first} to {lowest} in {last}"
    return f"{said}: {spread}." if said else f"Of the people who take part, {spread} {asked.have}."


def _not_known(asked: Asked, overall: EstimateRow) -> str:
    if overall.suppressed:
        return (
            f"How many people {asked.have} is withheld, so that nobody can be identified: nearly "
            "all have or nearly none, or few take part."
        )
    return f"How many people {asked.have} is not known, because {overall.not_estimable}."


# Over time ------------------------------------------------------------------------------------


def _over_time(asked: Asked, results: Results, trial: Trial) -> Section | None:
    """Return the share week by week, or wave by wave; None without any."""
    rows = _rows(results, asked, asked.dimension)
    if not rows:
        return None
    named = _in_order(rows)
    measure = asked.measure
    shown = [
        Week(place, name, reading)
        for place, name, row in named
        if (reading := measure.reading(row))
    ]
    what = f"{measure.label}, by {asked.time}"
    figure = _course(asked, shown)
    found = _of_time(asked, shown)
    return Section(
        slug=f"{asked.slug}-over-time",
        title=f"{asked.who}, by {asked.time}",
        finding=found,
        subtitle=subtitle(what, rows, trial, figure),
        remarks=(OVER[asked.dimension],),
        table=_table(asked, [(name, row) for _, name, row in named], what, asked.time.capitalize()),
        rows=tuple(rows),
        figure=figure,
        alternative=f"Chart of {len(shown)} {asked.time}s with confidence intervals. {found}",
    )


def _course(asked: Asked, shown: Sequence[Week]) -> Figure | None:
    if not shown:
        return None
    measure = asked.measure
    return course(shown, asked.axis, measure.label, suffix=measure.suffix, holds=AXIS_HOLDS)


def _in_order(rows: Sequence[EstimateRow]) -> list[tuple[int, str, EstimateRow]]:
    """Return place, name and row of each time, gaps between them filled by withheld rows.

    Times that are not of the trial's weeks stand in the order of their names.
    """
    numbers = [_week_of(row) for row in rows]
    known = {week: row for week, row in zip(numbers, rows, strict=True) if week is not None}
    if len(known) < len(rows):
        ordered = sorted(rows, key=lambda row: row.group)
        return [(place, row.group, row) for place, row in enumerate(ordered, start=1)]
    gap = _withheld(rows[0])
    weeks = range(min(known), max(known) + 1)
    return [(week, f"Week {week}", known.get(week, gap)) for week in weeks]


def _week_of(row: EstimateRow) -> int | None:
    if row.dimension == WEEK:
        return int(row.group)
    weekly = _WEEKLY.fullmatch(row.group)
    return int(weekly[1]) if weekly else None


def _withheld(row: EstimateRow) -> EstimateRow:
    """Return a row for a time that is not published: too few people did or did not."""
    nothing: dict[str, Any] = dict.fromkeys(
        ("value", "ci_low", "ci_high", "participants", "participants_with_ai", "as_of")
    )
    return replace(row, **nothing, notes=(), not_estimable=None, suppressed=True)


def _of_time(asked: Asked, shown: Sequence[Week]) -> str:
    if not shown:
        return f"How many people {asked.did} in each {asked.time} is withheld."
    first, last = shown[0], shown[-1]
    said = f"{_percent(first.reading)} of the people {asked.did} in {_lower(first.name)}"
    if len(shown) == 1:
        return f"{said}."
    said += f", {_percent(last.reading, within=True)} in {_lower(last.name)}"
    ends = first.reading, last.reading
    overlap = ends[0].low <= ends[1].high and ends[1].low <= ends[0].high
    return f"{said}: no clear difference between the two." if overlap else f"{said}."


# Both -----------------------------------------------------------------------------------------


def _rows(results: Results, asked: Asked, dimension: str) -> list[EstimateRow]:
    estimand = asked.measure.estimand
    return [row for row in breakdown(results, dimension) if row.estimand == estimand]


def _table(
    asked: Asked, named: Sequence[tuple[str, EstimateRow]], caption: str, heading: str
) -> tables.Table:
    table = tables.share_table(
        named, asked.measure, caption=caption, heading=heading, did=asked.column
    )
    readings = [reading for _, row in named if (reading := asked.measure.reading(row))]
    notes = (
        *table.notes,
        *([MANY_OR_FEW] if any(row.suppressed for _, row in named) else []),
        *([ROUNDED] if any(reading.high >= 100 for reading in readings) else []),
    )
    return replace(table, notes=notes)


def _percent(reading: Reading, *, within: bool = False) -> str:
    """Return the share, `within` a sentence or at its start."""
    words = share_in_words(reading.value)
    return f"{words[0].lower()}{words[1:]}" if within else words


def _lower(name: str) -> str:
    """Return the name of a week as it stands within a sentence."""
    return f"{name[0].lower()}{name[1:]}" if name.startswith("Week ") else f"the wave {name}"
