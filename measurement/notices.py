"""Privacy notices: published in versions, accepted by participants."""

import datetime
from typing import Final

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone

from measurement.models import (
    AuditEvent,
    NoticeAcceptance,
    Participant,
    PrivacyNotice,
    Trial,
    User,
)

EDITION: Final = 1
"""The edition of the words in jinja2/measurement/notice_text.html."""


def newest(trial: Trial) -> PrivacyNotice | None:
    """Return the version of the trial's notice that holds now, if it has one."""
    return PrivacyNotice.objects.filter(trial=trial).order_by("-version").first()


def waits_for(participant: Participant, notice: PrivacyNotice) -> bool:
    """Return whether the participant takes part and has not accepted that version."""
    accepted = NoticeAcceptance.objects.filter(participant=participant, notice=notice)
    return participant.withdrawn_on is None and not accepted.exists()


def publish(
    *,
    trial: Trial,
    controller: str,
    contact: str,
    keep_until: datetime.date,
    actor: User | None,
) -> PrivacyNotice:
    """Publish a new version; participants are asked to read it before they go on.

    Raises ValueError for a blank controller, an address that is none, and a day that is over or
    comes before the trial's end.
    """
    _check(trial, controller, contact, keep_until)
    with transaction.atomic():
        # Two who publish at once get two versions.
        Trial.objects.select_for_update(no_key=True).get(pk=trial.pk)
        before = newest(trial)
        notice = PrivacyNotice.objects.create(
            trial=trial,
            version=before.version + 1 if before else 1,
            edition=EDITION,
            controller=controller.strip(),
            contact=contact.strip(),
            keep_until=keep_until,
        )
        AuditEvent.objects.create(
            actor=actor,
            trial_slug=trial.slug,
            act="publish_notice",
            subject=f"privacy notice {notice.version}",
            detail={
                "edition": EDITION,
                "controller": notice.controller,
                "contact": notice.contact,
                "keep_until": keep_until.isoformat(),
            },
        )
    return notice


def accept(*, participant: Participant, notice: PrivacyNotice, actor: User) -> None:
    """Note that the participant read the version and takes part; the second time does nothing."""
    with transaction.atomic():
        _, is_new = NoticeAcceptance.objects.get_or_create(
            participant=participant, notice=notice, defaults={"accepted_at": timezone.now()}
        )
        if is_new:
            AuditEvent.objects.create(
                actor=actor,
                trial_slug=participant.trial.slug,
                act="accept_notice",
                subject=participant.pseudonym,
                detail={"version": notice.version},
            )


def _check(trial: Trial, controller: str, contact: str, keep_until: datetime.date) -> None:
    if not controller.strip():
        raise ValueError(f"controller {controller!r}: the name of who answers for the data")
    try:
        validate_email(contact.strip())
    except ValidationError as error:
        raise ValueError(f"contact {contact!r}: an email address is allowed") from error
    first = max(filter(None, (timezone.localdate(), trial.ends_on)))
    if keep_until < first:
        raise ValueError(f"keep until {keep_until}: {first} or a later day is allowed")
