"""Is the experiment sound? Every check that applies to the trial's design, in one order."""

from collections.abc import Callable, Mapping
from typing import Final

import pandas as pd

from measurement.estimation.checks_of_assignment import (
    attrition,
    balance,
    contamination,
    sample_ratio,
    sample_ratio_analysed,
)
from measurement.estimation.checks_of_logging import (
    exclusions_by_arm,
    flag_share,
    flagged_by_arm,
    heaping,
)
from measurement.estimation.checks_over_time import carry_over, novelty, order, pre_trends
from measurement.estimation.definition import Trial
from measurement.estimation.planned_model import Model
from measurement.estimation.results import Check
from measurement.estimation.verdicts import answered

_LOGGING: Final = ("heaping", "late_entry", "overlapping", "straight_lining", "flagged_by_arm")
_ARMS: Final = (
    "sample_ratio",
    "sample_ratio_analysed",
    "balance",
    "attrition",
    "contamination",
    "novelty",
    *_LOGGING,
    "exclusions_by_arm",
)
CHECKS: Final[Mapping[str, tuple[str, ...]]] = {
    "task_randomised": (
        "sample_ratio",
        "sample_ratio_analysed",
        "contamination",
        "novelty",
        *_LOGGING,
    ),
    "parallel": _ARMS,
    "cluster": _ARMS,
    "crossover": (
        "sample_ratio",
        "sample_ratio_analysed",
        "contamination",
        "order",
        "carry_over",
        "novelty",
        *_LOGGING,
    ),
    "stepped_wedge": ("contamination", "pre_trends", "novelty", *_LOGGING),
    "observational": ("novelty", *_LOGGING),
}
"""The checks that apply, by design."""


def checks(
    trial: Trial,
    participants: pd.DataFrame,
    totals: pd.DataFrame,
    cells: pd.DataFrame,
    *,
    weekly: pd.DataFrame,
    model: Model,
    pre_trend: Callable[[], tuple[float, float]] | None,
) -> tuple[Check, ...]:
    """Return the checks of the trial's design, those that the data cannot answer included.

    participants, totals: as Evidence has them; cells: those of all analysed logs, novel ones
    included, with their participants' columns and d (see scopes.py); weekly: the same, told
    apart by nothing finer than week and period, for the checks over time; model: the planned
    one; pre_trend: gives statistic and p-value of the test of trends before access, raising
    NotEstimable where there is none, or None where no group-time effects are computed.
    """
    made: dict[str, Callable[[], Check]] = {
        "sample_ratio": lambda: sample_ratio(trial, participants, totals, cells),
        "sample_ratio_analysed": lambda: sample_ratio_analysed(trial, participants, cells),
        "balance": lambda: balance(trial, participants),
        "attrition": lambda: attrition(trial, participants, cells),
        "contamination": lambda: contamination(trial, cells),
        "order": lambda: order(trial, weekly),
        "carry_over": lambda: carry_over(trial, weekly),
        "novelty": lambda: novelty(trial, model, weekly),
        "heaping": lambda: heaping(trial, cells),
        "late_entry": lambda: flag_share(trial, cells, "late_entry"),
        "overlapping": lambda: flag_share(trial, cells, "overlapping"),
        "straight_lining": lambda: flag_share(trial, cells, "straight_lining"),
        "flagged_by_arm": lambda: flagged_by_arm(trial, cells),
        "exclusions_by_arm": lambda: exclusions_by_arm(trial, participants, totals),
    }
    if pre_trend is not None:
        made["pre_trends"] = lambda: pre_trends(*pre_trend())
    names = CHECKS[trial.design.kind]
    return tuple(answered(name, made[name]) for name in names if name in made)
