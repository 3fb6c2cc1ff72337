"""The same figures from other task logs: raw, winsorised, trimmed, timer only, without flagged.

The specification table of METHODS.md section 7. `primary` is what the plan says.
"""

from collections.abc import Callable, Mapping
from typing import Final

import pandas as pd

from measurement.estimation.cells import winsorised
from measurement.estimation.evidence import Evidence
from measurement.estimation.limits import plans_winsorising

Choice = Callable[[pd.DataFrame, pd.DataFrame], pd.DataFrame]


def _raw(cells: pd.DataFrame, limits: pd.DataFrame) -> pd.DataFrame:
    return cells


def _trimmed(cells: pd.DataFrame, limits: pd.DataFrame) -> pd.DataFrame:
    return cells[cells["tail"] == 0]


def _timer_only(cells: pd.DataFrame, limits: pd.DataFrame) -> pd.DataFrame:
    return cells[cells["timed"]]


def _without_flagged(cells: pd.DataFrame, limits: pd.DataFrame) -> pd.DataFrame:
    return cells[cells["flags"] == 0]


SPECIFICATIONS: Final[Mapping[str, Choice]] = {
    "raw": _raw,
    "winsorised": winsorised,
    "trimmed": _trimmed,
    "timer_only": _timer_only,
    "without_flagged": _without_flagged,
}
"""By the name of the sample: cells and limits of winsorising -> the cells that count."""


def cells_of(evidence: Evidence, sample: str) -> pd.DataFrame:
    """Return the evidence's cells as a sample of SPECIFICATIONS, or "primary", has them."""
    if sample == "primary":
        sample = "winsorised" if plans_winsorising(evidence.trial) else "raw"
    return SPECIFICATIONS[sample](evidence.coded_cells, evidence.limits)
