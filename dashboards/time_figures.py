"""A measure over time as a Plotly figure: a dot with its interval for each week. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from dashboards import style
from dashboards.figures import in_words, plain
from dashboards.measures import Reading
from dashboards.style import Figure

HEIGHT: Final = 380
TITLE_HEIGHT: Final = 32
LEGEND_HEIGHT: Final = 32
AXIS_HEIGHT: Final = 56
LARGE: Final = 11
SMALL: Final = 6
FEW: Final = 30
"""So many weeks stand beside each other on a narrow screen as large dots."""
BEFORE: Final = "Before access to AI"
SINCE: Final = "With access to AI"


@dataclass(frozen=True)
class Week:
    """One week: its number on the axis, below 0 before access to AI, its name, and its reading."""

    number: int
    name: str
    reading: Reading


def course(
    weeks: Sequence[Week],
    axis: str,
    measure: str,
    *,
    suffix: str = "",
    holds: Sequence[float] = (),
) -> Figure:
    """Return the weeks from left to right, with a zero line; `axis` says what they count.

    The measure's axis shows the numbers that it `holds` in any case. The name of the measure stands
    above the picture, so that it is read without turning the head.
    """
    before = [week for week in weeks if week.number < 0]
    since = [week for week in weeks if week.number >= 0]
    size = LARGE if len(weeks) <= FEW else SMALL
    data = [
        _dots(chosen, colour, symbol, name, size, suffix)
        for chosen, colour, symbol, name in (
            (since, 0, "circle", SINCE),
            (before, 1, "diamond", BEFORE),
        )
        if chosen
    ]
    legend = len(data) > 1
    top = TITLE_HEIGHT + LEGEND_HEIGHT * legend
    ends = [*holds, *(end for week in weeks for end in (week.reading.low, week.reading.high))]
    return {
        "data": data,
        "layout": style.layout(
            height=HEIGHT + top,
            margin={"l": 8, "r": 16, "t": top, "b": AXIS_HEIGHT},
            showlegend=legend,
            annotations=[_title(measure)],
            xaxis=_week_axis(weeks, axis),
            yaxis=style.value_axis("", ends, suffix=suffix) | {"automargin": True},
            legend=style.layout()["legend"] | {"y": 1, "yref": "container", "yanchor": "top"},
        ),
    }


def _dots(
    weeks: Sequence[Week], colour: int, symbol: str, name: str, size: int, suffix: str
) -> dict[str, Any]:
    readings = [week.reading for week in weeks]
    hue = style.COLOURS[colour]
    return {
        "type": "scatter",
        "name": name,
        "mode": "markers",
        "x": [week.number for week in weeks],
        "y": [reading.value for reading in readings],
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": [reading.high - reading.value for reading in readings],
            "arrayminus": [reading.value - reading.low for reading in readings],
            "color": hue,
            "thickness": 2,
            "width": size // 2,
        },
        "marker": {"color": hue, "symbol": symbol, "size": size},
        "cliponaxis": False,
        "customdata": [f"{plain(week.name)}<br>{in_words(week.reading, suffix)}" for week in weeks],
        "hovertemplate": "%{customdata}<extra></extra>",
    }


def _week_axis(weeks: Sequence[Week], title: str) -> dict[str, Any]:
    numbers = [week.number for week in weeks]
    return {
        "title": {"text": title, "font": style.FONT},
        "range": [min(numbers) - 0.6, max(numbers) + 0.6],
        "tickfont": style.FONT,
        "tickangle": 0,
        "tickformat": "d",
        "nticks": 8,
        "showgrid": False,
        "zeroline": False,
        "fixedrange": True,
    }


def _title(measure: str) -> dict[str, Any]:
    return {
        "text": plain(measure),
        "x": 0,
        "xref": "paper",
        "xanchor": "left",
        "y": 1,
        "yref": "paper",
        "yanchor": "bottom",
        "yshift": 6,
        "align": "left",
        "showarrow": False,
        "font": style.FONT,
    }
