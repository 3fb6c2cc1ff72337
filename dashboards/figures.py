"""Published estimates as Plotly figures. Pure: knows neither Django nor the database.

All but the course over time (time_figures.py) lay their rows out alike: the name stands above its
dot, at the left, so that long names need no margin and a narrow screen shows what a wide one does.
The y axis counts pixels downwards.
"""

import html
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from dashboards import style
from dashboards.measures import (
    PER_TASK,
    Measure,
    Pair,
    Reading,
    fixed,
    largest_first,
    minutes_per_task,
)
from dashboards.style import Figure
from measurement.estimation.results import EstimateRow

NAME_WIDTH: Final = 38
"""Characters of a name on one line: what a screen of 375 pixels holds."""
LINE_HEIGHT: Final = 20
DOT_HEIGHT: Final = 34
"""Pixels between a name's last line and the next name."""
DOT_OFFSET: Final = 11
"""Pixels from a name to its dot: nearer than to the next name."""
AXIS_HEIGHT: Final = 64
LEGEND_HEIGHT: Final = 40
GAP: Final = 16
EVERYBODY: Final = "All participants"
WITHOUT_AI: Final = "Without AI"
WITH_AI: Final = "With AI"


@dataclass(frozen=True)
class Dot:
    """One dot with its interval; `apart`: a gap stands before it and it looks different."""

    name: str
    reading: Reading
    apart: bool = False


@dataclass(frozen=True)
class Panel:
    """One dot on an axis of its own, which shows the numbers that it `holds` in any case."""

    dot: Dot
    title: str
    suffix: str = ""
    decimals: int | None = None
    holds: tuple[float, ...] = ()


def forest(
    rows: Sequence[EstimateRow],
    overall: EstimateRow | None,
    measure: Measure,
    *,
    holds: Sequence[float] = (),
) -> Figure | None:
    """Return a forest plot of the rows that have numbers, the largest first, `overall` apart.

    The axis shows the numbers that it `holds` in any case. None if no row has numbers.
    """
    ordered = largest_first(rows, measure)
    dots = [Dot(row.group, reading) for row in ordered if (reading := measure.reading(row))]
    if not dots:
        return None
    if reading := measure.reading(overall):
        dots.append(Dot(EVERYBODY, reading, apart=True))
    return dot_plot(dots, measure.label, suffix=measure.suffix, holds=holds)


def dot_plot(
    dots: Sequence[Dot], title: str, *, suffix: str = "", holds: Sequence[float] = ()
) -> Figure:
    """Return dots with intervals from top to bottom, in the given order, and a zero line."""
    rows = _Rows([dot.name for dot in dots], gaps=[dot.apart for dot in dots])
    ends = [*holds, *(end for dot in dots for end in (dot.reading.low, dot.reading.high))]
    figure = rows.figure(style.value_axis(title, ends, suffix=suffix), showlegend=False)
    for apart, colour, symbol in ((False, 0, "circle"), (True, 1, "diamond")):
        chosen = [
            (dot.name, dot.reading, place)
            for dot, place in zip(dots, rows.places, strict=True)
            if dot.apart == apart
        ]
        if chosen:
            figure["data"].append(_interval_dots(chosen, colour, symbol, suffix=suffix))
    return figure


def panels(chosen: Sequence[Panel]) -> Figure:
    """Return dots of different measures below each other, each with an axis and zero of its own."""
    row = LINE_HEIGHT + DOT_HEIGHT
    height = row * len(chosen) + AXIS_HEIGHT * (len(chosen) - 1)
    layout = style.layout(
        height=height + AXIS_HEIGHT,
        margin={"l": 16, "r": 16, "t": 8, "b": AXIS_HEIGHT - 8},
        showlegend=False,
        annotations=[],
    )
    data = []
    for place, panel in enumerate(chosen):
        axis = "" if place == 0 else str(place + 1)
        top = height - place * (row + AXIS_HEIGHT)
        reading = panel.dot.reading
        ends = [*panel.holds, reading.low, reading.high]
        layout[f"xaxis{axis}"] = style.value_axis(panel.title, ends, suffix=panel.suffix) | {
            "anchor": f"y{axis}"
        }
        layout[f"yaxis{axis}"] = {
            "visible": False,
            "range": [row, 0],
            "domain": [(top - row) / height, top / height],
            "anchor": f"x{axis}",
            "fixedrange": True,
        }
        layout["annotations"].append(_name([plain(panel.dot.name)], LINE_HEIGHT, f"y{axis}"))
        dots = _interval_dots(
            [(panel.dot.name, reading, LINE_HEIGHT + DOT_OFFSET)],
            int(panel.dot.apart),
            "diamond" if panel.dot.apart else "circle",
            suffix=panel.suffix,
            decimals=panel.decimals,
        )
        data.append(dots | {"xaxis": f"x{axis}", "yaxis": f"y{axis}"})
    return {"data": data, "layout": layout}


def dumbbell(rows: Sequence[EstimateRow]) -> Figure | None:
    """Return a dumbbell of minutes per task without and with AI, the largest saving first.

    `rows` are of `minutes_saved_per_task`; those without numbers are left out. None if none is
    left.
    """
    ordered = largest_first(rows, PER_TASK)
    chosen = [pair for row in ordered if (pair := minutes_per_task(row))]
    return _dumbbell(chosen) if chosen else None


def _dumbbell(chosen: Sequence[Pair]) -> Figure:
    rows = _Rows([pair.task_type for pair in chosen], gaps=[False] * len(chosen))
    ends = [
        end for pair in chosen for end in (pair.without_ai, pair.with_ai.low, pair.with_ai.high)
    ]
    figure = rows.figure(style.value_axis("Minutes per task", ends), legend_height=LEGEND_HEIGHT)
    with_ai = [
        (pair.task_type, pair.with_ai, place)
        for pair, place in zip(chosen, rows.places, strict=True)
    ]
    figure["data"] += [
        _bars(chosen, rows.places),
        _reference_dots(chosen, rows.places),
        _interval_dots(with_ai, 1, "diamond", name=WITH_AI),
    ]
    return figure


class _Rows:
    """Where the rows of a figure stand: `places` are the dots' pixels from the top."""

    def __init__(self, names: Sequence[str], gaps: Sequence[bool]) -> None:
        self.height = 0
        self.places: list[int] = []
        self.annotations: list[dict[str, Any]] = []
        for name, gap in zip(names, gaps, strict=True):
            lines = textwrap.wrap(name, NAME_WIDTH) or [name]
            self.height += GAP * gap + LINE_HEIGHT * len(lines)
            self.annotations.append(_name(list(map(plain, lines)), self.height))
            self.places.append(self.height + DOT_OFFSET)
            self.height += DOT_HEIGHT

    def figure(
        self, axis: dict[str, Any], *, legend_height: int = 0, showlegend: bool = True
    ) -> Figure:
        layout = style.layout(
            height=self.height + AXIS_HEIGHT + legend_height,
            margin={"l": 16, "r": 16, "t": legend_height or 8, "b": AXIS_HEIGHT - 8},
            showlegend=showlegend,
            annotations=self.annotations,
            xaxis=axis,
            yaxis={"visible": False, "range": [self.height, 0], "fixedrange": True},
        )
        return {"data": [], "layout": layout}


def _name(lines: Sequence[str], bottom: int, axis: str = "y") -> dict[str, Any]:
    return {
        "text": "<br>".join(lines),
        "x": 0,
        "xref": "paper",
        "xanchor": "left",
        "y": bottom,
        "yref": axis,
        "yanchor": "bottom",
        "align": "left",
        "showarrow": False,
        "borderpad": 0,
        "xshift": 6,  # clear of the zero line where that is the left edge
        "bgcolor": "white",
        "font": style.FONT,
    }


def _interval_dots(
    chosen: Sequence[tuple[str, Reading, int]],
    colour: int,
    symbol: str,
    *,
    suffix: str = "",
    name: str = "",
    decimals: int | None = None,
) -> dict[str, Any]:
    readings = [reading for _, reading, _ in chosen]
    hue = style.COLOURS[colour]
    return {
        "type": "scatter",
        "name": name,
        "mode": "markers",
        "x": [reading.value for reading in readings],
        "y": [place for *_, place in chosen],
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [reading.high - reading.value for reading in readings],
            "arrayminus": [reading.value - reading.low for reading in readings],
            "color": hue,
            "thickness": 2,
            "width": 5,
        },
        "marker": {"color": hue, "symbol": symbol, "size": 11},
        "cliponaxis": False,
        "customdata": [
            f"{plain(label)}<br>{name + ': ' if name else ''}{in_words(reading, suffix, decimals)}"
            for label, reading, _ in chosen
        ],
        "hovertemplate": "%{customdata}<extra></extra>",
    }


def _reference_dots(chosen: Sequence[Pair], places: Sequence[int]) -> dict[str, Any]:
    hue = style.COLOURS[0]
    return {
        "type": "scatter",
        "name": WITHOUT_AI,
        "mode": "markers",
        "x": [pair.without_ai for pair in chosen],
        "y": list(places),
        "cliponaxis": False,
        "marker": {
            "color": "white",
            "symbol": "circle",
            "size": 11,
            "line": {"color": hue, "width": 3},
        },
        "customdata": [
            f"{plain(pair.task_type)}<br>{WITHOUT_AI}: "
            f"{fixed(pair.without_ai, pair.with_ai.decimals)}"
            for pair in chosen
        ],
        "hovertemplate": "%{customdata}<extra></extra>",
    }


def _bars(chosen: Sequence[Pair], places: Sequence[int]) -> dict[str, Any]:
    """Return the lines that join the two dots; None lifts the pen between them."""
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [x for pair in chosen for x in (pair.without_ai, pair.with_ai.value, None)],
        "y": [y for place in places for y in (place, place, None)],
        "line": {"color": style.LINE, "width": 6},
        "hoverinfo": "skip",
        "showlegend": False,
    }


def in_words(reading: Reading, suffix: str = "", decimals: int | None = None) -> str:
    """Return what one reads at a dot, as the table has it: 10.3 (8.0 to 12.1)."""
    places = reading.decimals if decimals is None else decimals
    value, low, high = (
        f"{fixed(part, places)}{suffix}" for part in (reading.value, reading.low, reading.high)
    )
    return f"{value} ({low} to {high})"


def plain(text: str) -> str:
    """Return text that Plotly shows as it is: it reads some HTML, links included."""
    return html.escape(text, quote=False)
