"""The effect of the treatment in a scope: on a task, and on a working day."""

from dataclasses import dataclass, replace
from typing import Final

import pandas as pd

from measurement.estimation.estimate import Estimate, NotEstimable
from measurement.estimation.exposure import logged_days_with_access, working_days_with_access
from measurement.estimation.inference import wild_bootstrap_p_value
from measurement.estimation.planned_model import (
    TREATMENT,
    Outcome,
    fit_model,
    observed,
    require_comparison,
    sample,
)
from measurement.estimation.prepared import Prepared
from measurement.estimation.results import EstimateRow
from measurement.estimation.rows import Answer, tested, with_counts
from measurement.estimation.savings import (
    Savings,
    compared_types,
    minutes_saved_per_day,
    savings_by_task_type,
    types_without_saving,
)
from measurement.estimation.scopes import Scope

OUTCOMES: Final[dict[str, Outcome]] = {
    "time_ratio": "log_minutes",
    "minutes_saved_per_task": "minutes",
    "quality_difference": "quality",
}
PER_TASK: Final = ("time_ratio", "minutes_saved_per_task")
PER_WORKING_DAY: Final = "minutes_saved_per_working_day"
GROUP_TIME_OUTCOMES: Final = ("log_minutes", "minutes")
"""Quality is scored too seldom for a mean of each unit and week: it is regressed."""
TWO_WAY: Final = "by two-way fixed effects, as there are too few values for group-time effects"
ROLL_OUT: Final = "group-time effects of the roll-out, averaged over its participants and weeks"


@dataclass(frozen=True, eq=False)
class Effect:
    """The effect on an outcome: log minutes, minutes or points; how its error was computed."""

    estimate: Estimate
    standard_errors: str
    clusters: int
    terms: tuple[str, ...]
    notes: tuple[str, ...] = ()


def effect(prepared: Prepared, cells: pd.DataFrame, outcome: Outcome) -> Effect:
    """Return the treatment's effect on the outcome of regular `cells`.

    Raises NotEstimable where the cells have nothing to compare, or too little.
    """
    require_comparison(cells)
    model = prepared.model
    if prepared.group_time and outcome in GROUP_TIME_OUTCOMES:
        return _group_time_effect(prepared, cells, outcome)
    found = fit_model(model, sample(model, cells, outcome))
    notes = (TWO_WAY,) if prepared.group_time else ()
    estimate = found.estimate(TREATMENT)
    return Effect(estimate, found.standard_errors, found.clusters, model.terms, notes)


def _group_time_effect(prepared: Prepared, cells: pd.DataFrame, outcome: Outcome) -> Effect:
    found = prepared.roll_out(cells, outcome)
    return Effect(
        found.overall,
        found.standard_errors,
        found.clusters,
        terms=(prepared.model.cluster, "week", "task_type"),
        notes=(ROLL_OUT, *found.notes),
    )


def per_task(prepared: Prepared, cells: pd.DataFrame, row: EstimateRow) -> Answer:
    """Fill `time_ratio`, `minutes_saved_per_task` or `quality_difference` from regular cells."""
    outcome = OUTCOMES[row.estimand]
    found = effect(prepared, cells, outcome)
    row = replace(
        _counted(row, cells, outcome),
        standard_errors=found.standard_errors,
        clusters=found.clusters,
        terms=found.terms,
        notes=(*row.notes, *found.notes),
    )
    return tested(row, -found.estimate if outcome == "minutes" else found.estimate)


def _counted(row: EstimateRow, cells: pd.DataFrame, outcome: Outcome) -> EstimateRow:
    if outcome != "quality":
        return with_counts(row, cells)
    scored = observed(cells, outcome)
    # The mean minutes are those of all logs of the cells, scored or not.
    return replace(
        with_counts(row, scored.assign(logs=scored["quality_logs"])), reference_mean=None
    )


def with_bootstrap(prepared: Prepared, cells: pd.DataFrame, answer: Answer) -> Answer:
    """Add the wild bootstrap's p-value where the errors are those of few clusters."""
    row = answer.row
    outcome = OUTCOMES[row.estimand]
    by_group_time = prepared.group_time and outcome in GROUP_TIME_OUTCOMES
    if row.standard_errors != "CR3" or by_group_time:
        return answer
    regressed = sample(prepared.model, cells, outcome)
    p_value = wild_bootstrap_p_value(regressed, TREATMENT, seed=prepared.trial.design.seed)
    return answer._replace(row=replace(row, bootstrap_p_value=p_value))


def savings_in(prepared: Prepared, cells: pd.DataFrame) -> Savings:
    """Return the savings per task of each task type among regular cells."""
    if not prepared.group_time:
        return savings_by_task_type(prepared.model, cells)
    # One saving for all types: a week of a unit has too few tasks of each for one of its own.
    compared, uncompared = compared_types(cells)
    found = effect(prepared, cells, "minutes")
    return Savings(
        per_task=dict.fromkeys(compared, -found.estimate.value),
        total=lambda tasks: -found.estimate.scale(sum(tasks.values())),
        uncompared=uncompared,
        standard_errors=found.standard_errors,
        clusters=found.clusters,
        terms=found.terms,
        notes=found.notes,
    )


def per_day(
    prepared: Prepared, scope: Scope, savings: Savings, days: pd.Series, row: EstimateRow
) -> Answer:
    """Fill minutes saved per day from the savings per task and the tasks of the population.

    `days`: those of each participant of the population, by its path of clusters.
    """
    return tested(of_savings(row, scope, savings), saved_per_day(scope, savings, days))


def saved_per_day(scope: Scope, savings: Savings, days: pd.Series) -> Estimate:
    """Return minutes saved per participant of the population and day."""
    return minutes_saved_per_day(savings, scope.done, days)


def of_savings(row: EstimateRow, scope: Scope, savings: Savings) -> EstimateRow:
    """Fill what is not a number of the estimate: counts, errors, task types without comparison."""
    notes = tuple(
        f"task type without tasks to compare with, counted as no saving: {name}"
        for name in types_without_saving(savings, scope.done)
    )
    return replace(
        with_counts(row, scope.regular),
        standard_errors=savings.standard_errors,
        clusters=savings.clusters,
        terms=savings.terms,
        notes=(*row.notes, *savings.notes, *notes),
    )


def days_with_access(prepared: Prepared, scope: Scope) -> pd.Series:
    """Return the days with AI of each participant of the population, on the plan's day basis."""
    return days_on(prepared, scope, prepared.trial.plan.day_basis)


def days_on(prepared: Prepared, scope: Scope, basis: str) -> pd.Series:
    """Return the days of each participant of the population, by its path of clusters.

    `basis`: "working_days" with AI, "logged_days" with AI or, of these, "days_used".

    Raises NotEstimable where nobody was given AI, or the task logs or the trial have no dates.
    """
    require_dates(prepared)
    require_population(scope)
    if basis == "days_used":
        days = scope.days("days_used")
    elif basis == "logged_days":
        days = logged_days_with_access(prepared.trial, scope.population)
    else:
        cells, as_of = prepared.whole.cells, prepared.evidence.as_of
        days = working_days_with_access(prepared.trial, scope.population, cells, as_of)
    return scope.by_cluster_path(prepared.model, days)


def require_dates(prepared: Prepared) -> None:
    """Raise NotEstimable unless some task log has a date."""
    if not prepared.whole.cells["first_date"].notna().any():
        raise NotEstimable("task logs have no dates")


def require_population(scope: Scope) -> None:
    """Raise NotEstimable unless somebody was given AI."""
    if scope.population.empty:
        raise NotEstimable("no participants were given AI")
