"""The effect of AI on those who use it because they were assigned to it.

Assignment changes task times only by changing the use of AI; then its effect on log(minutes) over
its effect on use is the effect of use among compliers (Imbens and Angrist 1994).
"""

import math
from dataclasses import dataclass
from typing import Final

import pandas as pd

from measurement.estimation.definition import Trial
from measurement.estimation.designs import BY_USE, NOT_CAUSAL, comparison
from measurement.estimation.estimate import Estimate, NotEstimable
from measurement.estimation.planned_model import (
    TREATMENT,
    Model,
    fit_model,
    require_comparison,
    sample,
)
from measurement.estimation.regression import StandardErrors

SMALLEST_F: Final = 10.0
# A share of tasks this small is rounding noise.
NO_SHARE: Final = 1e-9


@dataclass(frozen=True, eq=False)
class ComplierEffect:
    """`estimate`: of log(minutes), with AI less without, among compliers.

    `first_stage`: effect of assignment on the share of tasks done with AI; `f_statistic`: its
    squared t, infinite where use follows assignment exactly.
    """

    estimate: Estimate
    first_stage: Estimate
    f_statistic: float
    clusters: int
    standard_errors: StandardErrors


def complier_effect(trial: Trial, model: Model, cells: pd.DataFrame) -> ComplierEffect:
    """Return the effect of assignment on log(minutes) over its effect on the use of AI.

    Both come from the planned model on the same `cells` (without novel tasks), so that the ratio
    and its standard error are those of two-stage least squares with one instrument.

    Raises NotEstimable where use was not randomised, without a comparison, and where assignment
    changed use too little: first-stage F below 10 (Staiger and Stock 1997).
    """
    if comparison(trial) in (BY_USE, NOT_CAUSAL):
        raise NotEstimable("the trial compares by use, and no assignment says who would comply")
    require_comparison(cells)
    if not cells["used"].any():
        raise NotEstimable("nobody used AI")
    on_use = fit_model(model, sample(model, cells, "used"))
    first_stage = on_use.estimate(TREATMENT)
    f_statistic = _f_statistic(first_stage)
    if f_statistic < SMALLEST_F:
        raise NotEstimable(
            "assignment changed the use of AI too little to divide by, with a first-stage F "
            f"below {SMALLEST_F:g}: F is {f_statistic:.2f}"
        )
    on_log = fit_model(model, sample(model, cells, "log_minutes"))
    return ComplierEffect(
        estimate=on_log.estimate(TREATMENT) / first_stage,
        first_stage=first_stage,
        f_statistic=f_statistic,
        clusters=on_use.clusters,
        standard_errors=on_use.standard_errors,
    )


def _f_statistic(first_stage: Estimate) -> float:
    if abs(first_stage.value) <= NO_SHARE:
        return 0.0
    if first_stage.std_error == 0:
        return math.inf
    return (first_stage.value / first_stage.std_error) ** 2
