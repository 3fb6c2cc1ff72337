"""Looks at a trial on every day, and asks whether any look says that there is an effect."""

from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd

from measurement.estimation.always_valid import (
    always_valid_interval,
    best_tau,
    planned_std_error,
)
from measurement.estimation.effects import effect
from measurement.estimation.estimate import Estimate, Interval, NotEstimable
from measurement.estimation.prepared import Prepared

NEEDED: Final = (
    *("participant", "key", "task_type", "week", "d", "ai_from"),
    *("logs", "log_minutes_mean", "log_minutes_squares"),
)
ALWAYS_VALID: Final = "alarm at any look, always-valid interval"
FIXED: Final = "alarm at any look, fixed interval"


def alarms(prepared: Prepared, confidence: float) -> dict[str, bool]:
    """Return, for each kind of interval, whether one of the looks leaves out "no effect".

    `prepared` has single logs. The tau of the always-valid interval is fixed at the first look
    that has an answer, as the results of a locked plan are tuned.
    """
    tau, found = None, {ALWAYS_VALID: False, FIXED: False}
    for logs, estimate in _looks(prepared):
        tau = tau or _tau(prepared, logs, estimate, confidence)
        intervals = {
            ALWAYS_VALID: always_valid_interval(estimate, tau, confidence),
            FIXED: estimate.interval(confidence),
        }
        for kind, interval in intervals.items():
            found[kind] |= _leaves_out_no_effect(interval)
    return found


def _looks(prepared: Prepared) -> Iterator[tuple[int, Estimate]]:
    """Yield the analysed logs and the effect on log(minutes) at the end of each day with logs."""
    cells = prepared.whole.cells.sort_values("first_date", kind="stable")
    dates, regular = cells["first_date"].to_numpy(), ~cells["novel"].to_numpy()
    ordinary = cells.loc[regular, _columns(prepared, cells)].reset_index(drop=True)
    ends = np.flatnonzero(np.append(dates[1:] != dates[:-1], True)) + 1
    for logs in ends.tolist():
        so_far = ordinary.iloc[: regular[:logs].sum()]
        try:
            estimate = effect(prepared, so_far, "log_minutes").estimate
        except NotEstimable:
            continue
        if estimate.std_error > 0:
            yield logs, estimate


def _columns(prepared: Prepared, cells: pd.DataFrame) -> list[str]:
    """Return the columns that the effect on log(minutes) needs: fewer are copied faster."""
    model = prepared.model
    of_model = (*model.effects, *model.covariates, model.cluster)
    return [name for name in cells if name in {*NEEDED, *of_model}]


def _tau(prepared: Prepared, logs: int, estimate: Estimate, confidence: float) -> float:
    plan = prepared.trial.plan
    planned = planned_std_error(
        estimate.std_error,
        logs,
        planned_participants=plan.planned_participants,
        planned_logs_per_participant=plan.planned_logs_per_participant,
    )
    return best_tau(planned, confidence)


def _leaves_out_no_effect(interval: Interval) -> bool:
    return not interval.low <= 0 <= interval.high
