"""How leads set up a trial: a step is saved, a notice published, the plan locked.

Every change takes the trial's row first, so two leads write one after the other, and whoever saw
older answers is told. What the steps store and refuse stands in `set_up_plan.py` and
`set_up_lists.py`.
"""

import datetime
from collections.abc import Callable, Mapping
from typing import Final

from django.db import transaction
from django.utils import timezone

from measurement import notices, planning
from measurement.estimation.definition import Trial as Definition
from measurement.models import (
    PlanLock,
    PrivacyNotice,
    SetUpStep,
    Trial,
    User,
)
from measurement.set_up_answers import (
    Step,
    fingerprint,
    has_design,
    has_groups,
    saved_steps,
    stored,
    whole_fingerprint,
)
from measurement.set_up_lists import change_lists
from measurement.set_up_plan import (
    change_dates,
    change_groups,
    change_plan,
    choose_design,
    describe,
)
from measurement.set_up_refusals import ChangedMeanwhile, Fault, Given, Refused


def save(
    *,
    trial: Trial,
    step: str,
    given: Given,
    seen: str,
    by: User,
    reason: str = "",
    answers: Given | None = None,
) -> None:
    """Store what a lead answered on the page of one step, and that the step is saved.

    `seen` is the fingerprint of the step's stored answers when the lead saw them, `answers` what
    else is kept of the way to them. Raises Refused, and ChangedMeanwhile.
    """
    with transaction.atomic():
        trial = _taken(trial)
        if fingerprint(stored(trial, step)) != seen:
            raise ChangedMeanwhile(f"{step} of {trial} changed")
        _WRITERS.get(step, change_plan)(trial, given, by, reason)
        SetUpStep.objects.update_or_create(
            trial=trial,
            step=step,
            defaults={"saved_at": timezone.now(), "answers": dict(answers or {})},
        )


def publish_notice(
    *,
    trial: Trial,
    controller: str,
    contact: str,
    keep_until: datetime.date,
    seen: str,
    by: User,
) -> PrivacyNotice:
    """Publish the next version of the trial's privacy notice; `seen` is the newest one known.

    Raises Refused for what notices.py refuses, and ChangedMeanwhile.
    """
    with transaction.atomic():
        trial = _taken(trial)
        newest = notices.newest(trial)
        if str(newest.version if newest else 0) != seen:
            raise ChangedMeanwhile(f"{newest} was published")
        try:
            return notices.publish(
                trial=trial, controller=controller, contact=contact, keep_until=keep_until, actor=by
            )
        except ValueError as error:
            raise Refused(_notice_fault(str(error))) from error


def lock(*, trial: Trial, seen: str, by: User) -> PlanLock:
    """Lock the plan that the lead saw; `seen` is its whole fingerprint.

    Raises Refused while the design is not chosen or not complete, ChangedMeanwhile, and
    planning.AlreadyLocked.
    """
    with transaction.atomic():
        trial = _taken(trial)
        definition = trial.definition()
        if whole_fingerprint(definition) != seen:
            raise ChangedMeanwhile(f"{trial} changed")
        _require_whole_design(trial, definition)
        return planning.lock(trial=trial, by=by)


def _require_whole_design(trial: Trial, definition: Definition) -> None:
    saved = saved_steps(trial)
    if not has_design(definition, saved):
        raise Refused(Fault("design.kind", "Choose the design before you lock the plan"))
    if not has_groups(definition, saved):
        words = "Say how chance decides before you lock the plan"
        raise Refused(Fault("design.arms", words))


def _taken(trial: Trial) -> Trial:
    """Return the trial's row, which no other lead changes until the transaction ends.

    Somebody may still join meanwhile: to them chance has given nothing yet.
    """
    return Trial.objects.select_for_update(no_key=True).get(pk=trial.pk)


def _notice_fault(text: str) -> Fault:
    """Return the sentence for what notices.py refuses."""
    for start, fault in _NOTICE_FAULTS.items():
        if text.startswith(start):
            return fault
    raise AssertionError(text)


_NOTICE_FAULTS: Final = {
    "controller": Fault("controller", "Enter who answers for the data"),
    "contact": Fault("contact", "Enter an email address, like name@example.com"),
    "keep until": Fault(
        "keep_until",
        "The last day on which data are kept must be today or later, and not before "
        "the last day of the trial",
    ),
}
_WRITERS: Final[Mapping[str, Callable[[Trial, Given, User, str], None]]] = {
    Step.ABOUT: describe,
    Step.DATES: change_dates,
    Step.DESIGN: choose_design,
    Step.GROUPS: change_groups,
    Step.TASKS: change_lists,
    Step.LISTS: change_lists,
}
