"""Rows of results, filled from estimates."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from measurement.estimation.definition import Trial
from measurement.estimation.designs import arm_names, comparison
from measurement.estimation.estimate import Estimate, Interval, NotEstimable
from measurement.estimation.planned_model import Model
from measurement.estimation.results import EstimateRow
from measurement.estimation.savings import mean_of
from measurement.estimation.scopes import Scope

SELF_REPORTED: Final = "self-reported"
DESCRIPTIVE: Final = "descriptive"
ARITHMETIC: Final = "arithmetic from the plan's assumptions"
SCALES: Final[Mapping[str, str]] = {
    "time_ratio": "log",
    "working_days_saved_per_year": "days",
    "full_time_equivalents": "people",
    "complier_time_ratio": "log",
    "quality_difference": "points",
    "adoption_rate": "share",
    "logging_rate": "share",
    "response_rate": "share",
}
"""Units of the estimands; all others are in minutes."""


class Answer(NamedTuple):
    """A row of results and the estimate in it; None where the row says why there is none."""

    row: EstimateRow
    estimate: Estimate | None = None


def effect_row(trial: Trial, model: Model, estimand: str, scope: Scope) -> EstimateRow:
    """Return the row of an effect of the treatment, its numbers still to be filled."""
    arm, reference = arm_names(trial)
    left_out = "planned term left out, as the data have no values of it: "
    return EstimateRow(
        estimand=estimand,
        dimension=scope.dimension,
        group=scope.group,
        arm=arm,
        reference=reference,
        terms=model.terms,
        scale=SCALES.get(estimand, "minutes"),
        confidence=trial.plan.confidence,
        comparison=comparison(trial),
        notes=tuple(f"{left_out}{term}" for term in model.dropped),
    )


def descriptive_row(trial: Trial, estimand: str, label: str) -> EstimateRow:
    """Return the row of a figure that compares nothing, its numbers still to be filled."""
    return EstimateRow(
        estimand=estimand,
        arm=arm_names(trial)[0],
        scale=SCALES.get(estimand, "minutes"),
        confidence=trial.plan.confidence,
        comparison=label,
    )


def filled(blank: EstimateRow, fill: Callable[[EstimateRow], Answer]) -> Answer:
    """Return the filled row, or the blank one with the reason why it cannot be filled."""
    try:
        return fill(blank)
    except NotEstimable as cannot:
        return Answer(replace(blank, not_estimable=cannot.reason))


def tested(row: EstimateRow, estimate: Estimate) -> Answer:
    """Fill value, interval and p-value against no effect."""
    row = _with_interval(row, estimate)
    return Answer(replace(row, p_value=estimate.p_value()), estimate)


def described(row: EstimateRow, estimate: Estimate) -> Answer:
    """Fill value and interval of a mean over people: no test against 0 makes sense for it."""
    row = replace(row, participants=len(estimate.psi), clusters=len(estimate.psi))
    return Answer(_with_interval(row, estimate), estimate)


def adopted(row: EstimateRow, people: pd.Series, users: pd.Series) -> Answer:
    """Fill the share of `people` who are among the `users`, and how many are and are not.

    Raises NotEstimable for fewer than two people.
    """
    used = people.isin(users).to_numpy(dtype=np.float64)
    path = pd.MultiIndex.from_arrays([people], names=["participant"])
    with_ai = int(used.sum())
    row = replace(row, participants_with_ai=with_ai, participants_without_ai=len(used) - with_ai)
    return described(row, mean_of(pd.Series(used, index=path)))


def with_always_valid(row: EstimateRow, interval: Interval) -> EstimateRow:
    """Fill the always-valid interval, given on the estimate's scale."""
    low, high = on_scale_of(row, interval.low, interval.high)
    return replace(row, always_valid_low=low, always_valid_high=high)


def with_adjusted(row: EstimateRow, p_value: float | None, interval: Interval) -> EstimateRow:
    """Fill the adjusted p-value and the interval that agrees with it."""
    low, high = on_scale_of(row, interval.low, interval.high)
    return replace(row, p_value_adjusted=p_value, ci_adjusted_low=low, ci_adjusted_high=high)


def on_scale_of(row: EstimateRow, *numbers: float) -> list[float]:
    """Return numbers of an estimate as the row shows them: on the log scale, exponentials.

    Raises NotEstimable for a number beyond every float.
    """
    with np.errstate(over="ignore"):
        shown = np.exp(numbers) if row.scale == "log" else np.array(numbers)
    if not np.isfinite(shown).all():
        raise NotEstimable("the interval reaches beyond every number: the task times differ wildly")
    return [float(number) for number in shown]


def _with_interval(row: EstimateRow, estimate: Estimate) -> EstimateRow:
    interval = estimate.interval(row.confidence)
    value, low, high = on_scale_of(row, estimate.value, interval.low, interval.high)
    return replace(
        row,
        value=value,
        std_error=estimate.std_error,
        ci_low=low,
        ci_high=high,
        degrees_of_freedom=estimate.degrees_of_freedom,
    )


def with_counts(row: EstimateRow, cells: pd.DataFrame) -> EstimateRow:
    """Fill the numbers of people and logs behind a comparison, and the mean without treatment."""
    d, (person, people) = cells["d"].to_numpy(), pd.factorize(cells["participant"])
    return replace(
        row,
        participants=len(people),
        participants_with_ai=_distinct(person[d == 1]),
        participants_without_ai=_distinct(person[d == 0]),
        logs=int(cells["logs"].sum()),
        reference_mean=_mean_minutes(cells, d == 0),
    )


def _distinct(codes: NDArray[np.intp]) -> int:
    return int(np.count_nonzero(np.bincount(codes)))


def _mean_minutes(cells: pd.DataFrame, inside: NDArray[np.bool_]) -> float | None:
    if not inside.any():
        return None
    logs, minutes = (
        cells[name].to_numpy(dtype=np.float64)[inside] for name in ("logs", "minutes_mean")
    )
    return float((logs * minutes).sum() / logs.sum())
