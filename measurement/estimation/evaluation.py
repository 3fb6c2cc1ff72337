"""Evidence in, results out: every estimate that a trial's plan calls for.

The one function that the command line, the workers and the tests call.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from importlib import metadata
from typing import Any

from measurement.estimation.alternatives import (
    lee_bounds,
    participant_clustered,
    specification_table,
    tobit,
    two_way,
)
from measurement.estimation.always_valid import (
    always_valid_interval,
    best_tau,
    planned_std_error,
)
from measurement.estimation.breakdowns import by_arm, by_subgroup, by_tool
from measurement.estimation.checks import checks
from measurement.estimation.estimate import Estimate, NotEstimable
from measurement.estimation.evidence import Evidence
from measurement.estimation.families import interaction
from measurement.estimation.figures import Figures
from measurement.estimation.flags import FLAG_RULES_VERSION
from measurement.estimation.history import Tuning, deviations
from measurement.estimation.prepared import Prepared, prepare
from measurement.estimation.rates import logging_rates, response_rates
from measurement.estimation.results import Check, EstimateRow, LogCounts, Results
from measurement.estimation.rows import Answer, with_always_valid
from measurement.estimation.time_course import adoption_by_week, effect_over_time
from measurement.estimation.trial_toml import plan_sha256


def evaluate(evidence: Evidence, *, at_each: Callable[[], None] = lambda: None) -> Results:
    """Compute every estimate of the trial's plan. Deterministic: equal evidence, equal bits.

    `at_each` is called after each estimate; whatever it raises ends the evaluation.
    """
    trial, counts, lock = evidence.trial, log_counts(evidence), evidence.history.lock
    prepared = prepare(evidence)
    figures = Figures(prepared)
    answers = []
    for answer in _answers(prepared, figures):
        answers.append(answer)
        at_each()
    tuning = _tuning(evidence, counts, answers)
    return Results(
        trial=trial.slug,
        design=trial.design.kind,
        simulated=trial.simulated,
        plan_sha256=plan_sha256(trial),
        plan_locked_at=lock.locked_at.isoformat() if lock else None,
        plan_locked_by=lock.locked_by if lock else None,
        deviations=deviations(trial, evidence.history),
        code_version=metadata.version("trialsite"),
        flag_rules_version=FLAG_RULES_VERSION,
        as_of=evidence.as_of.isoformat(),
        last_log=counts.stored,
        logs=counts,
        winsorising_limits=_limits(evidence),
        estimates=tuple(_always_valid(answer, tuning) for answer in answers),
        checks=_checks(prepared, answers),
        sensitivity=tuple(asdict(row) for row in figures.sensitivity()),
        tuning=tuple(asdict(row) for row in tuning.values()),
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


def _answers(prepared: Prepared, figures: Figures) -> Iterator[Answer]:
    yield from figures.measured()
    yield from figures.reported()
    yield from figures.assumed()
    yield from specification_table(prepared)
    yield from two_way(prepared)
    yield from participant_clustered(prepared)
    yield from tobit(prepared)
    yield from lee_bounds(prepared)
    yield from by_arm(prepared)
    for dimension in prepared.trial.plan.subgroups:
        yield from by_subgroup(prepared, dimension)
    yield from by_tool(prepared)
    yield from effect_over_time(prepared)
    yield from adoption_by_week(prepared)
    yield from logging_rates(prepared.evidence)
    yield from response_rates(prepared.evidence)


def _checks(prepared: Prepared, answers: Sequence[Answer]) -> tuple[Check, ...]:
    evidence = prepared.evidence
    asked = checks(
        evidence.trial,
        evidence.participants,
        evidence.totals,
        prepared.scope_of("raw", by="flags").cells,
        weekly=prepared.weekly.cells,
        model=prepared.model,
        pre_trend=(lambda: _pre_trend(prepared)) if prepared.group_time else None,
    )
    dimensions = [
        dimension
        for dimension in evidence.trial.plan.subgroups
        if any(answer.row.dimension == dimension for answer in answers)
    ]
    return (*asked, *(interaction(dimension, answers) for dimension in dimensions))


def _pre_trend(prepared: Prepared) -> tuple[float, float]:
    test = prepared.roll_out(prepared.whole.regular, "log_minutes").pre_trend
    return test.statistic, test.p_value


def _tuning(
    evidence: Evidence, counts: LogCounts, answers: Sequence[Answer]
) -> Mapping[tuple[Any, ...], Tuning]:
    """Return the tau of each interval: as fixed after the lock, else from today's error."""
    tuning = (
        _tau(evidence, counts, row, estimate)
        for row, estimate in answers
        if estimate is not None and estimate.std_error > 0
    )
    return {row.key: row for row in tuning}


def _tau(evidence: Evidence, counts: LogCounts, row: EstimateRow, estimate: Estimate) -> Tuning:
    key = (row.estimand, row.dimension, row.group, row.sample, row.arm)
    tau, plan = evidence.history.tau_of(key), evidence.trial.plan
    if tau is None:
        planned = planned_std_error(
            estimate.std_error,
            max(counts.analysed, 1),
            planned_participants=plan.planned_participants,
            planned_logs_per_participant=plan.planned_logs_per_participant,
        )
        tau = best_tau(planned, plan.confidence)
    return Tuning(*key, tau=tau)


def _always_valid(answer: Answer, tuning: Mapping[tuple[Any, ...], Tuning]) -> EstimateRow:
    row, estimate = answer
    if estimate is None:
        return row
    tuned = tuning.get((row.estimand, row.dimension, row.group, row.sample, row.arm))
    if tuned is None:
        return _without_always_valid(row, "the standard error is 0")
    try:
        return with_always_valid(row, always_valid_interval(estimate, tuned.tau, row.confidence))
    except NotEstimable as cannot:
        return _without_always_valid(row, cannot.reason)


def _without_always_valid(row: EstimateRow, reason: str) -> EstimateRow:
    return replace(row, notes=(*row.notes, f"no always-valid interval: {reason}"))


def _limits(evidence: Evidence) -> tuple[Mapping[str, Any], ...]:
    """Return the winsorising limits in minutes by task type, None for logs without one."""
    return tuple(
        {"task_type": name if isinstance(name, str) else None, "low": low, "high": high}
        for name, low, high in zip(
            evidence.limits["task_type"],
            evidence.limits["low"].tolist(),
            evidence.limits["high"].tolist(),
            strict=True,
        )
    )
