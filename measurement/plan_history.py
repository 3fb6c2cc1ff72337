"""The lock of a trial's plan, its changes and its taus: rows <-> the engine's `History`."""

from collections.abc import Iterable, Mapping
from dataclasses import astuple
from typing import Any

from measurement.estimation import history
from measurement.estimation.history import TUNING_FIELDS, Change, History, Tuning
from measurement.models import AlwaysValidTuning, PlanChange, PlanLock, Trial


def of_trial(trial: Trial) -> History:
    """Return the history of the trial's plan, empty while the plan is not locked."""
    lock = PlanLock.objects.filter(trial=trial).first()
    if lock is None:
        return History()
    return History(
        history.PlanLock(lock.locked_at, lock.locked_by, lock.plan_sha256, lock.sections),
        tuple(map(_plan_change, lock.changes.all())),
        tuple(Tuning(*row) for row in lock.tuning.values_list(*TUNING_FIELDS)),
    )


def with_lock(trial: Trial, document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document of results with the plan's lock where it came after they were worked out.

    A lock is of the plan, not of the data, so it does not wait for the next figures. One query
    where results have no lock.
    """
    if document["plan_locked_at"] is not None:
        return dict(document)
    lock = PlanLock.objects.filter(trial=trial).first()
    if lock is None:
        return dict(document)
    said = {"plan_locked_at": lock.locked_at.isoformat(), "plan_locked_by": lock.locked_by}
    return dict(document) | said


def store(trial: Trial, found: History) -> None:
    """Store the history of a trial that has none."""
    if found.lock is None:
        return
    lock = PlanLock.objects.create(
        trial=trial,
        locked_at=found.lock.locked_at,
        locked_by=found.lock.locked_by,
        plan_sha256=found.lock.plan_sha256,
        sections=found.lock.sections,
    )
    for change in found.changes:
        add_change(lock, change)
    add_tuning(lock, found.tuning)


def add_change(lock: PlanLock, change: history.PlanChange) -> None:
    """Store one more change of a locked plan."""
    PlanChange.objects.create(
        lock=lock,
        changed_at=change.changed_at,
        changed_by=change.changed_by,
        reason=change.reason,
        changes=[astuple(item) for item in change.changes],
    )


def fix_tuning(trial: Trial, rows: Iterable[Mapping[str, Any]]) -> None:
    """Store the taus of intervals that have none yet, once the plan is locked."""
    lock = PlanLock.objects.filter(trial=trial).first()
    if lock is not None:
        add_tuning(lock, [Tuning(**row) for row in rows])


def add_tuning(lock: PlanLock, rows: Iterable[Tuning]) -> None:
    """Store taus; an interval keeps the one it has."""
    AlwaysValidTuning.objects.bulk_create(
        (
            AlwaysValidTuning(lock=lock, **dict(zip(TUNING_FIELDS, astuple(row), strict=True)))
            for row in rows
        ),
        ignore_conflicts=True,
    )


def _plan_change(row: PlanChange) -> history.PlanChange:
    changes = tuple(Change(*change) for change in row.changes)
    return history.PlanChange(row.changed_at, row.changed_by, row.reason, changes)
