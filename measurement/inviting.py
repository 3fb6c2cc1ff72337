"""Invitations to a trial: sent by email, answered with yes or no.

Whoever joins becomes a participant; nobody is one by being invited.
"""

import datetime
from collections.abc import Iterable
from typing import Any, Final

from django.conf import settings
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation

from measurement import enrolment, notices
from measurement.models import (
    AuditEvent,
    Invitation,
    Participant,
    PrivacyNotice,
    Trial,
    User,
)

SALT: Final = "measurement.inviting"
INVITED: Final = "invite"
"""The act that the audit record notes of each invitation."""
LINK_WORKS_FOR: Final = datetime.timedelta(days=60)


class NoNotice(Exception):  # noqa: N818 - what is missing
    """The trial has not published a privacy notice: nobody can be asked to take part."""


class Over(Exception):  # noqa: N818 - what it is
    """The trial has ended, or the person has left it: there is nothing to join."""


def invite(
    *,
    trial: Trial,
    email: str,
    actor: User | None,
    department: str | None = None,
    team: str = "",
    grade: str | None = None,
    profession: str | None = None,
) -> Invitation:
    """Store the invitation of whoever has the address; the same one again changes nothing.

    Raises NoNotice, and ValueError for an address that is none and for a department, grade or
    profession that the trial does not have.
    """
    if notices.newest(trial) is None:
        raise NoNotice(f"trial {trial.slug}: publish a privacy notice first")
    try:
        validate_email(email.strip())
    except ValidationError as error:
        raise ValueError(f"{email!r}: an email address is allowed") from error
    named = {"department": department, "grade": grade, "profession": profession}
    entries = {name: enrolment.entry(trial, name, value) for name, value in named.items()}
    with transaction.atomic():
        user, _ = User.objects.get_or_create(email=email.strip().lower())
        known: dict[str, Any] = {"invited_at": timezone.now(), "team": team, **entries}
        invitation, is_new = Invitation.objects.get_or_create(
            trial=trial, user=user, defaults=known
        )
        if is_new:
            _audit(invitation, INVITED, actor)
    return invitation


def is_open(invitation: Invitation) -> bool:
    """Return whether an answer is waited for: nobody is asked again who said yes or no."""
    return invitation.accepted is None and not is_over(invitation)


def invite_all(*, trial: Trial, emails: Iterable[str], actor: User | None) -> list[Invitation]:
    """Invite everybody or, where one address is refused, nobody. Raises as `invite` does."""
    with transaction.atomic():
        return [invite(trial=trial, email=email, actor=actor) for email in emails]


def link_of(invitation: Invitation) -> str:
    """Return the whole address of the invitation's page."""
    return f"{settings.SITE_URL}{path_of(invitation)}"


def path_of(invitation: Invitation) -> str:
    """Return where the invitation's page is on the site."""
    return reverse("join", args=[token_of(invitation)])


def send(invitation: Invitation) -> None:
    """Email the link to whoever was invited. Raises what the mail server's library raises."""
    message(invitation).send()


def message(invitation: Invitation) -> EmailMessage:
    """Return the email with the link; who was nudged is told that it is a reminder."""
    context = {
        "trial": invitation.trial,
        "link": link_of(invitation),
        "days": LINK_WORKS_FOR.days,
    }
    with translation.override(invitation.user.language):
        subject = translation.gettext("You are invited to a trial")
        if invitation.nudged_at:
            subject = translation.gettext("Reminder: you are invited to a trial")
        body = render_to_string("measurement/email/invitation.txt", context)
    return EmailMessage(subject, body, to=[invitation.user.email])


def token_of(invitation: Invitation) -> str:
    """Return the signed text that stands for the invitation in its link."""
    return signing.dumps(invitation.pk, salt=SALT)


def invitation_of(token: str) -> Invitation | None:
    """Return the invitation that a link is about; None for a forged link and one too old."""
    try:
        pk = signing.loads(token, salt=SALT, max_age=LINK_WORKS_FOR)
    except signing.BadSignature:
        return None
    return Invitation.objects.select_related("trial", "user").filter(pk=pk).first()


def waiting(user: User) -> Invitation | None:
    """Return an invitation that the user has not answered and that can still be accepted."""
    known = Participant.objects.filter(user=user, trial=OuterRef("trial"))
    unanswered = Invitation.objects.filter(~Exists(known), user=user, accepted__isnull=True)
    open_ones = unanswered.select_related("trial").order_by("invited_at")
    return next((one for one in open_ones if not is_over(one)), None)


def is_over(invitation: Invitation) -> bool:
    """Return whether it is too late to join: the trial ended, or the person left it."""
    ends_on = invitation.trial.ends_on
    if ends_on and timezone.localdate() > ends_on:
        return True
    participant = participant_of(invitation)
    return participant is not None and participant.withdrawn_on is not None


def participant_of(invitation: Invitation) -> Participant | None:
    """Return who the invited person is in the trial, once they are somebody there."""
    return Participant.objects.filter(trial=invitation.trial, user=invitation.user).first()


def join(*, invitation: Invitation, notice: PrivacyNotice) -> Participant:
    """Make the invited person a participant who accepted the notice. Raises Over.

    The second time changes nothing.
    """
    user = invitation.user
    with transaction.atomic():
        _locked(invitation)
        if is_over(invitation):
            raise Over(f"{invitation} can no longer be accepted")
        participant = participant_of(invitation) or enrolment.enrol(
            trial=invitation.trial,
            user=user,
            actor=user,
            department=_name(invitation.department),
            team=invitation.team,
            grade=_name(invitation.grade),
            profession=_name(invitation.profession),
            enrolled_on=timezone.localdate(),
        )
        notices.accept(participant=participant, notice=notice, actor=user)
        _answer(invitation, accepted=True)
    return participant


def decline(invitation: Invitation) -> bool:
    """Note that the invited person does not want to take part; what is known of them goes.

    Returns False, and notes nothing, if they take part already. Raises Over.
    """
    with transaction.atomic():
        _locked(invitation)
        if participant_of(invitation):
            return False
        _answer(invitation, accepted=False)
        unknown = {"department": None, "team": "", "grade": None, "profession": None}
        Invitation.objects.filter(pk=invitation.pk).update(**unknown)
    return True


def _locked(invitation: Invitation) -> None:
    """Wait for another window that answers, and see its answer. Raises Over if it is gone."""
    stored = Invitation.objects.select_for_update(no_key=True).filter(pk=invitation.pk).first()
    if stored is None:
        raise Over(f"{invitation} went with the participant, who was erased")
    invitation.accepted, invitation.answered_at = stored.accepted, stored.answered_at


def _answer(invitation: Invitation, *, accepted: bool) -> None:
    if invitation.accepted == accepted:
        return
    invitation.accepted = accepted
    invitation.answered_at = timezone.now()
    invitation.save(update_fields=["accepted", "answered_at"])
    _audit(invitation, "join_trial" if accepted else "decline_invitation", invitation.user)


def _audit(invitation: Invitation, act: str, actor: User | None) -> None:
    AuditEvent.objects.create(
        actor=actor,
        trial_slug=invitation.trial.slug,
        act=act,
        subject=f"user {invitation.user_id}",
        detail={},
    )


def _name(entry: Any) -> str | None:
    return entry.name if entry else None
