"""Counts what was judged, and holds it against the bands of METHODS.md section 10."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from calibration.looks import ALWAYS_VALID
from calibration.scenarios import MANY, Scenario
from calibration.trials import POWER, Judged
from calibration.worker import Rows

COVERAGE: Final = {True: (0.935, 0.965), False: (0.92, 0.98)}
"""Allowed shares of intervals that cover the truth: with many clusters, with few."""
MOST_ALARMS: Final = 0.05
POWER_WITHIN: Final = 0.03
COVERED: Final = (
    "time_ratio",
    "minutes_saved_per_task",
    "minutes_saved_per_working_day",
    "complier_time_ratio",
)


@dataclass(frozen=True)
class Band:
    """The shares that are allowed, both ends included."""

    low: float
    high: float


@dataclass(frozen=True)
class Figure:
    """A share of trials. trials: all; answered: those that the share is of.

    distance: mean of estimate less truth, in standard errors. band: None where nothing is asked.
    """

    scenario: Scenario
    name: str
    trials: int
    answered: int
    held: int
    distance: float
    band: Band | None
    foreseen: float | None = None

    @property
    def share(self) -> float:
        """Share of the answered trials in which it held."""
        return self.held / self.answered if self.answered else math.nan

    @property
    def monte_carlo_error(self) -> float:
        """Standard error of the share, because trials are finite in number."""
        return math.sqrt(self.share * (1 - self.share) / max(self.answered, 1))

    @property
    def inside(self) -> bool:
        """Whether the share is allowed; that of no trial is not."""
        return self.band is None or self.band.low <= self.share <= self.band.high


def figures_of(rows: Mapping[Scenario, Rows], power: Mapping[Scenario, float]) -> list[Figure]:
    """Return the figures of each scenario, in order. Sums do not depend on the order of rows.

    `power`: what is foreseen, as `foreseen` gives it.
    """
    return [
        _figure(scenario, name, [row for row in of_scenario if row.figure == name], power)
        for scenario, of_scenario in rows.items()
        for name in dict.fromkeys(row.figure for row in of_scenario)
    ]


def _figure(
    scenario: Scenario, name: str, rows: Sequence[Judged], power: Mapping[Scenario, float]
) -> Figure:
    answers = [(row.held, row.distance or 0.0) for row in rows if row.held is not None]
    foreseen = power[scenario] if name == POWER else None
    return Figure(
        scenario=scenario,
        name=name,
        trials=len(rows),
        answered=len(answers),
        held=sum(held for held, _ in answers),
        distance=math.fsum(distance for _, distance in answers) / max(len(answers), 1),
        band=_band(scenario, name, foreseen),
        foreseen=foreseen,
    )


def _band(scenario: Scenario, name: str, foreseen: float | None) -> Band | None:
    if name in COVERED:
        return Band(*COVERAGE[scenario.clusters >= MANY])
    if foreseen is not None:
        return Band(foreseen - POWER_WITHIN, foreseen + POWER_WITHIN)
    return Band(0.0, MOST_ALARMS) if name == ALWAYS_VALID else None
