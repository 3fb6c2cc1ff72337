"""The words of a reminder: nothing in it that others may not read."""

from collections.abc import Sequence
from typing import Final

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from measurement import reminder_choices
from measurement.models import User
from measurement.to_do import Kind, ToDo

MOST_UNANSWERED: Final = 3
"""So many reminders of the same thing, then none until the participant does it."""


def language_of(user: User) -> str:
    """Return the code of the language in which the user reads."""
    return user.language


def message(user: User, items: Sequence[ToDo]) -> EmailMessage:
    """Return the email that reminds the user of `items`; its words are in the active language."""
    stop = settings.SITE_URL + reminder_choices.stop_path(user)
    context = {
        "items": items,
        "site": settings.SITE_URL,
        "reminders": settings.SITE_URL + reverse("reminders"),
        "stop": stop,
        "most_unanswered": MOST_UNANSWERED,
    }
    return EmailMessage(
        subject=_subject(items),
        body=render_to_string("measurement/email/reminder.txt", context),
        to=[user.email],
        # RFC 8058: mail programs show a button of their own, which posts to the same address.
        headers={
            "List-Unsubscribe": f"<{stop}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "Auto-Submitted": "auto-generated",  # RFC 3834: no answer that somebody is away
        },
    )


def _subject(items: Sequence[ToDo]) -> str:
    kinds = {item.kind for item in items}
    if kinds == {Kind.SURVEY}:
        return _("Reminder: this week's survey is open")
    if kinds == {Kind.LOGGING}:
        return _("Reminder: log your tasks")
    return ngettext(
        "Reminder: %(things)s thing left to do",
        "Reminder: %(things)s things left to do",
        len(items),
    ) % {"things": len(items)}
