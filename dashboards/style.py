"""How every figure looks: the Analysis Function's template, our colours, the page's font.

Figures are plain mappings, as Plotly's JSON has them: plotly's own objects check every value anew
each time, which took most of a page's time. The tests have plotly check them.
"""

from collections.abc import Sequence
from typing import Any, Final

import plotly.io
from afcharts import pio_template  # noqa: F401 - registers the template "afcharts"

Figure = dict[str, Any]
"""A figure of Plotly: `data` and `layout`. `plotly.graph_objects.Figure(figure)` takes it."""

TEMPLATE: Final[dict[str, Any]] = plotly.io.templates["afcharts"].to_plotly_json()
COLOURS: Final = ("#12436D", "#28A197", "#801650", "#F46A25")
"""In this order, at most four in a figure, and never the only thing that tells series apart."""
INK: Final = "#0B0C0C"
LINE: Final = "#B1B4B6"
FONT_SIZE: Final = 16
FONT: Final = {"family": "arial, sans-serif", "size": FONT_SIZE, "color": INK}
CONFIG: Final = {"displayModeBar": False, "responsive": True, "doubleClick": False}
"""For Plotly.newPlot: no toolbar; the picture follows the width of the page."""


def layout(**given: Any) -> dict[str, Any]:
    """Return the layout of a figure: titles stand in the page, so the picture has none."""
    return {
        "template": TEMPLATE,
        "font": FONT,
        "hovermode": "closest",
        "hoverlabel": {"font": FONT},
        "dragmode": False,
        "margin": {"l": 8, "r": 16, "t": 8, "b": 8},
        "legend": {
            "orientation": "h",
            "x": 0,
            "xanchor": "left",
            "y": 1,
            "yanchor": "bottom",
            "font": FONT,
            "itemclick": False,
            "itemdoubleclick": False,
        },
    } | given


def value_axis(title: str, ends: Sequence[float], *, suffix: str = "") -> dict[str, Any]:
    """Return an axis that holds all `ends` and zero, zero as a strong line, with some room."""
    low, high = min(0.0, *ends), max(0.0, *ends)
    room = 0.05 * (high - low or 1.0)
    return {
        "title": {"text": title, "font": FONT},
        "range": [low - room if low else 0, high + room if high else 0],
        "tickfont": FONT,
        "tickangle": 0,
        "ticklabeloverflow": "allow",
        "ticksuffix": suffix,
        "nticks": 7,
        "zeroline": True,
        "zerolinecolor": INK,
        "zerolinewidth": 2,
        "fixedrange": True,
    }
