"""What each field of a task log may hold, and the words that say so."""

import datetime
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeGuard

from django.utils import timezone

from measurement.estimation.definition import MAX_MINUTES, MAX_TEXT_LENGTH, is_storable_text
from measurement.models import TaskLog


def is_text(given: object) -> TypeGuard[str]:
    """Say whether a text can be stored and comes back from a bundle as it is."""
    # Bundles lose spaces around a text; a lone surrogate cannot be written as UTF-8.
    return (
        isinstance(given, str)
        and is_storable_text(given)
        and given == given.strip()
        and given.encode("utf-8", "ignore").decode() == given
    )


def _is_minutes(given: object) -> bool:
    # True is an int to Python, but no number of minutes.
    return (
        isinstance(given, int | float)
        and not isinstance(given, bool)
        and math.isfinite(given)
        and 0 < given <= MAX_MINUTES
    )


def _is_quality(given: object) -> bool:
    return isinstance(given, int) and not isinstance(given, bool) and 1 <= given <= 5


def _is_flag(given: object) -> bool:
    return isinstance(given, bool)


def is_day(given: object) -> TypeGuard[datetime.date]:
    """Say whether it is a date without a time."""
    return isinstance(given, datetime.date) and not isinstance(given, datetime.datetime)


def is_moment(given: object) -> TypeGuard[datetime.datetime]:
    """Say whether it is a date with a time and its time zone."""
    return isinstance(given, datetime.datetime) and timezone.is_aware(given)


@dataclass(frozen=True)
class Rule:
    """What a field may hold: a test, its words, and whether nothing may be given."""

    holds: Callable[[object], bool]
    allowed: str
    optional: bool = False


MINUTES = f"a number above 0 and at most {MAX_MINUTES}"
_TEXT = f"a text of at most {MAX_TEXT_LENGTH} characters without spaces around it"
_FLAG = Rule(_is_flag, "true or false")
_MOMENT = Rule(is_moment, "a date and time with its time zone", optional=True)
RULES = {
    "key": Rule(lambda given: is_text(given) and given != "", f"{_TEXT}, not blank,"),
    "minutes": Rule(_is_minutes, MINUTES, optional=True),
    "ai_used": _FLAG,
    "date": Rule(is_day, "a date such as 2024-09-30", optional=True),
    "ai_assigned": Rule(_is_flag, "true or false", optional=True),
    "period": Rule(is_text, _TEXT),
    "forecast_minutes": Rule(_is_minutes, MINUTES, optional=True),
    "forecast_minutes_with_ai": Rule(_is_minutes, MINUTES, optional=True),
    "quality": Rule(_is_quality, "a whole number from 1 to 5", optional=True),
    "novel": _FLAG,
    "censored": _FLAG,
    "source": Rule(
        lambda given: given in ("", *TaskLog.Source.values),
        "one of " + ", ".join(TaskLog.Source.values),
    ),
    "status": Rule(
        lambda given: given in TaskLog.Status.values,
        "one of " + ", ".join(TaskLog.Status.values),
    ),
    "announced_at": _MOMENT,
    "started_at": _MOMENT,
    "ended_at": _MOMENT,
}
