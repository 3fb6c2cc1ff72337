"""Tasks of a trial in which chance decides for each task: announced, forecast, then the coin.

The task log is stored when its task is announced, as withheld and with what chance gave it; to log
the task makes it count. What is announced and never logged stays withheld by itself.
"""

import datetime
from random import SystemRandom
from typing import Final
from uuid import UUID

from django.utils import timezone

from measurement import recording, timing
from measurement.estimation.designs import coin_with_ai
from measurement.models import Participant, TaskLog, Trial, User
from measurement.recording import KeyConflict, NewTaskLog

STALE_AFTER: Final = datetime.timedelta(minutes=1)
"""A timer without a task that waits for it is about to get one, or never will."""


class AtAnotherTask(Exception):  # noqa: N818 - what it is
    """The participant's timer is at another task: no coin is flipped for two at once."""


def announce(
    *,
    participant: Participant,
    key: UUID,
    task_type: str | None,
    forecast_minutes: float,
    forecast_minutes_with_ai: float | None,
    actor: User,
) -> TaskLog:
    """Store the task with its forecasts in minutes and flip the coin, with the timer at it.

    The same key again, in whatever words, flips no second coin: the first one stands. The timer
    is taken first, so that of two windows one gets a coin. Raises AtAnotherTask; Refused as
    `recording.record` does.
    """
    _end_stale_timer(participant, key)
    if not timing.start(participant, key=key):
        raise AtAnotherTask
    announced_at = timezone.now()
    with_ai = _flip(participant.trial)
    log = NewTaskLog(
        key=str(key),
        status=TaskLog.Status.WITHHELD,
        date=timezone.localdate(announced_at),
        task_type=task_type,
        forecast_minutes=forecast_minutes,
        forecast_minutes_with_ai=forecast_minutes_with_ai,
        ai_assigned=with_ai,
        ai_used=with_ai,
        announced_at=announced_at,
    )
    try:
        stored = recording.record(participant=participant, log=log, actor=actor).task_log
    except recording.Refused:
        timing.discard(participant, key)
        raise
    except KeyConflict as conflict:
        stored = conflict.stored
    if stored.status != TaskLog.Status.WITHHELD:
        timing.discard(participant, key)
    return stored


def _end_stale_timer(participant: Participant, key: UUID) -> None:
    """Throw a timer away whose task is logged or was never stored: a process died in between."""
    found = timing.reading(participant)
    if found is None or found.timer.key == key or found.announced:
        return
    if timezone.now() - found.started_at > STALE_AFTER:
        timing.discard(participant, found.timer.key)


def _flip(trial: Trial) -> bool:
    """Return what the coin says: with AI or without."""
    return SystemRandom().random() < coin_with_ai(trial.definition().design)
