"""Tasks of a trial in which chance decides for each task: announced, forecast, then the coin.

The task log is stored when its task is announced, as withheld and with what chance gave it; to log
the task makes it count. What is announced and never logged stays withheld by itself.
"""

from random import SystemRandom
from uuid import UUID

from django.utils import timezone

from measurement import recording, timing
from measurement.estimation.designs import coin_with_ai
from measurement.models import Participant, TaskLog, Trial, User
from measurement.recording import KeyConflict, NewTaskLog


def announce(
    *,
    participant: Participant,
    key: UUID,
    task_type: str | None,
    forecast_minutes: float,
    forecast_minutes_with_ai: float | None,
    actor: User,
) -> TaskLog:
    """Store the task with its forecasts in minutes, flip the coin, then start the timer.

    The same key again, in whatever words, flips no second coin: the first one stands. Where the
    participant is at another task already, that one's timer goes on. Raises Refused as
    `recording.record` does.
    """
    with_ai = _flip(participant.trial)
    announced_at = timezone.now()
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
    except KeyConflict as conflict:
        stored = conflict.stored
    if stored.status == TaskLog.Status.WITHHELD:
        timing.start(participant, key=key)
    return stored


def _flip(trial: Trial) -> bool:
    """Return what the coin says: with AI or without."""
    return SystemRandom().random() < coin_with_ai(trial.definition().design)
