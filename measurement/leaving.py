"""How a participant leaves a trial: keeping the logs under the pseudonym, or erasing everything.

Erasing holds against everybody who writes at the same time. It changes the trial's row first, so
an analysis or winsorising limits that saw the participant fail instead of being stored; then it
locks the participant's row, so a worker or a task log that came first is waited for, and one that
comes later finds nobody to belong to.
"""

import datetime
import logging
from typing import Any, Final

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from measurement import enrolment
from measurement.models import (
    ApiToken,
    AuditEvent,
    Draw,
    Erasure,
    Invitation,
    Membership,
    Participant,
    Role,
    SurveyResponse,
    TaskLog,
    Timer,
    Trial,
    TrialMark,
    User,
)

BY_PARTICIPANT: Final = "participant"
AGAIN: Final = "erase_again"

logger = logging.getLogger(__name__)


def withdraw(*, participant: Participant, actor: User) -> None:
    """Record that the participant left today; a running timer is thrown away.

    Nothing happens to somebody who left before or was erased in the meantime.
    """
    with transaction.atomic():
        taking_part = Participant.objects.filter(pk=participant.pk, withdrawn_on__isnull=True)
        stored = taking_part.select_for_update(no_key=True).first()
        if stored is None:
            return
        Timer.objects.filter(participant=stored).delete()
        enrolment.withdraw(participant=stored, on=timezone.localdate(), actor=actor)


def erase(participant: Participant) -> bool:
    """Erase all that is stored of the participant but the audit record; leave a tombstone.

    Returns False if somebody did so in the meantime.
    """
    return _erase(participant.trial, participant.pseudonym, by=BY_PARTICIPANT)


def erase_again(*, trial_slug: str, pseudonym: str, erased_at: datetime.datetime) -> bool:
    """Store the tombstone, and erase the participant if a restored backup brought them back."""
    Erasure.objects.get_or_create(
        trial_slug=trial_slug, pseudonym=pseudonym, defaults={"erased_at": erased_at}
    )
    trial = Trial.objects.filter(slug=trial_slug).first()
    return trial is not None and _erase(trial, pseudonym, by=AGAIN)


def _erase(trial: Trial, pseudonym: str, *, by: str) -> bool:
    with transaction.atomic(durable=True):
        Trial.objects.filter(pk=trial.pk).update(title=F("title"))
        people = Participant.objects.filter(trial=trial, pseudonym=pseudonym)
        participant = people.select_for_update().first()
        if participant is None:
            return False
        erased_at = timezone.now()
        detail = _counted(participant)
        _take_role(participant)
        # It says where somebody works; the link in its email is void from now on.
        Invitation.objects.filter(trial=trial, user=participant.user_id).delete()
        _leave_draws(trial, pseudonym)
        participant.delete()
        _bury(trial, pseudonym, erased_at)
        # Without the actor: who it was is what is being erased.
        AuditEvent.objects.create(
            trial_slug=trial.slug,
            act="erase_participant",
            subject=pseudonym,
            detail={"by": by, **detail},
        )
        TrialMark.objects.create(trial=trial)
    # The last trace of it, should the database be lost before the next list of tombstones.
    logger.info("Erased %s,%r,%s", trial.slug, pseudonym, erased_at.isoformat())
    return True


def _counted(participant: Participant) -> dict[str, Any]:
    return {
        "task_logs": TaskLog.objects.filter(participant=participant).count(),
        "survey_responses": SurveyResponse.objects.filter(participant=participant).count(),
    }


def _take_role(participant: Participant) -> None:
    """Take the role, and the tokens that no other role in the trial still gives a use."""
    user, trial = participant.user_id, participant.trial_id
    if user is None:
        return
    Membership.objects.filter(user=user, trial=trial, role=Role.PARTICIPANT).delete()
    if not Membership.objects.filter(user=user, trial=trial).exists():
        ApiToken.objects.filter(user=user, trial=trial).delete()


def _leave_draws(trial: Trial, pseudonym: str) -> None:
    """Take the participant out of what was drawn for whom; the lots themselves name nobody."""
    for draw in Draw.objects.filter(trial=trial).only("people"):
        others = [one for one in draw.people if one[0] != pseudonym]
        if len(others) < len(draw.people):
            draw.people = others
            draw.save(update_fields=["people"])


def _bury(trial: Trial, pseudonym: str, erased_at: datetime.datetime) -> None:
    """Leave a tombstone; one that is there already, of somebody restored, is dated anew.

    Results and limits of before that moment are replaced: see analysis.py.
    """
    Erasure.objects.update_or_create(
        trial_slug=trial.slug, pseudonym=pseudonym, defaults={"erased_at": erased_at}
    )
