"""Fixes a trial's plan, and changes it later for a reason that every result then shows."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from measurement import plan_history
from measurement.estimation import history
from measurement.estimation.definition import Trial as Definition
from measurement.estimation.history import (
    MAX_REASON_LENGTH,
    Change,
    History,
    differences,
    is_reason,
    promise,
)
from measurement.estimation.trial_toml import plan_sha256, sections
from measurement.models import (
    AuditEvent,
    Membership,
    PlanLock,
    Role,
    Trial,
    TrialMark,
    User,
)

STAFF: Final = (Role.ADMINISTRATOR, Role.ANALYST, Role.LEAD)
"""The roles that may answer for a plan, the one that says most first."""
NO_PLAN: Final = ("slug", "title", "sector", "simulated", "design")
"""What of a definition only a whole new bundle changes: stored rows depend on it."""


class AlreadyLocked(Exception):  # noqa: N818 - what it is
    """The plan is locked already."""


class LockedPlan(Exception):  # noqa: N818 - what it is
    """The plan is locked, and nobody answers for these changes of it with a reason."""

    def __init__(self, changes: Iterable[Change]) -> None:
        self.changes = tuple(changes)
        names = ", ".join(change.path for change in self.changes)
        super().__init__(
            f"the plan is locked: a change of {names} needs a user who answers for it, and a "
            f"reason of 1 to {MAX_REASON_LENGTH} characters"
        )


def lock(*, trial: Trial, by: User) -> PlanLock:
    """Fix the trial's plan as it is now; results then list whatever is changed of it.

    Raises AlreadyLocked.
    """
    with transaction.atomic():
        trial = Trial.objects.select_for_update(no_key=True).get(pk=trial.pk)
        if (stored := PlanLock.objects.filter(trial=trial).first()) is not None:
            moment = stored.locked_at.isoformat(timespec="seconds")
            raise AlreadyLocked(f"the plan of {trial.slug} is locked since {moment}")
        definition = trial.definition()
        fixed = history.PlanLock(
            timezone.now(), who(by, trial), plan_sha256(definition), promise(definition)
        )
        plan_history.store(trial, History(fixed))
        _audit(trial, by, "lock_plan", plan_sha256=fixed.plan_sha256)
        TrialMark.objects.create(trial=trial)
        return PlanLock.objects.get(trial=trial)


def change_plan(
    *, trial: Trial, definition: Definition, by: User, reason: str
) -> tuple[Change, ...]:
    """Give the trial the plan and dates of `definition`; have workers compute everything anew.

    Returns what changed. Raises ValueError if the definition differs in more than plan and dates,
    LockedPlan if the plan is locked and `reason` does not stand.
    """
    with transaction.atomic():
        trial = Trial.objects.select_for_update(no_key=True).get(pk=trial.pk)
        _require_only_plan(trial.definition(), definition)
        changes = record_change(trial=trial, definition=definition, by=by, reason=reason)
        if changes:
            _store(trial, definition)
            TrialMark.objects.create(trial=trial, replanned=True)
    return changes


def record_change(
    *, trial: Trial, definition: Definition, by: User | None, reason: str
) -> tuple[Change, ...]:
    """Record in what `definition`, which is about to be stored, differs from the stored plan.

    Returns the differences. Raises LockedPlan if the plan is locked and nobody answers for them.
    """
    changes = differences(trial.definition(), definition)
    if not changes:
        return ()
    locked = PlanLock.objects.filter(trial=trial).first()
    if locked is not None:
        if by is None or not is_reason(reason):
            raise LockedPlan(changes)
        change = history.PlanChange(timezone.now(), who(by, trial), reason, changes)
        plan_history.add_change(locked, change)
    _audit(trial, by, "change_plan", reason=reason, changes=[asdict(change) for change in changes])
    return changes


def who(user: User, trial: Trial) -> str:
    """Return how results name a user: by role and number, never by name or email."""
    held = set(Membership.objects.filter(user=user, trial=trial).values_list("role", flat=True))
    roles = [role.value for role in STAFF if role.value in held]
    return f"{roles[0]} ({user})" if roles else str(user)


def shown(value: Any) -> str:
    """Return a value of a plan as text."""
    return "nothing" if value is None else json.dumps(value, ensure_ascii=False)


def _require_only_plan(stored: Definition, given: Definition) -> None:
    other = [name for name in NO_PLAN if getattr(stored, name) != getattr(given, name)]
    if not set(given.tools) <= set(stored.tools):
        other.append("tools")
    if other:
        raise ValueError(
            f"{', '.join(other)}: another value, the stored one is allowed (load_trial --replace "
            "loads a whole new bundle)"
        )


def _store(trial: Trial, definition: Definition) -> None:
    row: dict[str, Any] = {name: getattr(definition, name) for name in history.DATES}
    row |= sections(definition)
    for name, value in row.items():
        setattr(trial, name, value)
    trial.save(update_fields=list(row))


def _audit(trial: Trial, by: User | None, act: str, **detail: Any) -> None:
    AuditEvent.objects.create(actor=by, trial_slug=trial.slug, act=act, detail=detail)
