"""Which interval of an estimate people see: one that still holds as often as they look.

Before the read-out everybody looks every day, so pages show the always-valid interval. At the
read-out, groups show the interval that agrees with their adjusted p-value, all else the fixed one.
"""

import datetime
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from measurement.estimation.definition import Trial
from measurement.estimation.results import EstimateRow, Results

EARLY: Final = "Until then intervals are wider, so that they hold however often they are looked at."
ADJUSTED: Final = "intervals agree with tests that allow for the number of groups"


def read_out_on(trial: Trial) -> datetime.date | None:
    """Return the day on which results become final: planned, else the trial's last."""
    return trial.plan.read_out_on or trial.ends_on


def is_early(trial: Trial, day: datetime.date) -> bool:
    """Say whether results looked at on a day are looked at before their read-out."""
    final_on = read_out_on(trial)
    return final_on is not None and day < final_on


def with_shown_intervals(results: Results, trial: Trial, today: datetime.date) -> Results:
    """Return published results with the interval to show as the interval of each row."""
    if not is_early(trial, today):
        return replace(results, estimates=tuple(map(_adjusted, results.estimates)))
    estimates = tuple(map(_always_valid, results.estimates))
    found = replace(results, estimates=estimates)
    table = tuple(_early_convention(row, found) for row in results.sensitivity)
    return replace(found, sensitivity=table)


def kind_of_interval(row: EstimateRow) -> str:
    """Return which interval a row shows as its own; empty where it shows none."""
    if row.ci_low is None:
        return ""
    if ADJUSTED in row.notes:
        return "adjusted"
    shown, always_valid = (row.ci_low, row.ci_high), (row.always_valid_low, row.always_valid_high)
    return "always_valid" if shown == always_valid else "fixed"


def _always_valid(row: EstimateRow) -> EstimateRow:
    if row.always_valid_low is None:
        return row
    return replace(row, ci_low=row.always_valid_low, ci_high=row.always_valid_high)


def _adjusted(row: EstimateRow) -> EstimateRow:
    if row.ci_adjusted_low is None:
        return row
    return replace(
        row,
        ci_low=row.ci_adjusted_low,
        ci_high=row.ci_adjusted_high,
        notes=(*row.notes, ADJUSTED),
    )


def _early_convention(row: Mapping[str, Any], found: Results) -> Mapping[str, Any]:
    """Return a row of the sensitivity table with its estimate's interval, none if it has none."""
    estimate = found.find(row["estimand"])
    ends: dict[str, float | None] = {"ci_low": None, "ci_high": None}
    if row["primary"] and row["ci_low"] is not None and estimate is not None:
        days_a_minute = row["working_days_per_year"] / (60 * row["hours_per_day"])
        for name in ends:
            minutes = getattr(estimate, name)
            ends[name] = None if minutes is None else minutes * days_a_minute
    return {**row, **ends}
