"""The tables of a page as spreadsheets (ODS), for those who go on working with its numbers. Pure.

A sheet is the table under its figure: the same rows, names and rounding, but every number is a
number in a column of its own, the ends of intervals too. What people quote and draw is then what
the page says, and some of it, such as minutes with AI by type of task, stands in no row of the CSV
file, which has all rows of a section under the names that programs know.
"""

import datetime
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache, partial
from typing import Final

from dashboards.downloads import Download
from dashboards.number_text import IntervalHeading, NumberText
from dashboards.pages import VERDICTS, Page
from dashboards.plan import NOT_KNOWN, Deviation, day
from dashboards.section import IN_PICTURE, Section
from dashboards.spreadsheet import Rounded, Sheet, Value, ods
from dashboards.tables import NOT_APPLICABLE, NOT_ESTIMABLE, WITHHELD, Table
from measurement.estimation.calendar import LOCAL_TIME

ALL_TABLES: Final = "all-tables"
FILES_KEPT: Final = 512
"""Spreadsheets that a process keeps, of about 30 KB each with what they were made from."""
MARKS: Final = (
    f"{WITHHELD}: withheld so that nobody can be identified. "
    f"{NOT_ESTIMABLE}: there is no such number. {NOT_APPLICABLE}: does not apply."
)


def section_workbook(page: Page, section: Section) -> Download:
    """Return the spreadsheet of one section of a page: its table, behind a cover.

    The same tables give the same file without being made again, as long as the process keeps it.
    """
    about = tuple(_about(page))
    sheets = (_section_sheet(section, page),)
    content = _kept(f"{page.trial.title}: {section.title}", about, sheets, page.as_of)
    return Download(f"{page.results.trial}-{section.slug}.ods", content)


def report_workbook(page: Page, texts: Sequence[tuple[str, Sequence[str]]] = ()) -> Download:
    """Return the spreadsheet of a whole page: every section, task logs, checks, plan, changes.

    `texts`: what else is to be read, paragraphs under the names of their sheets. Kept like those of
    sections.
    """
    found = (page.headline, page.quality, page.caution)
    about = (*filter(None, found), *_about(page))
    sheets = (
        *(_section_sheet(part, page) for part in page.sections),
        _table_sheet("Task logs", page.logs),
        _checks(page),
        _plan(page),
        _changes(page),
        *(_text(name, paragraphs) for name, paragraphs in texts),
    )
    content = _kept(page.trial.title, about, sheets, page.as_of)
    return Download(f"{page.results.trial}-{ALL_TABLES}.ods", content)


def by_name(page: Page) -> dict[str, Callable[[], Download]]:
    """Return what makes each spreadsheet of a page, by the name in its address."""
    return {**_makers(page, page.sections), ALL_TABLES: partial(report_workbook, page)}


def running_by_name(page: Page) -> dict[str, Callable[[], Download]]:
    """Return the same of the sections about how the trial runs, which are in no report."""
    return _makers(page, page.running)


def _makers(page: Page, sections: Iterable[Section]) -> dict[str, Callable[[], Download]]:
    return {part.slug: partial(section_workbook, page, part) for part in sections}


@lru_cache(maxsize=FILES_KEPT)
def _kept(
    title: str, about: tuple[str, ...], sheets: tuple[Sheet, ...], made_at: datetime.datetime
) -> bytes:
    return ods(title, about, sheets, made_at)


def _about(page: Page) -> Iterator[str]:
    """Yield the lines of the cover that say what the numbers are worth."""
    if page.results.simulated:
        yield "Simulated data"
    yield from page.alarms
    yield f"Figures as of {_moment(page.as_of)}, London time."
    if page.not_final:
        yield page.not_final
    yield _locked(page)
    yield f"Fingerprint of the plan: SHA-256 {page.plan_sha256}"
    yield f"Version of the code: {page.code_version}"
    yield f"Ends of intervals are those of {_level(page)} confidence intervals."
    yield page.disclosed
    yield "Numbers are rounded as on the page."
    yield MARKS


def _locked(page: Page) -> str:
    if page.locking is None:
        return "The plan is not locked yet, so changes of it are not listed."
    changes = page.locking.warning or "It was not changed since then."
    return f"The plan was locked on {_moment(page.locking.at)} by {page.locking.by}. {changes}"


def _level(page: Page) -> str:
    return f"{100 * page.trial.plan.confidence:g}%"


def _section_sheet(part: Section, page: Page) -> Sheet:
    name = part.slug.replace("-", " ").capitalize()
    subtitle = part.subtitle.replace(f" {IN_PICTURE.format(level=_level(page))}", "")
    return _table_sheet(name, part.table, (part.finding, subtitle, *part.remarks))


def _table_sheet(name: str, table: Table, notes: Iterable[str] = ()) -> Sheet:
    """Return a table as a sheet, in which a value and both ends of its interval are columns."""
    units = [_units(column) for column in zip(*table.rows, strict=True)]
    width = [3 if isinstance(column, IntervalHeading) else 1 for column in table.columns]
    headings: list[str] = []
    for column, unit in zip(table.columns, units or [set()] * len(width), strict=True):
        headings.extend(_headings(column, unit))
    return Sheet(
        name=name,
        title=table.caption,
        notes=tuple(filter(None, (*notes, *table.notes))),
        columns=tuple(headings),
        rows=tuple(tuple(_values(row, width, units)) for row in table.rows),
    )


def _units(cells: Iterable[str]) -> set[str]:
    """Return what follows the numbers of a column: {"%"}, and more than one where they differ."""
    return {cell.suffix for cell in cells if isinstance(cell, NumberText)}


def _headings(column: str, units: set[str]) -> Iterator[str]:
    unit = f" ({min(units)})" if len(units) == 1 and units != {""} else ""
    if not isinstance(column, IntervalHeading):
        yield f"{column}{unit}"
        return
    yield f"{column.name}{unit}"
    for end in ("low", "high"):
        yield f"{column.name}{unit}, {end} end of the {column.level} confidence interval"


def _values(row: Sequence[str], width: Sequence[int], units: Sequence[set[str]]) -> Iterator[Value]:
    """Yield the cells of a row; its name says the unit where the rows of a column differ in it."""
    name, *cells = row
    mixed = [cell for cell, of_column in zip(row, units, strict=True) if len(of_column) > 1]
    unit = "".join(_units(mixed))
    yield f"{name} ({unit})" if unit else name
    for cell, places in zip(cells, width[1:], strict=True):
        if not isinstance(cell, NumberText):
            yield from [cell] * places
            continue
        yield from (Rounded(number, cell.decimals) for number in cell.numbers)
        yield from [NOT_APPLICABLE] * (places - len(cell.numbers))


def _checks(page: Page) -> Sheet:
    return Sheet(
        name="Checks",
        title="Checks of the trial",
        notes=() if page.checks else ("This analysis made no checks.",),
        columns=("Verdict", "What was found"),
        rows=tuple((VERDICTS[check.verdict], check.message) for check in page.checks),
    )


def _plan(page: Page) -> Sheet:
    return Sheet(
        name="Plan",
        title="The plan",
        notes=(),
        columns=("What", "As planned"),
        rows=tuple(page.plan),
    )


def _changes(page: Page) -> Sheet:
    changes = page.locking.deviations if page.locking else ()
    return Sheet(
        name="Plan changes",
        title="Changes since the plan was locked",
        notes=(_locked(page),),
        columns=("What", "Before", "After", "Who", "When", "Why"),
        rows=tuple(map(_change, changes)),
    )


def _text(name: str, paragraphs: Sequence[str]) -> Sheet:
    rows = tuple((paragraph,) for paragraph in paragraphs)
    return Sheet(name=name, title=name, notes=(), columns=("Paragraph",), rows=rows)


def _change(change: Deviation) -> tuple[str, ...]:
    when = _moment(change.when) if change.when else NOT_KNOWN
    cells = (change.what, change.before, change.after, change.who, when, change.why)
    return tuple(cell or NOT_APPLICABLE for cell in cells)


def _moment(at: datetime.datetime) -> str:
    """Return a moment in London: 3 October 2024 at 2:05pm."""
    local = at.astimezone(LOCAL_TIME)
    return f"{day(local)} at {local.hour % 12 or 12}:{local:%M}{'am' if local.hour < 12 else 'pm'}"
