"""Reminders by email: at most one a person and day, whatever fails.

A reminder is stored before it is sent, so doubled tasks and two workers send one, and of a worker
that is killed in between nothing is sent. What a mail server refused may be tried again on the
same day; what it may have taken may not.
"""

import datetime
import logging
from collections.abc import Sequence
from time import monotonic
from typing import Final

from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone, translation

from measurement import access, mailing, reminder_emails, reminders_due
from measurement.mailing import MailServerDown, NotTaken
from measurement.models import Reminder, ReminderChoice, ReminderItem, User
from measurement.to_do import ToDo

SEND_FOR_SECONDS: Final = 60.0
"""How long one run sends at most: the worker has other work, and the next run goes on."""
KEPT_FOR: Final = datetime.timedelta(days=30)

logger = logging.getLogger(__name__)


def remind() -> int:
    """Send the reminders that are due, as many as there is time for; return how many.

    Must not be called inside a transaction.
    """
    now, stop_at = timezone.now(), monotonic() + SEND_FOR_SECONDS
    sent = 0
    connection = get_connection()
    try:
        for user, items in reminders_due.due(now):
            if monotonic() >= stop_at:
                logger.info("The other reminders wait for the next run")
                break
            sent += _remind(connection, user, items, now)
    except MailServerDown as down:
        logger.warning("Reminders wait for the mail server: %s", down)
    finally:
        mailing.hang_up(connection)
    return sent


def forget() -> None:
    """Delete reminders that are old and of trials that ended long ago: nobody counts them."""
    before = timezone.localdate() - KEPT_FOR
    goes_on = Q(participant__trial__ends_on__isnull=True)
    recent = goes_on | Q(participant__trial__ends_on__gte=before)
    counted = ReminderItem.objects.filter(recent, reminder=OuterRef("pk"))
    Reminder.objects.filter(~Exists(counted), day__lt=before).delete()


def _remind(
    connection: BaseEmailBackend, user: User, items: Sequence[ToDo], now: datetime.datetime
) -> bool:
    """Send one reminder unless somebody else does; say whether it was sent.

    Raises MailServerDown.
    """
    # Before the claim: a server that is down costs nobody the reminder.
    mailing.open_connection(connection)
    items = _still_left(items)
    if not items:
        return False
    try:
        reminder = _claim(user, items, now)
    except IntegrityError as error:
        # Somebody was erased since; the next run reminds of what else is left.
        logger.warning("A reminder was not stored: %s", type(error.__cause__).__name__)
        return False
    return reminder is not None and _send(connection, reminder, user, items)


def _still_left(items: Sequence[ToDo]) -> list[ToDo]:
    """Return the items of those who take part still: they were read up to a run ago."""
    people = {item.participant.pk for item in items}
    staying = set(access.taking_part().filter(pk__in=people).values_list("pk", flat=True))
    return [item for item in items if item.participant.pk in staying]


def _claim(user: User, items: Sequence[ToDo], now: datetime.datetime) -> Reminder | None:
    """Store the reminder of the day; None if it is there, or the user stopped reminders.

    Raises IntegrityError if a participant is erased at the same time.
    """
    with transaction.atomic(durable=True):
        if ReminderChoice.objects.filter(user=user, wanted=False).exists():
            return None
        reminder, is_new = Reminder.objects.get_or_create(
            user=user, day=timezone.localdate(now), defaults={"tried_at": now}
        )
        if not is_new:
            again = Reminder.objects.filter(reminders_due.may_be_tried(now), pk=reminder.pk)
            state = Reminder.State.SENDING
            if not again.update(state=state, tries=F("tries") + 1, tried_at=now):
                return None
            reminder.items.all().delete()
        ReminderItem.objects.bulk_create(
            ReminderItem(reminder=reminder, participant=item.participant, kind=item.kind)
            for item in items
        )
    return reminder


def _send(
    connection: BaseEmailBackend, reminder: Reminder, user: User, items: Sequence[ToDo]
) -> bool:
    """Send a stored reminder and note what became of it. Raises MailServerDown."""
    try:
        with translation.override(reminder_emails.language_of(user)):
            message = reminder_emails.message(user, items)
            taken = mailing.deliver(connection, message, reminder)
    except NotTaken:
        _note(reminder, Reminder.State.REFUSED)
        raise
    if not taken:
        logger.warning("The address of %s was refused", reminder)
    _note(reminder, Reminder.State.SENT if taken else Reminder.State.REFUSED)
    return taken


def _note(reminder: Reminder, state: Reminder.State) -> None:
    Reminder.objects.filter(pk=reminder.pk).update(state=state)
