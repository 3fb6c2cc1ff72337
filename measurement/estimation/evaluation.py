"""Evidence in, results out: every estimate that a trial's plan calls for.

The one function that the command line, the workers and the tests call.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from importlib import metadata
from typing import Final

import pandas as pd

from measurement.estimation.definition import Trial, plan_sha256
from measurement.estimation.designs import rules
from measurement.estimation.estimate import Estimate, NotEstimable
from measurement.estimation.evidence import Evidence
from measurement.estimation.exposure import logged_days_with_access, working_days_with_access
from measurement.estimation.history import deviations
from measurement.estimation.inference import (
    benjamini_hochberg,
    holm,
    wild_bootstrap_p_value,
)
from measurement.estimation.planned_model import (
    TREATMENT,
    Model,
    Outcome,
    chosen_standard_errors,
    planned_model,
    require_comparison,
    sample,
)
from measurement.estimation.regression import fit
from measurement.estimation.results import ALL, EstimateRow, LogCounts, Results
from measurement.estimation.rows import (
    DESCRIPTIVE,
    SELF_REPORTED,
    descriptive_row,
    effect_row,
    filled,
    with_counts,
    with_estimate,
    with_mean,
)
from measurement.estimation.savings import (
    Savings,
    days_per_year,
    mean_of,
    minutes_saved_per_day,
    savings_by_task_type,
)
from measurement.estimation.scopes import Scope, everything, subgroups
from measurement.estimation.surveys import reported_minutes_per_day

OUTCOMES: Final[dict[str, Outcome]] = {
    "time_ratio": "log_minutes",
    "minutes_saved_per_task": "minutes",
}
ADJUSTMENTS: Final = {"holm": holm, "benjamini_hochberg": benjamini_hochberg}
SUBGROUP_ESTIMANDS: Final = (*OUTCOMES, "minutes_saved_per_working_day")


def evaluate(evidence: Evidence) -> Results:
    """Compute every estimate of the trial's plan. Deterministic: equal evidence, equal bits."""
    trial, counts = evidence.trial, log_counts(evidence)
    lock = evidence.history.lock
    return Results(
        trial=trial.slug,
        design=trial.design.kind,
        simulated=trial.simulated,
        plan_sha256=plan_sha256(trial),
        plan_locked_at=lock.locked_at.isoformat() if lock else None,
        plan_locked_by=lock.locked_by if lock else None,
        deviations=deviations(trial, evidence.history),
        code_version=metadata.version("trialsite"),
        as_of=evidence.as_of.isoformat(),
        last_log=counts.stored,
        logs=counts,
        estimates=tuple(_estimates(evidence)),
    )


def log_counts(evidence: Evidence) -> LogCounts:
    """Return how many logs were received, refused, stored, excluded by first rule, analysed."""
    stored, refused = int(evidence.totals["stored"].sum()), sum(evidence.refused.values())
    excluded: dict[str, int] = {}
    for by_rule in evidence.totals["excluded"]:
        for rule, count in by_rule.items():
            excluded[rule] = excluded.get(rule, 0) + count
    return LogCounts(
        received=refused + stored,
        refused=refused,
        stored=stored,
        excluded=dict(sorted(excluded.items())),
        analysed=stored - sum(excluded.values()),
    )


@dataclass(frozen=True, eq=False)
class _Analysis:
    """The evidence with its model: what every row is computed from."""

    evidence: Evidence
    whole: Scope
    model: Model

    @property
    def trial(self) -> Trial:
        return self.evidence.trial

    @cached_property
    def savings_of_whole(self) -> Savings:
        """The savings behind three figures: per working day, per day used, per year."""
        return savings_by_task_type(self.model, self.whole.regular)


def _estimates(evidence: Evidence) -> Iterator[EstimateRow]:
    whole = everything(evidence)
    analysis = _Analysis(evidence, whole, planned_model(evidence.trial, whole.cells))
    yield from _effects(analysis, whole)
    yield _row(analysis, "minutes_saved_per_day_used", whole, _per_day_used)
    yield _row(analysis, "working_days_saved_per_year", whole, _per_year)
    yield _described(analysis, "adoption_rate", DESCRIPTIVE, _adoption_rate)
    yield _described(analysis, "reported_minutes_saved_per_day", SELF_REPORTED, _reported_minutes)
    if evidence.trial.design.kind == "task_randomised" and analysis.model.standard_errors == "HC3":
        yield from _participant_clustered(analysis)
    for dimension in evidence.trial.plan.subgroups:
        yield from _breakdown(analysis, dimension)


def _effects(analysis: _Analysis, scope: Scope) -> Iterator[EstimateRow]:
    for estimand in OUTCOMES:
        yield _row(analysis, estimand, scope, _per_task)
    yield _row(analysis, "minutes_saved_per_working_day", scope, _per_working_day)


def _row(
    analysis: _Analysis,
    estimand: str,
    scope: Scope,
    fill: Callable[[_Analysis, Scope, EstimateRow], EstimateRow],
    sample_name: str = "primary",
) -> EstimateRow:
    blank = effect_row(analysis.trial, analysis.model, estimand, scope)
    blank = replace(blank, sample=sample_name)

    def checked(row: EstimateRow) -> EstimateRow:
        _require_analysable(analysis.trial)
        return fill(analysis, scope, row)

    return filled(blank, checked)


def _require_analysable(trial: Trial) -> None:
    reason = rules(trial).reason_not_estimable
    if reason:
        raise NotEstimable(reason)
    if trial.plan.winsorise != (0.0, 1.0):
        low, high = trial.plan.winsorise
        raise NotEstimable(
            f"the plan winsorises minutes at {low:g} and {high:g}, which this version cannot do"
        )


def _participant_clustered(analysis: _Analysis) -> Iterator[EstimateRow]:
    """Yield the effects with errors by participant, beside those by task."""
    model = replace(analysis.model, standard_errors="cluster", cluster="participant")
    beside = replace(analysis, model=model)
    for estimand in OUTCOMES:
        yield _row(beside, estimand, analysis.whole, _per_task, "participant_clustered")


def _breakdown(analysis: _Analysis, dimension: str) -> Iterator[EstimateRow]:
    """Yield the effects in each group, p-values adjusted over the groups of an estimand."""
    scopes = subgroups(analysis.evidence, analysis.whole, dimension)
    rows = [row for scope in scopes for row in _effects(analysis, scope)]
    adjust = ADJUSTMENTS[analysis.trial.plan.multiplicity]
    for estimand in SUBGROUP_ESTIMANDS:
        family = [row for row in rows if row.estimand == estimand]
        adjusted = adjust([row.p_value for row in family])
        for row, p_value in zip(family, adjusted, strict=True):
            yield replace(row, p_value_adjusted=p_value)


# Fillers: one an estimand ---------------------------------------------------------------------


def _per_task(analysis: _Analysis, scope: Scope, row: EstimateRow) -> EstimateRow:
    """Fill `time_ratio` or `minutes_saved_per_task` from the regression on its outcome."""
    cells, model = scope.regular, analysis.model
    require_comparison(cells)
    regressed = sample(model, cells, OUTCOMES[row.estimand])
    chosen = chosen_standard_errors(model, cells)
    fitted = fit(regressed, standard_errors=chosen, nested=model.absorbed is not None)
    effect = fitted.estimate(TREATMENT)
    row = with_estimate(with_counts(row, cells), effect if row.scale == "log" else -effect)
    row = replace(row, clusters=fitted.clusters, standard_errors=chosen)
    if chosen == "CR3" and scope.dimension == ALL:
        seed = analysis.trial.design.seed
        row = replace(
            row, bootstrap_p_value=wild_bootstrap_p_value(regressed, TREATMENT, seed=seed)
        )
    return row


def _per_working_day(analysis: _Analysis, scope: Scope, row: EstimateRow) -> EstimateRow:
    return _per_day(analysis, scope, row, _days_with_access(analysis, scope))


def _per_day_used(analysis: _Analysis, scope: Scope, row: EstimateRow) -> EstimateRow:
    _require_dates(analysis)
    days = scope.by_cluster_path(analysis.model, scope.days("days_used"))
    return _per_day(analysis, scope, row, days)


def _per_day(analysis: _Analysis, scope: Scope, row: EstimateRow, days: pd.Series) -> EstimateRow:
    savings, estimate = _total_saved(analysis, scope, days)
    return with_estimate(_of_savings(row, scope, savings), estimate)


def _per_year(analysis: _Analysis, scope: Scope, row: EstimateRow) -> EstimateRow:
    savings, estimate = _total_saved(analysis, scope, _days_with_access(analysis, scope))
    per_year = days_per_year(estimate, analysis.trial.assumptions)
    return with_estimate(_of_savings(row, scope, savings), per_year)


def _total_saved(analysis: _Analysis, scope: Scope, days: pd.Series) -> tuple[Savings, Estimate]:
    is_whole = scope is analysis.whole
    savings = (
        analysis.savings_of_whole
        if is_whole
        else savings_by_task_type(analysis.model, scope.regular)
    )
    own = scope.own
    per_day = minutes_saved_per_day(savings, own[~own["novel"]], own[own["novel"]], days)
    return savings, per_day


def _of_savings(row: EstimateRow, scope: Scope, savings: Savings) -> EstimateRow:
    """Fill what is not a number of the estimate: counts, errors, task types without comparison."""
    notes = tuple(
        f"task type without tasks to compare with, counted as no saving: {name}"
        for name in savings.uncompared
    )
    return replace(
        with_counts(row, scope.regular),
        standard_errors=savings.fit.standard_errors,
        clusters=savings.fit.clusters,
        notes=(*row.notes, *notes),
    )


def _days_with_access(analysis: _Analysis, scope: Scope) -> pd.Series:
    trial, evidence = analysis.trial, analysis.evidence
    _require_dates(analysis)
    _require_population(scope)
    if trial.plan.day_basis == "logged_days":
        days = logged_days_with_access(trial, scope.population)
    else:
        days = working_days_with_access(
            trial, scope.population, analysis.whole.cells, evidence.as_of
        )
    return scope.by_cluster_path(analysis.model, days)


def _require_dates(analysis: _Analysis) -> None:
    if not analysis.whole.cells["first_date"].notna().any():
        raise NotEstimable("task logs have no dates")


def _require_population(scope: Scope) -> None:
    if scope.population.empty:
        raise NotEstimable("no participants were given AI")


def _described(
    analysis: _Analysis, estimand: str, label: str, mean: Callable[[_Analysis], Estimate]
) -> EstimateRow:
    blank = descriptive_row(analysis.trial, estimand, label)
    return filled(blank, lambda row: with_mean(row, mean(analysis)))


def _adoption_rate(analysis: _Analysis) -> Estimate:
    """Return the share of participants given AI with at least one AI task."""
    _require_population(analysis.whole)
    cells, population = analysis.whole.cells, analysis.whole.population
    users = cells.loc[cells["used"], "participant"].unique()
    adopted = population["participant"].isin(users).astype(float)
    adopted.index = pd.MultiIndex.from_arrays([population["participant"]], names=["participant"])
    return mean_of(adopted)


def _reported_minutes(analysis: _Analysis) -> Estimate:
    return reported_minutes_per_day(analysis.trial.survey, analysis.evidence.survey_responses)
