"""Quality beside time, so that nobody reads speed without it. Pure."""

from typing import Final

from dashboards import figures, tables
from dashboards.figures import Dot, Panel
from dashboards.measures import LESS_TIME, QUALITY, Reading, confidence, fixed, number
from dashboards.section import Section, subtitle
from dashboards.tables import Named
from measurement.estimation.definition import Trial
from measurement.estimation.results import EstimateRow, Results

SLUG: Final = "quality"
SCALE: Final = "on the scale from 1 to 5"
NOT_KNOWN: Final = "Quality with AI is not known, so read the time saved with care."
OWN: Final = "Quality is what people said of their own work, from 1 to 5."
ROOM: Final = (
    f"{OWN} No clear difference does not mean that there is none: the interval says how large one "
    "may be."
)
ROUNDED: Final = (
    "Points are rounded to one decimal. The interval is shorter than that, so both of its ends are "
    "shown as the same number; it has a width all the same."
)
AXIS_HOLDS: Final = (-0.5, 0.5)
"""Points that the axis of quality shows in any case, so that a small difference looks small."""


def sentence(results: Results) -> str:
    """Return what was found of quality, in one sentence to stand beside the time saved."""
    row = results.find(QUALITY.estimand)
    reading = QUALITY.reading(row)
    return NOT_KNOWN if reading is None else f"{_clear(reading)} {_interval(row, reading)}."


def section(results: Results, trial: Trial) -> Section | None:
    """Return time per task and quality side by side; None for results without a row of quality."""
    time, quality = results.find(LESS_TIME.estimand), results.find(QUALITY.estimand)
    if time is None or quality is None:
        return None
    named = [
        Named(LESS_TIME.label, time, LESS_TIME),
        Named(f"{QUALITY.label} ({QUALITY.short})", quality, QUALITY),
    ]
    readings = LESS_TIME.reading(time), QUALITY.reading(quality)
    panels = _panels(*readings)
    figure = figures.panels(panels) if panels else None
    found = _finding(*readings)
    return Section(
        slug=SLUG,
        title="Quality beside time",
        finding=found,
        subtitle=subtitle("Time per task and quality, with AI and without", [time], trial, figure),
        remarks=_remarks(readings[1]),
        table=tables.named_table("Time saved per task and difference in quality", named),
        rows=(time, quality),
        figure=figure,
        alternative=f"Chart of two estimates with their confidence intervals. {found}",
    )


def _remarks(reading: Reading | None) -> tuple[str, ...]:
    if reading is None:
        return ()
    if _is_shorter_than_rounding(reading):
        return (OWN, ROUNDED)
    return (ROOM,)


def _is_shorter_than_rounding(reading: Reading) -> bool:
    """Return whether both ends are the same number on the page, whatever lies between them."""
    return fixed(reading.low, 1) == fixed(reading.high, 1)


def _panels(time: Reading | None, quality: Reading | None) -> list[Panel]:
    if time is None or quality is None:
        return []
    return [
        Panel(Dot(LESS_TIME.label, time), LESS_TIME.label, suffix=LESS_TIME.suffix),
        Panel(
            Dot(QUALITY.label, quality, apart=True),
            f"Points {SCALE}",
            decimals=QUALITY.decimals,
            holds=AXIS_HOLDS,
        ),
    ]


def _finding(time: Reading | None, quality: Reading | None) -> str:
    if quality is None:
        return NOT_KNOWN
    if time is None:
        return f"{_clear(quality)}. Time per task is not known."
    if time.is_saving:
        found = f"Tasks took {number(time.value)}% less time with AI"
    elif time.is_loss:
        found = f"Tasks took {number(-time.value)}% more time with AI"
    else:
        found = "No clear difference in time per task"
    of_quality = _clear(quality)
    return f"{found}; {of_quality[0].lower()}{of_quality[1:]}."


def _clear(reading: Reading) -> str:
    if not (reading.is_saving or reading.is_loss):
        # Whether an interval of 0.0 to 0.0 holds no difference is lost in the rounding.
        is_short = _is_shorter_than_rounding(reading)
        return f"{'Little or no' if is_short else 'No clear'} difference in quality"
    points = fixed(abs(reading.value), 1)
    unit = "point" if points == "1.0" else "points"
    side = "higher" if reading.is_saving else "lower"
    return f"Quality was {points} {unit} {side} with AI {SCALE}"


def _interval(row: EstimateRow | None, reading: Reading) -> str:
    low, high = fixed(reading.low, 1), fixed(reading.high, 1)
    ends = f"{low} to {high} points"
    if _is_shorter_than_rounding(reading):
        ends = f"within 0.05 points of {low}"
    return f"({confidence([row])} confidence interval {ends} {SCALE})"
