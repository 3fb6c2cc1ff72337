"""The emails that invite people: each is sent once, whatever fails.

An email is noted as begun before it is sent. Of a worker that is killed in between, nothing is
known, so that email is not sent again by itself: its person can be reminded like all who have not
answered. While the mail server takes nothing, emails wait, and the timetable goes on with them.
"""

import datetime
import logging
from collections.abc import Callable
from time import monotonic
from typing import Final

from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from measurement import inviting, mailing
from measurement.mailing import MailServerDown, NotTaken
from measurement.models import AuditEvent, Invitation, Trial, User

Mail = Invitation.Mail

BEGUN: Final = (Mail.SENDING, Mail.SENT, Mail.REFUSED)
EMAILS_BETWEEN_COUNTS: Final = 20
MOST_TRIES: Final = 3
"""What the mail server turned down so often, saying nothing about its address, is given up."""
NUDGED: Final = "nudge_invited"
NUDGE_AFTER: Final = datetime.timedelta(days=7)
"""Nobody is emailed more often than that, and a trial nudges no more often."""

logger = logging.getLogger(__name__)


def send_waiting(
    *,
    trial: Trial | None = None,
    seconds: float,
    progress: Callable[[int], None] = lambda left: None,
) -> bool:
    """Send the emails that wait, of one trial or of all; return whether none is left.

    Stops after `seconds` and where the mail server takes nothing. `progress` is told how many
    still wait. Must not be called inside a transaction.
    """
    waiting, stop_at = _waiting(trial), monotonic() + seconds
    connection = get_connection()
    try:
        while left := waiting.count():
            progress(left)
            if monotonic() >= stop_at:
                return False
            _send_some(connection, waiting, stop_at)
    except MailServerDown as down:
        logger.warning("Invitations wait for the mail server: %s", down)
        return False
    finally:
        mailing.hang_up(connection)
    return True


def hold(trial: Trial) -> None:
    """Keep first emails that wait until somebody has them sent, and drop reminders that wait."""
    _waiting(trial).filter(nudged_at__isnull=True).update(mail=Mail.HELD)
    _waiting(trial).update(mail=Mail.NONE)


def release(trial: Trial) -> None:
    """Let the emails that are kept wait to be sent."""
    Invitation.objects.filter(trial=trial, mail=Mail.HELD).update(mail=Mail.WAITING)


def last_nudge(trial: Trial) -> datetime.datetime | None:
    """Return when those who had not answered were reminded last, if that is a week ago or less.

    Whether there was anybody to remind makes no difference.
    """
    since = timezone.now() - NUDGE_AFTER
    acts = AuditEvent.objects.filter(subject="", trial_slug=trial.slug, act=NUDGED, at__gt=since)
    return acts.order_by("-at").values_list("at", flat=True).first()


def nudge(*, trial: Trial, by: User | None) -> None:
    """Let an email wait for everybody who has not answered for a week.

    Nobody's does where the trial was nudged less than a week ago.
    """
    with transaction.atomic():
        Trial.objects.select_for_update(no_key=True).get(pk=trial.pk)  # two leads nudge once
        if last_nudge(trial):
            return
        now = timezone.now()
        nudged = _unanswered(trial, now - NUDGE_AFTER).update(
            mail=Mail.WAITING, mail_tries=0, nudged_at=now
        )
        AuditEvent.objects.create(
            actor=by, trial_slug=trial.slug, act=NUDGED, detail={"people": nudged}
        )


def _unanswered(trial: Trial, before: datetime.datetime) -> QuerySet[Invitation]:
    """Return the open invitations whose newest email, if any, is older than `before`."""
    open_ones = Invitation.objects.filter(trial=trial, accepted__isnull=True, user__is_active=True)
    by_mail = Q(mail__in=BEGUN, emailed_at__lt=before)
    return open_ones.filter(by_mail | Q(mail=Mail.NONE, invited_at__lt=before))


def _waiting(trial: Trial | None) -> QuerySet[Invitation]:
    waiting = Invitation.objects.filter(mail=Mail.WAITING)
    return waiting if trial is None else waiting.filter(trial=trial)


def _send_some(connection: BaseEmailBackend, waiting: QuerySet[Invitation], stop_at: float) -> None:
    """Send a few emails. Raises MailServerDown."""
    for _ in range(EMAILS_BETWEEN_COUNTS):
        # Before the claim: a server that is down costs nobody the email.
        mailing.open_connection(connection)
        invitation = None if monotonic() >= stop_at else _claim(waiting)
        if invitation is None:
            return
        if inviting.is_open(invitation) and invitation.user.is_active:
            _send(connection, invitation)
        else:
            _note(invitation, Mail.NONE)


def _claim(waiting: QuerySet[Invitation]) -> Invitation | None:
    """Note the first email that nobody else is at as begun, and return its invitation."""
    with transaction.atomic(durable=True):
        free = waiting.select_for_update(skip_locked=True, of=("self",)).order_by("pk")
        invitation = free.select_related("trial", "user").first()
        if invitation is not None:
            Invitation.objects.filter(pk=invitation.pk).update(
                mail=Mail.SENDING, mail_tries=F("mail_tries") + 1, emailed_at=timezone.now()
            )
    return invitation


def _send(connection: BaseEmailBackend, invitation: Invitation) -> None:
    """Send an email that is noted as begun, and note what became of it. Raises MailServerDown."""
    try:
        taken = mailing.deliver(connection, inviting.message(invitation), invitation)
    except NotTaken:
        again = invitation.mail_tries + 1 < MOST_TRIES
        _note(invitation, Mail.WAITING if again else Mail.REFUSED)
        raise
    _note(invitation, Mail.SENT if taken else Mail.REFUSED)


def _note(invitation: Invitation, mail: Invitation.Mail) -> None:
    Invitation.objects.filter(pk=invitation.pk, mail=Mail.SENDING).update(mail=mail)
