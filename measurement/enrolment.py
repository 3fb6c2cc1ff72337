"""Who takes part in a trial, in which role, and what participants are assigned to."""

import datetime
import re
from collections.abc import Mapping
from itertools import count
from typing import Any, Final

from django.db import transaction
from django.utils.crypto import salted_hmac

from measurement.models import (
    Arm,
    Assignment,
    AuditEvent,
    Department,
    DirtyMark,
    Erasure,
    Grade,
    Membership,
    Participant,
    Profession,
    Role,
    Trial,
    User,
)

PSEUDONYM_LENGTH: Final = 16
ROWS_AT_ONCE: Final = 5_000
LISTS: Final = {"department": Department, "grade": Grade, "profession": Profession}


def pseudonym_of(*, user: User, trial: Trial) -> str:
    """Return the user's pseudonym in the trial: an HMAC, different in every trial.

    Without SECRET_KEY nobody can tell who it is, nor that two pseudonyms are one person. Who was
    erased and takes part again has another one: the first is to be erased from every backup.
    """
    erasures = Erasure.objects.filter(trial_slug=trial.slug)
    for erased in count():
        pseudonym = _pseudonym(user, f"{trial.slug}:{erased}" if erased else trial.slug)
        if not erasures.filter(pseudonym=pseudonym).exists():
            return pseudonym
    raise AssertionError("count() does not end")


def _pseudonym(user: User, name: str) -> str:
    salt = f"measurement.enrolment.pseudonym:{name}"
    return salted_hmac(salt, str(user.pk), algorithm="sha256").hexdigest()[:PSEUDONYM_LENGTH]


def enrol(
    *,
    trial: Trial,
    user: User,
    actor: User | None,
    department: str | None = None,
    team: str = "",
    grade: str | None = None,
    profession: str | None = None,
    enrolled_on: datetime.date | None = None,
) -> Participant:
    """Make the user a participant of the trial, with the role. Lists are given by name.

    Raises ValueError for a department, grade or profession that the trial does not have.
    """
    given = {"department": department, "grade": grade, "profession": profession}
    with transaction.atomic():
        participant = Participant.objects.create(
            trial=trial,
            user=user,
            pseudonym=pseudonym_of(user=user, trial=trial),
            team=team,
            enrolled_on=enrolled_on,
            **{name: entry(trial, name, value) for name, value in given.items()},
        )
        grant(user=user, trial=trial, role=Role.PARTICIPANT, actor=actor)
        _leave_traces(participant, "enrol_participant", actor)
    return participant


def link(*, participant: Participant, user: User, actor: User | None) -> None:
    """Let the user act as a participant who was loaded from a bundle, with the role.

    Raises ValueError if the participant is another user already.
    """
    if participant.user_id not in (None, user.pk):
        raise ValueError(f"participant {participant.pseudonym!r} is another user already")
    with transaction.atomic():
        participant.user = user
        participant.save(update_fields=["user"])
        grant(user=user, trial=participant.trial, role=Role.PARTICIPANT, actor=actor)
        _audit(participant, "link_participant", actor)


def grant(*, user: User, trial: Trial, role: Role, actor: User | None) -> bool:
    """Give the user the role in the trial; return False where it is held already."""
    with transaction.atomic():
        _, created = Membership.objects.get_or_create(user=user, trial=trial, role=role)
        if created:
            AuditEvent.objects.create(
                actor=actor,
                trial_slug=trial.slug,
                act="grant_role",
                subject=f"user {user.pk}",
                detail={"role": role.value},
            )
    return created


def assign(
    *,
    participant: Participant,
    actor: User | None,
    arm: str | None = None,
    sequence: str = "",
    ai_from: datetime.date | None = None,
) -> Assignment:
    """Assign the participant to an arm, an order of periods or a day of access.

    Replaces an earlier assignment; the audit event keeps both. Raises ValueError for an arm that
    the trial does not have and for an order that does not fit its periods.
    """
    trial = participant.trial
    _check_sequence(trial, sequence)
    row: dict[str, Any] = {"arm": _arm(trial, arm), "sequence": sequence, "ai_from": ai_from}
    with transaction.atomic():
        assignments = Assignment.objects.select_related("arm").filter(participant=participant)
        before = _described(assignments.first())
        assignment, _ = Assignment.objects.update_or_create(participant=participant, defaults=row)
        after = _described(assignment)
        _leave_traces(participant, "assign_participant", actor, before=before, after=after)
    return assignment


def assign_drawn(*, trial: Trial, column: str, values: Mapping[str, str]) -> None:
    """Assign many at once, by pseudonym; `values` are those of one column, days in ISO form.

    `column` is "arm", "sequence" or "ai_from"; what else was assigned stays. For draws, which write
    the audit event: one for all. Raises ValueError as `assign` does, and for a pseudonym that is
    nobody's.
    """
    for value in set(values.values()) if column == "sequence" else ():
        _check_sequence(trial, value)
    arms = {name: _arm(trial, name) for name in set(values.values()) if column == "arm"}
    ids = dict(Participant.objects.filter(trial=trial).values_list("pseudonym", "pk"))
    if unknown := values.keys() - ids.keys():
        raise ValueError(f"{len(unknown)} pseudonyms, participants of {trial.slug} are allowed")
    rows = [
        Assignment(participant_id=ids[name], **{column: arms.get(value) or value})
        for name, value in values.items()
    ]
    with transaction.atomic():
        Assignment.objects.bulk_create(
            rows,
            batch_size=ROWS_AT_ONCE,
            update_conflicts=True,
            unique_fields=["participant"],
            update_fields=[column],
        )
        marks = [DirtyMark(participant_id=row.participant_id) for row in rows]
        DirtyMark.objects.bulk_create(marks, batch_size=ROWS_AT_ONCE)


def withdraw(*, participant: Participant, on: datetime.date, actor: User | None) -> None:
    """Record that the participant left: later task logs are not analysed."""
    with transaction.atomic():
        participant.withdrawn_on = on
        participant.save(update_fields=["withdrawn_on"])
        _leave_traces(participant, "withdraw_participant", actor, on=on.isoformat())


def entry(trial: Trial, name: str, value: str | None) -> Any:
    """Return the row of that value in the trial's list `name`, one of LISTS; None for None.

    Raises ValueError for what the list does not have.
    """
    if value is None:
        return None
    entries = LISTS[name]._default_manager.filter(trial=trial)
    found = entries.filter(name=value).first()
    if found is None:
        raise ValueError(f"{name} {value!r}: {_one_of(entries)} is allowed")
    return found


def _arm(trial: Trial, name: str | None) -> Arm | None:
    if name is None:
        return None
    arms = Arm.objects.filter(trial=trial).order_by("pk")
    arm = arms.filter(name=name).first()
    if arm is None:
        raise ValueError(f"arm {name!r}: {_one_of(arms)} is allowed")
    return arm


def _one_of(entries: Any) -> str:
    names = ", ".join(entries.values_list("name", flat=True))
    return f"one of {names}" if names else "none (the trial has none)"


def _check_sequence(trial: Trial, sequence: str) -> None:
    periods = len(trial.design.get("periods", []))
    length = f"{{{periods}}}" if periods else "+"
    if sequence and not re.fullmatch(f"[AB]{length}", sequence):
        allowed = f"{periods or 'some'} letters A (without AI) or B (with AI), one a period,"
        raise ValueError(f"sequence {sequence!r}: {allowed} is allowed")


def _leave_traces(participant: Participant, act: str, actor: User | None, **detail: Any) -> None:
    """Write the audit event, and mark the participant: what was changed decides what counts."""
    _audit(participant, act, actor, **detail)
    DirtyMark.objects.create(participant=participant)


def _audit(participant: Participant, act: str, actor: User | None, **detail: Any) -> None:
    AuditEvent.objects.create(
        actor=actor,
        trial_slug=participant.trial.slug,
        act=act,
        subject=participant.pseudonym,
        detail=detail,
    )


def _described(assignment: Assignment | None) -> dict[str, str | None] | None:
    if assignment is None:
        return None
    return {
        "arm": assignment.arm.name if assignment.arm else None,
        "sequence": assignment.sequence,
        "ai_from": assignment.ai_from.isoformat() if assignment.ai_from else None,
    }
