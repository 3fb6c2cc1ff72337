"""How pages say days, moments, numbers and lengths of time, in the language of the page."""

from datetime import date, datetime
from typing import Final

from django.utils import timezone
from django.utils.translation import gettext, ngettext, pgettext
from django.utils.translation import gettext_lazy as _

# Django has these too, but misspells July in Welsh.
MONTHS: Final = (
    _("January"),
    _("February"),
    _("March"),
    _("April"),
    _("May"),
    _("June"),
    _("July"),
    _("August"),
    _("September"),
    _("October"),
    _("November"),
    _("December"),
)
FRACTION: Final = 100
"""Fractions take the form of a word that large numbers take, in English and in Welsh."""


def long_date(day: date) -> str:
    """Return a day as people say it: 3 October 2024. A moment counts as its day in London."""
    if isinstance(day, datetime):
        day = timezone.localtime(day).date()
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def moment(at: datetime) -> str:
    """Return a moment in London as people say it: 3 October 2024 at 2:05pm."""
    local = timezone.localtime(at)
    half = pgettext("after a time", "am") if local.hour < 12 else pgettext("after a time", "pm")
    clock = f"{local.hour % 12 or 12}:{local:%M}{half}"
    return gettext("%(day)s at %(clock)s") % {"day": long_date(local), "clock": clock}


def number(value: float, decimals: int = 0) -> str:
    """Return a number with commas between thousands: 1,234 or, with 1 decimal, 1,234.5."""
    return f"{value:,.{decimals}f}"


def minutes(value: float) -> str:
    """Return a length of time: 1 minute, 25 minutes, 2.5 minutes."""
    shown = f"{value:,.2f}".rstrip("0").rstrip(".")
    count = FRACTION if "." in shown else round(value)
    return ngettext("%(number)s minute", "%(number)s minutes", count) % {"number": shown}


def minute_words() -> list[str]:
    """Return how 0 to 7 minutes are said, for scripts: more are said like 7 in every language."""
    return [minutes(count) for count in range(8)]


def hours(value: int) -> str:
    """Return a length of time: 1 hour, 30 hours."""
    return ngettext("%(number)s hour", "%(number)s hours", value) % {"number": f"{value:,}"}


def tasks(count: int) -> str:
    """Return how many tasks there are: 1 task, 25 tasks."""
    return ngettext("%(number)s task", "%(number)s tasks", count) % {"number": f"{count:,}"}
