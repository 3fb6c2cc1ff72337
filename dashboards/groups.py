"""Breakdowns: by department, profession and grade, by type of task, by tool. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from dashboards import figures, headlines, tables
from dashboards.measures import LESS_TIME, PER_TASK, PER_WORKING_DAY, Measure
from dashboards.section import Section, alternative, breakdown, subtitle, totals
from measurement.estimation.definition import Trial
from measurement.estimation.results import EstimateRow, Results
from measurement.estimation.rows import DESCRIPTIVE


@dataclass(frozen=True, kw_only=True)
class Grouping:
    """Groups of participants as a section of the page."""

    dimension: str
    slug: str
    one: str
    several: str


GROUPINGS: Final = (
    Grouping(dimension="department", slug="departments", one="department", several="departments"),
    Grouping(dimension="profession", slug="professions", one="profession", several="professions"),
    Grouping(dimension="grade", slug="grades", one="grade", several="grades"),
)
TASK_TYPES: Final = "task-types"
TOOLS: Final = "tools"
NOT_RANDOMISED: Final = "Not randomised."
BY_CHOICE: Final = (
    "Nobody drew who uses which tool: a tool's task logs with AI are compared with all task logs "
    "without AI, so a difference may come from the people and tasks, not from the tool."
)


def section(grouping: Grouping, results: Results, trial: Trial) -> Section | None:
    """Return the section of groups of participants; None where there are none."""
    every = [row for row in breakdown(results, grouping.dimension) if row.comparison != DESCRIPTIVE]
    if not every:
        return None
    measure = _measure(every)
    rows = [row for row in every if row.estimand == measure.estimand]
    overall = results.find(measure.estimand)
    figure = figures.forest(rows, overall, measure)
    return Section(
        slug=grouping.slug,
        title=grouping.several.capitalize(),
        finding=headlines.across_groups(rows, measure, one=grouping.one, several=grouping.several),
        subtitle=subtitle(f"{measure.label} by {grouping.one}", rows, trial, figure),
        remarks=_whether_they_differ(grouping.dimension, grouping.several, results),
        table=tables.group_table(rows, overall, measure, heading=grouping.one.capitalize()),
        rows=(*totals(results, every), *every),
        figure=figure,
        alternative=alternative(rows, measure, grouping.several),
    )


def task_types(results: Results, trial: Trial) -> Section | None:
    """Return the section of types of task; None where there are none."""
    every = breakdown(results, "task_type")
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
        subtitle=subtitle(
            "Minutes per task without and with AI, by type of task", rows, trial, figure
        ),
        remarks=_whether_they_differ("task_type", "types of task", results),
        table=tables.task_type_table(rows),
        rows=(*totals(results, every), *every),
        figure=figure,
        alternative=alternative(rows, PER_TASK, "types of task"),
    )


def tools(results: Results, trial: Trial) -> Section | None:
    """Return the section of tools, which says before all else that nobody was randomised to one."""
    every = breakdown(results, "tool")
    rows = [row for row in every if row.estimand == LESS_TIME.estimand]
    if not rows:
        return None
    figure = figures.forest(rows, None, LESS_TIME)
    found = headlines.across_groups(rows, LESS_TIME, one="tool", several="tools")
    return Section(
        slug=TOOLS,
        title="Tools (not randomised)",
        finding=f"{NOT_RANDOMISED} {found}",
        subtitle=subtitle(f"{LESS_TIME.label} by tool", rows, trial, figure),
        remarks=(BY_CHOICE,),
        table=tables.group_table(rows, None, LESS_TIME, heading="Tool"),
        rows=tuple(every),
        figure=figure,
        alternative=alternative(rows, LESS_TIME, "tools"),
    )


def _measure(rows: Sequence[EstimateRow]) -> Measure:
    """Return minutes per working day, or time per task where no group has those."""
    for measure in (PER_WORKING_DAY, LESS_TIME):
        if any(row.estimand == measure.estimand and measure.reading(row) for row in rows):
            return measure
    return PER_WORKING_DAY


def _whether_they_differ(dimension: str, several: str, results: Results) -> tuple[str, ...]:
    """Return what the interaction test says of the groups, if there was one."""
    for check in results.checks:
        if check.check == f"interaction_{dimension}":
            if check.verdict == "not_estimable":
                return (f"Whether the effect differs between {several} at all is not known.",)
            return (f"{check.message.removesuffix('.')}.",)
    return ()
