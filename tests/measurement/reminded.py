"""Hours that pass, and the reminders that go out in them."""

import datetime

import time_machine
from django.core import mail
from django.utils import timezone

from measurement import surveying
from measurement.models import Participant
from measurement.reminding import remind

Sent = tuple[str, str, str]
"""When in London, to whom, and the subject."""

SURVEY = "Reminder: this week's survey is open"
LOGGING = "Reminder: log your tasks"
TWO_THINGS = "Reminder: 2 things left to do"


def utc(day: int, hour: int = 0, month: int = 3, minute: int = 0) -> datetime.datetime:
    """Return a moment of 2025."""
    return datetime.datetime(2025, month, day, hour, minute, tzinfo=datetime.UTC)


def at(moment: datetime.datetime) -> time_machine.travel:
    """Be at that moment."""
    return time_machine.travel(moment, tick=False)


def hours_pass(since: datetime.datetime, until: datetime.datetime) -> list[Sent]:
    """Let the timetable run once an hour; return what was sent."""
    sent: list[Sent] = []
    while since < until:
        with at(since):
            before = len(mail.outbox)
            number = remind()
            emails = mail.outbox[before:]
            assert number == len(emails)
            when = f"{timezone.localtime():%a %d %b %H:%M}"
            sent += [(when, email.to[0].partition(".")[0], str(email.subject)) for email in emails]
        since += datetime.timedelta(hours=1)
    return sent


def answer_survey(participant: Participant) -> None:
    """Let them answer the survey of the week."""
    wave = surveying.due(participant)
    assert wave
    assert participant.user
    surveying.answer(
        participant=participant,
        wave=wave,
        band=(0.0, 0.0),
        satisfaction=None,
        recommend=None,
        actor=participant.user,
    )
