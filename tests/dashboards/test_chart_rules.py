"""The rules that every figure of a dashboard keeps, over several invented results."""

import csv
import io
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import plotly.graph_objects as go
import pytest

from dashboards import style
from dashboards.pages import Page, Published, page
from dashboards.section import Section
from dashboards.workbooks import section_workbook
from measurement.estimation.disclosure import published
from measurement.estimation.results import EstimateRow, Results
from tests.dashboards.invented import (
    NOT_CAUSAL,
    everything,
    quality_row,
    results,
    row,
    specification_rows,
    total_rows,
    trial,
    week_rows,
)
from tests.dashboards.test_spreadsheet import sheets_of

NUMBER = re.compile("\N{MINUS SIGN}?\\d[\\d,]*(?:\\.\\d+)?")
DRAWN = [
    "quality",
    "departments",
    "task-types",
    "tools",
    "over-time",
    "use-over-time",
    "reported-and-measured",
    "specifications",
]
RUNNING = ["logging", "logging-over-time", "answers", "answers-over-time"]


def losing() -> list[EstimateRow]:
    """Return results where AI costs time everywhere, in few groups with long names."""
    name = "Directorate of " + "very " * 20 + "long names"
    return [
        *(replace(one, value=0.0, ci_low=0.0, ci_high=0.0) for one in total_rows()[3:5]),
        row("time_ratio", 1.4, 1.3, 1.5),
        row(value=-10, low=-12, high=-8),
        quality_row(-2.0, -2.5, -1.5),
        *(
            row(value=-value, low=-value - 9, high=-value + 9, dimension=dimension, group=group)
            for dimension in ("department", "profession", "grade")
            for group, value in ((name, 30.0), ("Kites", 20.0))
        ),
        *week_rows(*[-0.1] * 40),
        *specification_rows(raw=(1.3, 1.2, 1.4)),
    ]


def rolling_out() -> list[EstimateRow]:
    weeks = week_rows(0.0, 0.1, 0.3, 0.2, dimension="weeks_since_access", first=-2)
    return [one for one in everything() if one.dimension != "week"] + weeks


INVENTED: dict[str, tuple[list[EstimateRow], bool]] = {
    "everything": (everything(), False),
    "simulated": (everything(), True),
    "not causal": ([replace(one, comparison=NOT_CAUSAL) for one in everything()], False),
    "losing": (losing(), False),
    "rolling out": (rolling_out(), True),
}


def page_of(name: str) -> Page:
    rows, simulated = INVENTED[name]
    found: Results = published(results(*rows, simulated=simulated), minimum_people=10)
    of_trial = trial(simulated=simulated)
    as_of = datetime(2025, 1, 6, 12, tzinfo=UTC)
    published_on = Published(found, of_trial, as_of, next_on=date(2025, 1, 13))
    return page(published_on, today=date(2025, 1, 6))


FIGURES = [
    pytest.param(found, page_of(name), id=f"{name}: {found.slug}")
    for name in INVENTED
    for found in (*page_of(name).sections, *page_of(name).running)
    if found.figure
]
every_figure = pytest.mark.parametrize(("section", "whole"), FIGURES)


def checked(section: Section) -> Any:
    """Return the figure as plotly's own object, which refuses what Plotly does not know."""
    assert section.figure is not None
    return go.Figure(section.figure)


def dots(figure: Any) -> list[Any]:
    return [trace for trace in figure.data if trace.mode == "markers"]


def value_axes(figure: Any) -> list[Any]:
    """Return the axes that show a measure: the visible ones that do not count weeks."""
    axes = [*figure.select_xaxes(), *figure.select_yaxes()]
    return [axis for axis in axes if axis.visible is not False and axis.tickformat != "d"]


def numbers(text: str) -> list[float]:
    return [
        float(one.replace("\N{MINUS SIGN}", "-").replace(",", "")) for one in NUMBER.findall(text)
    ]


def test_all_kinds_of_figures_are_held_to_the_rules() -> None:
    assert [found.slug for found in page_of("everything").sections if found.figure] == DRAWN
    assert [found.slug for found in page_of("everything").running if found.figure] == RUNNING
    assert {"professions", "grades"} <= {found.slug for found in page_of("losing").sections}


@every_figure
def test_dots_and_no_bars(section: Section, whole: Page) -> None:
    figure = checked(section)
    assert {trace.type for trace in figure.data} == {"scatter"}, "a bar would have to begin at 0"
    assert {trace.mode for trace in figure.data} <= {"markers", "lines"}
    assert dots(figure)


@every_figure
def test_zero_is_on_every_axis_with_a_line(section: Section, whole: Page) -> None:
    axes = value_axes(checked(section))
    assert axes
    for axis in axes:
        assert min(axis.range) <= 0 <= max(axis.range)
        assert (axis.zeroline, axis.zerolinewidth, axis.zerolinecolor) == (True, 2, style.INK)


@every_figure
def test_shares_of_people_are_seen_against_all_of_them(section: Section, whole: Page) -> None:
    if section.slug in RUNNING:
        (axis,) = value_axes(checked(section))
        assert axis.range[0] == 0
        assert 100 <= axis.range[1] <= 110


@every_figure
def test_rows_are_ordered_by_value_and_weeks_by_time(section: Section, whole: Page) -> None:
    for trace in dots(checked(section)):
        if trace.error_y.array is not None:
            assert list(trace.x) == sorted(trace.x)
            continue
        assert list(trace.y) == sorted(trace.y), "from top to bottom"
    by_value = [cells[1] for cells in section.table.rows]
    if section.slug in ("departments", "professions", "grades", "tools", "logging", "answers"):
        drawn = list(dots(checked(section))[0].x)
        assert drawn == sorted(drawn, reverse=True)
        assert [numbers(cell)[0] for cell in by_value if numbers(cell)][: len(drawn)] == drawn
    if section.slug == "task-types":
        without, with_ai = dots(checked(section))
        saved = [before - after for before, after in zip(without.x, with_ai.x, strict=True)]
        assert saved == sorted(saved, reverse=True)


@every_figure
def test_text_is_horizontal_and_the_title_stands_in_the_page(section: Section, whole: Page) -> None:
    figure = checked(section)
    assert figure.layout.title.text is None
    assert not any(note.textangle for note in figure.layout.annotations)
    for axis in [*figure.select_xaxes(), *figure.select_yaxes()]:
        assert axis.visible is False or axis.tickangle == 0
    assert not any(axis.title.text for axis in figure.select_yaxes()), "it would stand upright"
    titled = [axis.title.text for axis in figure.select_xaxes()]
    assert all(titled), "every axis has its name"


@every_figure
def test_at_most_four_colours_in_their_order_and_never_alone(section: Section, whole: Page) -> None:
    traces = dots(checked(section))
    hues = [
        trace.marker.line.color if trace.marker.color == "white" else trace.marker.color
        for trace in traces
    ]
    used = list(dict.fromkeys(hues))
    assert len(used) <= 4
    assert sorted(used, key=style.COLOURS.index) == list(style.COLOURS[: len(used)])
    symbols = {trace.marker.symbol for trace in traces}
    assert len(symbols) == len(used), "each colour has a symbol of its own"
    others = {trace.line.color for trace in checked(section).data if trace.mode == "lines"}
    assert others <= {style.LINE}


@every_figure
def test_intervals_are_drawn_and_their_level_is_named(section: Section, whole: Page) -> None:
    for trace in dots(checked(section)):
        bars = trace.error_x if trace.error_x.array is not None else trace.error_y
        if trace.name == "Without AI":
            continue  # what the others are compared with
        assert len(bars.array) == len(bars.arrayminus) == len(trace.x)
        assert min([*bars.array, *bars.arrayminus]) >= 0
    assert "95% confidence intervals" in section.subtitle
    assert "95% confidence interval" in " ".join(section.table.columns)


@every_figure
def test_a_sentence_states_the_finding(section: Section, whole: Page) -> None:
    assert section.finding.endswith(".")
    assert len(section.finding.split()) >= 5
    assert section.finding[0].isupper() or section.finding[0].isdigit()


@every_figure
def test_the_subtitle_says_what_where_and_when(section: Section, whole: Page) -> None:
    assert "Kettles with an assistant, 30 September 2024 to 13 December 2024." in section.subtitle
    assert not section.subtitle.startswith("Kettles"), "the measure comes first"
    assert ("Simulated data." in section.subtitle) == whole.results.simulated
    causal = {one.comparison for one in section.rows} != {NOT_CAUSAL}
    assert causal or "No comparison group: not a causal effect." in section.subtitle


@every_figure
def test_the_table_has_the_numbers_of_the_figure(section: Section, whole: Page) -> None:
    rows = [numbers(" ".join(cells[1:])) for cells in section.table.rows]
    for trace in dots(checked(section)):
        for text in trace.customdata:
            said = numbers(text.partition("<br>")[2])
            assert said
            assert any(set(said) <= set(row) for row in rows), text


@every_figure
def test_the_coordinates_are_the_numbers_that_are_said(section: Section, whole: Page) -> None:
    for trace in dots(checked(section)):
        upright = trace.error_y.array is not None
        values, bars = (trace.y, trace.error_y) if upright else (trace.x, trace.error_x)
        for place, text in enumerate(trace.customdata):
            value, *ends = numbers(text.partition("<br>")[2])
            assert value == pytest.approx(values[place], abs=0.05)
            if ends:
                drawn = [value - bars.arrayminus[place], value + bars.array[place]]
                assert ends == pytest.approx(drawn, abs=0.11)


@every_figure
def test_a_download_with_its_size_carries_the_rows(section: Section, whole: Page) -> None:
    file = {**whole.files, **whole.running_files}[section.slug]
    assert re.fullmatch(r"\d+ KB", file.size)
    lines = list(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"))))
    assert len(lines) == len(section.rows) + 1
    assert {"ci_low", "ci_high", "confidence"} <= set(lines[0])


@every_figure
def test_a_spreadsheet_with_its_size_carries_the_table(section: Section, whole: Page) -> None:
    file = section_workbook(whole, section)
    assert re.fullmatch(r"\d+ KB", file.size)
    sheet = [cells[0] for cells in [*sheets_of(file.content).values()][-1]]
    names = [name for _, name in sheet[-len(section.table.rows) :]]
    assert [name.removesuffix(" (%)") for name in names] == [row[0] for row in section.table.rows]


@every_figure
def test_those_who_do_not_see_it_are_told(section: Section, whole: Page) -> None:
    assert section.alternative.startswith("Chart of ")
    assert len(section.alternative.split()) > 8
