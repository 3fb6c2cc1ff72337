"""Figures: the chart rules, and the same numbers as the tables."""

import html
import json
import re
from typing import Any

import plotly.graph_objects as go
import plotly.io
import pytest

from dashboards import figures, style, tables
from dashboards.measures import LESS_TIME, PER_WORKING_DAY, Reading
from tests.dashboards.invented import (
    DEPARTMENTS,
    TASK_TYPES,
    department_rows,
    missing,
    row,
    task_type_rows,
)


def checked(figure: style.Figure | None) -> go.Figure:
    """Return the figure as plotly's own object, which refuses what Plotly does not know."""
    assert figure is not None
    return go.Figure(figure)


def forest(*more: Any) -> go.Figure:
    return checked(figures.forest([*department_rows(), *more], row(), PER_WORKING_DAY))


def dumbbell() -> go.Figure:
    return checked(figures.dumbbell(task_type_rows()))


def plotted(trace: go.Scatter) -> list[str]:
    """Return each dot as "value (low to high)", read back from the picture's coordinates."""
    bars = trace.error_x
    ends = zip(trace.x, bars.arrayminus, bars.array, strict=True)
    return [
        f"{value:g} ({value - minus:g} to {value + plus:g})".replace("-", "\N{MINUS SIGN}")
        for value, minus, plus in ends
    ]


def test_the_forest_shows_the_numbers_of_its_table_in_its_order() -> None:
    figure = forest()
    table = tables.group_table(department_rows(), row(), PER_WORKING_DAY, heading="Department")
    drawn = [*plotted(figure.data[0]), *plotted(figure.data[1])]
    assert drawn == [cells[1] for cells in table.rows]


def test_the_dumbbell_shows_the_numbers_of_its_table_in_its_order() -> None:
    figure = dumbbell()
    _, without_ai, with_ai = figure.data
    table = tables.task_type_table(task_type_rows())
    assert [f"{x:g}" for x in without_ai.x] == [cells[1] for cells in table.rows]
    assert plotted(with_ai) == [cells[2] for cells in table.rows]
    assert [cells[0] for cells in table.rows] == list(TASK_TYPES)


def test_rows_are_ordered_by_value_and_all_participants_stand_apart() -> None:
    figure = forest()
    groups, overall = figure.data
    assert list(groups.x) == sorted(groups.x, reverse=True)
    assert overall.y[0] - groups.y[-1] > groups.y[-1] - groups.y[-2]
    assert groups.marker.symbol != overall.marker.symbol


def test_zero_is_on_the_axis_with_a_line() -> None:
    for rows in (department_rows(), department_rows()[:1]):
        figure = checked(figures.forest(rows, None, PER_WORKING_DAY))
        low, high = figure.layout.xaxis.range
        assert low <= 0 <= high
        assert (figure.layout.xaxis.zeroline, figure.layout.xaxis.zerolinewidth) == (True, 2)


def test_series_differ_by_symbol_as_well_as_by_colour() -> None:
    figure = dumbbell()
    dots = [trace for trace in figure.data if trace.mode == "markers"]
    assert len({trace.marker.symbol for trace in dots}) == len(dots) == 2
    assert [trace.name for trace in dots] == ["Without AI", "With AI"]


def test_only_our_colours_are_used_in_their_order() -> None:
    assert style.COLOURS == ("#12436D", "#28A197", "#801650", "#F46A25")
    for figure in (forest(), dumbbell()):
        body = json.loads(plotly.io.to_json(figure))
        del body["layout"]["template"]
        colours = set(re.findall(r"#[0-9A-F]{6}", json.dumps(body)))
        assert colours <= {*style.COLOURS[:2], style.INK, style.LINE}


def test_text_is_horizontal_and_titles_stand_outside() -> None:
    for figure in (forest(), dumbbell()):
        assert figure.layout.title.text is None
        assert figure.layout.xaxis.tickangle == 0
        assert not any(note.textangle for note in figure.layout.annotations)


def test_long_names_are_broken_to_fit_a_narrow_screen() -> None:
    names = [note.text for note in forest().layout.annotations]
    lines = [html.unescape(line) for name in names for line in name.split("<br>")]
    assert max(len(line) for line in lines) <= figures.NAME_WIDTH
    assert "Ministry of Housing, Gardens and Local<br>Weather Affairs" in names


def test_names_are_text_and_no_markup() -> None:
    figure = forest()
    texts = [*(note.text for note in figure.layout.annotations), *figure.data[0].customdata]
    assert not [text for text in texts if "<b>" in text]
    assert "Office of &lt;b&gt;Left-handed&lt;/b&gt; Scissors" in texts


def test_only_traces_of_the_basic_bundle_are_used() -> None:
    for figure in (forest(), dumbbell()):
        assert {trace.type for trace in figure.data} == {"scatter"}


def test_rows_without_numbers_are_not_drawn() -> None:
    suppressed = row(value=None, low=None, high=None, people=None, group="Secret", suppressed=True)
    unknown = missing("minutes_saved_per_working_day", "no task logs with AI", group="Unknown")
    figure = forest(suppressed, unknown)
    assert len(figure.data[0].x) == len(DEPARTMENTS)
    assert "Secret" not in plotly.io.to_json(figure)


def test_without_numbers_there_is_no_picture() -> None:
    unknown = missing("minutes_saved_per_working_day", "no task logs with AI", group="Unknown")
    assert figures.forest([unknown], row(), PER_WORKING_DAY) is None
    assert figures.dumbbell([]) is None


def test_a_ratio_is_drawn_as_time_saved_in_per_cent() -> None:
    ratio = row("time_ratio", 0.67, 0.51, 0.88, group="Teapots")
    figure = checked(figures.forest([ratio], None, LESS_TIME))
    assert plotted(figure.data[0]) == ["33 (12 to 49)"]
    assert figure.layout.xaxis.ticksuffix == "%"


def test_pictures_are_light() -> None:
    assert len(plotly.io.to_json(forest())) < 8_000


@pytest.mark.parametrize(
    ("reading", "words"),
    [
        (Reading(10.0, 9.0, 11.4), "10.0 (9.0 to 11.4)"),
        (Reading(10.0, 9.0, 11.0), "10 (9 to 11)"),
    ],
)
def test_a_dot_reads_as_its_table_does(reading: Reading, words: str) -> None:
    assert figures.in_words(reading) == words
