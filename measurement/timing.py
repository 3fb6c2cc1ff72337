"""A participant's timer: the server's clock, pauses as segments, nothing added silently."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from django.db import transaction
from django.utils import timezone

from measurement import recording
from measurement.estimation.definition import MAX_MINUTES
from measurement.models import Participant, TaskLog, Timer, TimerSegment, User
from measurement.recording import NewTaskLog

FORGOTTEN_AFTER: Final = datetime.timedelta(hours=3)
"""A timer that ran longer without a pause, or over midnight, is asked about before it counts."""
SMALLEST_MINUTES: Final = 0.1


class ForgottenTimer(Exception):  # noqa: N818 - what it is
    """The timer runs for so long that its participant has to say for how long they worked."""


@dataclass(frozen=True)
class Reading:
    """What a timer says at a moment. `segments`: its stretches of work, the last may still run."""

    timer: Timer
    segments: tuple[TimerSegment, ...]
    at: datetime.datetime

    @property
    def started_at(self) -> datetime.datetime:
        """When the work began."""
        return self.segments[0].started_at

    @property
    def running_since(self) -> datetime.datetime | None:
        """When the last stretch began, if it still runs."""
        last = self.segments[-1]
        return last.started_at if last.ended_at is None else None

    @property
    def is_forgotten(self) -> bool:
        """Whether it runs for so long that nobody can know whether that was work."""
        since = self.running_since
        if since is None:
            return False
        days = {timezone.localdate(since), timezone.localdate(self.at)}
        return self.at - since > FORGOTTEN_AFTER or len(days) > 1

    @cached_property
    def seconds(self) -> float:
        """Seconds of work, pauses left out."""
        return sum(
            ((segment.ended_at or self.at) - segment.started_at).total_seconds()
            for segment in self.segments
        )

    @property
    def minutes(self) -> float:
        """Minutes of work to one decimal, at least 0.1: what the form proposes."""
        return max(round(self.seconds / 60, 1), SMALLEST_MINUTES)

    @property
    def minutes_running(self) -> int:
        """Whole minutes of the stretch that still runs."""
        since = self.running_since
        return 0 if since is None else int((self.at - since).total_seconds() // 60)

    @property
    def most_minutes(self) -> int:
        """Return the most that a forgotten stretch can be: no task takes more than a day."""
        return min(self.minutes_running, int(MAX_MINUTES))


def reading(participant: Participant) -> Reading | None:
    """Return what the participant's timer says now, with one query; None without a timer."""
    segments = tuple(
        TimerSegment.objects.filter(timer__participant=participant).select_related("timer")
    )
    if not segments:
        return None
    return Reading(timer=segments[0].timer, segments=segments, at=timezone.now())


def start(participant: Participant) -> None:
    """Start timing a task. Nothing happens if a timer is there already."""
    with transaction.atomic():
        timer, is_new = Timer.objects.get_or_create(participant=participant)
        if is_new:
            TimerSegment.objects.create(timer=timer, started_at=timezone.now())


def pause(participant: Participant) -> None:
    """Stop the clock. Raises ForgottenTimer; nothing happens unless a timer runs."""

    def end(found: Reading) -> None:
        if found.is_forgotten:
            raise ForgottenTimer
        if found.running_since:
            _end(found, found.at)

    _locked(participant, end)


def resume(participant: Participant) -> None:
    """Let the clock run on. Nothing happens unless a timer is paused."""

    def go_on(found: Reading) -> None:
        if not found.running_since:
            TimerSegment.objects.create(timer=found.timer, started_at=found.at)

    _locked(participant, go_on)


def discard(participant: Participant) -> None:
    """Throw the timer away with all it measured."""
    Timer.objects.filter(participant=participant).delete()


def estimate(participant: Participant, minutes: float) -> None:
    """End a forgotten stretch after so many minutes, by the participant's own word.

    Raises ValueError for more than `most_minutes` and for fewer than 0. Nothing happens unless a
    timer runs.
    """

    def settle(found: Reading) -> None:
        if not found.running_since:
            return
        if not 0 <= minutes <= found.most_minutes:
            raise ValueError(f"{minutes} minutes: 0 to {found.most_minutes} are allowed")
        _end(found, found.running_since + datetime.timedelta(minutes=minutes))
        Timer.objects.filter(pk=found.timer.pk).update(estimated=True)

    _locked(participant, settle)


def record(found: Reading, log: NewTaskLog, actor: User) -> TaskLog:
    """Store the task log of a paused timer under the timer's key, then end the timer.

    The minutes count as timed only if they are what the timer said. Raises as `recording.record`
    does; a log that is stored already under the key is returned as it is.
    """
    timed = log.minutes == found.minutes and not found.timer.estimated
    log = replace(
        log,
        key=str(found.timer.key),
        source=TaskLog.Source.TIMER if timed else TaskLog.Source.RECALL,
        started_at=found.started_at,
        ended_at=found.segments[-1].ended_at,
    )
    participant = found.timer.participant
    try:
        stored = recording.record(participant=participant, log=log, actor=actor).task_log
    except recording.KeyConflict as conflict:
        stored = conflict.stored
    found.timer.delete()
    return stored


def _locked(participant: Participant, act: Callable[[Reading], None]) -> None:
    """Act on the timer while nobody else can: two tabs may press at once."""
    with transaction.atomic():
        if Timer.objects.select_for_update().filter(participant=participant).first():
            found = reading(participant)
            assert found is not None  # noqa: S101  # a timer is made with its first segment
            act(found)


def _end(found: Reading, at: datetime.datetime) -> None:
    TimerSegment.objects.filter(pk=found.segments[-1].pk).update(ended_at=at)
