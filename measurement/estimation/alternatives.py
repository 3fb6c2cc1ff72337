"""The same effects by other choices: of task logs, of errors, of method. Sensitivity, not news."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Final

from measurement.estimation.designs import ai_arms
from measurement.estimation.effects import (
    PER_TASK,
    PER_WORKING_DAY,
    days_with_access,
    per_day,
    per_task,
    savings_in,
)
from measurement.estimation.lee_bounds import bounds_of_arm
from measurement.estimation.prepared import Prepared
from measurement.estimation.results import EstimateRow
from measurement.estimation.rows import Answer, effect_row, filled, tested, with_counts
from measurement.estimation.scopes import Scope
from measurement.estimation.specifications import SPECIFICATIONS
from measurement.estimation.tobit import tobit_effect

BOUNDS: Final = ("lower_bound", "upper_bound")
LEE: Final = "bound for people who left one side more often than the other (Lee 2009)"
RATES: Final = "savings from these task logs, numbers of tasks from all"


def specification_table(prepared: Prepared) -> Iterator[Answer]:
    """Yield the first three figures from each sample of task logs.

    Only savings per task differ: how many tasks people do is known from all task logs.
    """
    for sample in SPECIFICATIONS:
        scope = prepared.scope_of(sample)
        yield from _of_sample(prepared, scope, sample)


def two_way(prepared: Prepared) -> Iterator[Answer]:
    """Yield, beside group-time effects, the first three by two-way fixed effects."""
    if prepared.group_time:
        yield from _of_sample(prepared.by_regression(), prepared.whole, "two_way")


def participant_clustered(prepared: Prepared) -> Iterator[Answer]:
    """Yield, beside errors by task, the effects on a task with errors by participant."""
    if prepared.trial.design.kind != "task_randomised" or prepared.model.standard_errors != "HC3":
        return
    model = replace(prepared.model, standard_errors="cluster", cluster="participant")
    beside = replace(prepared, model=model)
    for estimand in PER_TASK:
        fill = partial(per_task, beside, prepared.whole.regular)
        yield _filled(beside, estimand, "participant_clustered", fill)


def tobit(prepared: Prepared) -> Iterator[Answer]:
    """Yield the time ratio with tasks that were stopped at a time limit as censored."""
    if prepared.evidence.cells["censored_minutes"].notna().any():
        yield _filled(prepared, "time_ratio", "tobit", lambda row: _tobit(prepared, row))


def lee_bounds(prepared: Prepared) -> Iterator[Answer]:
    """Yield, of trials compared by their arms, bounds on the time ratio of each arm with AI."""
    trial = prepared.trial
    if trial.design.kind not in ("parallel", "cluster") or trial.plan.treatment == "used":
        return
    for arm in ai_arms(trial):
        for place, sample in enumerate(BOUNDS):
            blank = _blank(prepared, "time_ratio", sample)
            yield filled(
                replace(blank, arm=arm, terms=(), notes=(LEE,)),
                partial(_bound, prepared=prepared, arm=arm, place=place),
            )


def _of_sample(prepared: Prepared, scope: Scope, sample: str) -> Iterator[Answer]:
    for estimand in PER_TASK:
        yield _filled(prepared, estimand, sample, partial(per_task, prepared, scope.regular))
    yield _filled(
        prepared,
        PER_WORKING_DAY,
        sample,
        lambda row: _per_working_day(prepared, scope, row),
    )


def _filled(
    prepared: Prepared, estimand: str, sample: str, fill: Callable[[EstimateRow], Answer]
) -> Answer:
    return filled(_blank(prepared, estimand, sample), fill)


def _blank(prepared: Prepared, estimand: str, sample: str) -> EstimateRow:
    blank = effect_row(prepared.trial, prepared.model, estimand, prepared.whole)
    return replace(blank, sample=sample)


def _per_working_day(prepared: Prepared, scope: Scope, row: EstimateRow) -> Answer:
    whole = prepared.whole
    days, savings = days_with_access(prepared, whole), savings_in(prepared, scope.regular)
    answer = per_day(prepared, whole, savings, days, row)
    notes = (*answer.row.notes, RATES) if scope is not whole else answer.row.notes
    return answer._replace(row=replace(with_counts(answer.row, scope.regular), notes=notes))


def _tobit(prepared: Prepared, row: EstimateRow) -> Answer:
    cells = prepared.scope_of("primary", by="censored_minutes").regular
    found = tobit_effect(prepared.model, cells)
    row = replace(
        with_counts(row, cells),
        clusters=found.clusters,
        standard_errors="sandwich",
        notes=(*row.notes, *([found.note] if found.note else [])),
    )
    return tested(row, found.estimate)


def _bound(row: EstimateRow, *, prepared: Prepared, arm: str, place: int) -> Answer:
    whole, everybody = prepared.whole, prepared.evidence.participants
    estimate = bounds_of_arm(prepared.trial, everybody, whole.cells, arm)[place]
    of_arm = whole.of_arm(arm, ai_arms(prepared.trial))
    row = replace(
        with_counts(row, of_arm.regular), clusters=len(estimate.psi), standard_errors="sandwich"
    )
    return tested(row, estimate)
