"""One part of a dashboard, and what every part is made of: its subtitle, its words for a figure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dashboards.measures import Measure, confidence, largest_first, number
from dashboards.plan import NO_DATES, period
from dashboards.style import Figure
from dashboards.tables import Table
from measurement.estimation.definition import Trial
from measurement.estimation.designs import RANDOMISED
from measurement.estimation.results import ALL, EstimateRow, Results
from measurement.estimation.rows import DESCRIPTIVE

UNLABELLED: Final = (RANDOMISED, DESCRIPTIVE)
"""What a figure compares where nothing must be said of it."""
IN_PICTURE: Final = "Dots are estimates, lines {level} confidence intervals."
"""How to read a picture, as its subtitle says it."""


@dataclass(frozen=True, kw_only=True)
class Section:
    """One part. `rows` are the published rows behind it, which its download carries.

    `conventions` are those of the sensitivity table where it is behind the part instead. `remarks`
    say what else a reader of the finding has to know. `alternative` says in words what `figure`
    shows, for those who do not see it.
    """

    slug: str
    title: str
    finding: str
    table: Table
    rows: tuple[EstimateRow, ...] = ()
    conventions: tuple[Mapping[str, Any], ...] = ()
    subtitle: str = ""
    remarks: tuple[str, ...] = ()
    figure: Figure | None = None
    alternative: str = ""


def breakdown(results: Results, dimension: str) -> list[EstimateRow]:
    """Return the rows of a dimension, those of all its figures."""
    return [row for row in results.estimates if row.dimension == dimension]


def totals(results: Results, rows: Sequence[EstimateRow]) -> tuple[EstimateRow, ...]:
    """Return the rows over all participants that belong to the rows of a breakdown."""
    names = {(row.estimand, row.sample) for row in rows}
    return tuple(
        row
        for row in results.estimates
        if row.dimension == ALL and (row.estimand, row.sample) in names
    )


def subtitle(what: str, rows: Sequence[EstimateRow], trial: Trial, figure: Figure | None) -> str:
    """Return measure, place, period, how to read the picture, and what must not be forgotten."""
    when = period(trial)
    where = trial.title if when == NO_DATES else f"{trial.title}, {when}"
    label = next((row.comparison for row in rows if row.comparison not in UNLABELLED), "")
    parts = [
        f"{what}. {where}.",
        IN_PICTURE.format(level=confidence(rows)) if figure else "",
        f"{label[:1].upper()}{label[1:]}." if label else "",
        "Simulated data." if trial.simulated else "",
    ]
    return " ".join(part for part in parts if part)


def alternative(rows: Sequence[EstimateRow], measure: Measure, several: str) -> str:
    """Return what a figure of groups shows, for those who do not see it."""
    readings = [
        (row.group, reading)
        for row in largest_first(rows, measure)
        if (reading := measure.reading(row))
    ]
    if not readings:
        return ""
    (first, most), (last, least) = readings[0], readings[-1]
    return (
        f"Chart of {measure.label.lower()} with confidence intervals for {len(readings)} "
        f"{several}, from {number(most.value)}{measure.suffix} ({first}) to "
        f"{number(least.value)}{measure.suffix} ({last}). The table after it has all numbers."
    )
