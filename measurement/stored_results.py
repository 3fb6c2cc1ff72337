"""Results as rows of an analysis: stored, and read again equal to the last bit."""

import dataclasses
import datetime
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Max
from django.utils import timezone

from measurement.estimation.results import (
    ESTIMATE_FIELDS,
    Check,
    EstimateRow,
    LogCounts,
    Results,
)
from measurement.models import (
    AnalysisRun,
    Erasure,
    StoredEstimate,
    Trial,
)

RUNS_KEPT: Final = 20
STORED_FIELDS: Final = tuple(
    name for name in ESTIMATE_FIELDS if name not in ("suppressed", "as_of")
)
LISTS: Final = ("terms", "notes")


@dataclass(frozen=True)
class StoredResults:
    """The results of an analysis, and the moment whose data it saw."""

    results: Results
    as_of: datetime.datetime
    run_id: int


def latest_results(trial: Trial) -> StoredResults | None:
    """Return the results of the newest analysis, equal to the last bit to what it found."""
    run = AnalysisRun.objects.filter(trial=trial).order_by("-pk").first()
    if run is None:
        return None
    results = Results(
        trial=trial.slug,
        design=trial.design["kind"],
        simulated=trial.simulated,
        plan_sha256=run.plan_sha256,
        plan_locked_at=run.plan_locked_at.isoformat() if run.plan_locked_at else None,
        plan_locked_by=run.plan_locked_by,
        deviations=tuple(run.deviations),
        code_version=run.code_version,
        as_of=run.counted_until.isoformat(),
        last_log=run.last_log,
        # JSON objects have no order in PostgreSQL; rules stand in alphabetical order.
        logs=LogCounts(**run.logs | {"excluded": dict(sorted(run.logs["excluded"].items()))}),
        estimates=tuple(map(_estimate, run.estimates.order_by("position"))),
        checks=tuple(map(_check, run.checks)),
        flag_rules_version=run.flag_rules_version,
        winsorising_limits=tuple(run.winsorising_limits),
        sensitivity=tuple(run.sensitivity),
        tuning=tuple(run.tuning),
    )
    return StoredResults(results, run.as_of, run.pk)


def store(
    trial: Trial, results: Results, as_of: datetime.datetime, counted_until: datetime.date
) -> AnalysisRun:
    """Store the results of a trial's data of the moment `as_of`, and drop results grown old.

    `counted_until` is the last day that counted as a working day.
    """
    run = AnalysisRun.objects.create(
        trial=trial,
        as_of=as_of,
        counted_until=counted_until,
        finished_at=timezone.now(),
        plan_sha256=results.plan_sha256,
        code_version=results.code_version,
        last_log=results.last_log,
        logs=dataclasses.asdict(results.logs),
        plan_locked_at=results.plan_locked_at,
        plan_locked_by=results.plan_locked_by,
        deviations=results.deviations,
        flag_rules_version=results.flag_rules_version,
        winsorising_limits=results.winsorising_limits,
        sensitivity=results.sensitivity,
        tuning=results.tuning,
        checks=[dataclasses.asdict(check) for check in results.checks],
    )
    StoredEstimate.objects.bulk_create(
        StoredEstimate(
            run=run,
            position=position,
            **{name: getattr(row, name) for name in STORED_FIELDS if name not in LISTS},
            **{name: list(getattr(row, name)) for name in LISTS},
        )
        for position, row in enumerate(results.estimates)
    )
    newest = AnalysisRun.objects.filter(trial=trial).order_by("-pk")[:RUNS_KEPT]
    erased_at = _last_erasure(trial)
    kept = [old.pk for old in newest if old.as_of > erased_at]
    AnalysisRun.objects.filter(trial=trial).exclude(pk__in=[run.pk, *kept]).delete()
    return run


def _last_erasure(trial: Trial) -> datetime.datetime:
    """Return when somebody was erased last: results of before, less later ones, tell of them."""
    last = Erasure.objects.filter(trial_slug=trial.slug).aggregate(last=Max("erased_at"))["last"]
    return last or datetime.datetime.min.replace(tzinfo=datetime.UTC)


def _check(row: dict[str, Any]) -> Check:
    # PostgreSQL's JSON knows no floats: 1e22 comes back as a whole number.
    numbers = {name: row[name] for name in ("statistic", "p_value") if row[name] is not None}
    return Check(**row | {name: float(number) for name, number in numbers.items()})


def _estimate(row: StoredEstimate) -> EstimateRow:
    stored = {name: getattr(row, name) for name in STORED_FIELDS}
    return EstimateRow(**stored | {name: tuple(stored[name]) for name in LISTS})
