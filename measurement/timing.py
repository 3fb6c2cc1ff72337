"""A participant's timer: the server's clock, pauses as segments, nothing added silently.

Every act but the start names the timer by its key, so that a page that is out of date does
nothing to a later timer.
"""

import datetime
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import BooleanField, ExpressionWrapper, OuterRef, Q, Subquery
from django.utils import timezone

from measurement import drafting, recording
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
    """What a timer says at a moment. `segments`: its stretches of work, the last may still run.

    Clocks of several servers may differ a little: no stretch counts less than nothing.
    """

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
    def announced(self) -> TaskLog | None:
        """The task log that waits for its minutes, where the task was announced; one query then."""
        if not self.timer.participant.trial.announces_tasks:
            return None
        logs = TaskLog.objects.filter(participant=self.timer.participant_id, key=self.timer.key)
        waiting = logs.filter(status=TaskLog.Status.WITHHELD)
        return waiting.select_related("participant__trial", "task_type", "tool").first()

    @cached_property
    def seconds(self) -> float:
        """Seconds of work, pauses left out."""
        return math.fsum(
            max(((segment.ended_at or self.at) - segment.started_at).total_seconds(), 0.0)
            for segment in self.segments
        )

    @property
    def minutes(self) -> float | None:
        """Minutes of work to one decimal: what the form proposes; None where none were worked.

        A task that was timed took 0.1 minutes at least.
        """
        if self.timer.estimated and not self.seconds:
            return None
        return max(round(self.seconds / 60, 1), SMALLEST_MINUTES)

    @property
    def most_minutes(self) -> int:
        """Whole minutes that the running stretch can have been at most; a task takes no day."""
        since = self.running_since
        if since is None:
            return 0
        running = max((self.at - since).total_seconds(), 0.0) / 60
        return min(math.ceil(running), int(MAX_MINUTES))


def reading(participant: Participant) -> Reading | None:
    """Return what the participant's timer says now, with one query; None without a timer."""
    segments = tuple(
        TimerSegment.objects.filter(timer__participant=participant).select_related("timer")
    )
    if not segments:
        return None
    timer = segments[0].timer
    timer.participant = participant  # read already
    return Reading(timer=timer, segments=segments, at=timezone.now())


def reading_of(task_log: TaskLog) -> Reading | None:
    """Return what the timer of an announced task says now; None if it is not being timed."""
    found = reading(task_log.participant)
    return found if found and str(found.timer.key) == task_log.key else None


def runs() -> Subquery:
    """Return an expression of participants: whether their timer runs; NULL without a timer."""
    running = ExpressionWrapper(Q(ended_at__isnull=True), output_field=BooleanField())
    segments = TimerSegment.objects.filter(timer__participant=OuterRef("pk"))
    last = segments.order_by("-started_at", "-pk").annotate(running=running)
    return Subquery(last.values("running")[:1])


def start(participant: Participant, key: UUID | None = None) -> bool:
    """Start timing a task; `key` is that of its log where it is announced.

    Nothing happens if a timer is there already. Returns whether the timer is of that key now.
    """
    named = {"key": key} if key else {}
    with transaction.atomic():
        timer, is_new = Timer.objects.get_or_create(participant=participant, defaults=named)
        if is_new:
            TimerSegment.objects.create(timer=timer, started_at=timezone.now())
    return timer.key == key


def pause(participant: Participant, key: UUID | None) -> None:
    """Stop the clock. Raises ForgottenTimer; nothing happens unless that timer runs."""

    def end(found: Reading) -> None:
        if found.is_forgotten:
            raise ForgottenTimer
        if found.running_since:
            _end(found, max(found.at, found.running_since))

    _locked(participant, key, end)


def resume(participant: Participant, key: UUID | None) -> None:
    """Let the clock run on. Nothing happens unless that timer is paused."""

    def go_on(found: Reading) -> None:
        if ended_at := found.segments[-1].ended_at:
            started_at = max(found.at, ended_at)
            TimerSegment.objects.create(timer=found.timer, started_at=started_at)

    _locked(participant, key, go_on)


def discard(participant: Participant, key: UUID | None) -> None:
    """Throw that timer away with all it measured, and with what was typed about its task."""

    def end(found: Reading) -> None:
        found.timer.delete()
        drafting.drop(participant, str(key))

    _locked(participant, key, end)


def estimate(participant: Participant, key: UUID | None, minutes: float) -> None:
    """End a forgotten stretch after so many minutes, by the participant's own word.

    Raises ValueError for more than `most_minutes` and for fewer than 0. Nothing happens unless
    that timer is forgotten.
    """

    def settle(found: Reading) -> None:
        if not (found.is_forgotten and found.running_since):
            return
        if not 0 <= minutes <= found.most_minutes:
            raise ValueError(f"{minutes} minutes: 0 to {found.most_minutes} are allowed")
        _end(found, found.running_since + datetime.timedelta(minutes=minutes))
        Timer.objects.filter(pk=found.timer.pk).update(estimated=True)

    _locked(participant, key, settle)


def record(found: Reading, log: NewTaskLog, actor: User) -> TaskLog:
    """Store the task log of a paused timer under the timer's key, then end the timer.

    The minutes count as timed only if they are what the timer said. Its start and end are noted
    only if nothing but work lies between them. Raises as `recording.record` does, and where the
    task was announced as `recording.complete` does.
    """
    measured = not found.timer.estimated
    unbroken = measured and len(found.segments) == 1
    log = replace(
        log,
        key=str(found.timer.key),
        source=_source(measured=measured and log.minutes == found.minutes),
        started_at=found.started_at if unbroken else None,
        ended_at=found.segments[0].ended_at if unbroken else None,
    )
    participant = found.timer.participant
    if found.announced:
        stored = recording.complete(task_log=found.announced, log=log, actor=actor)
    else:
        stored = recording.record(participant=participant, log=log, actor=actor).task_log
    discard(participant, found.timer.key)
    return stored


def _source(*, measured: bool) -> str:
    return TaskLog.Source.TIMER if measured else TaskLog.Source.RECALL


def _locked(participant: Participant, key: UUID | None, act: Callable[[Reading], object]) -> None:
    """Act on the timer of that key while nobody else can: two windows may press at once."""
    if key is None:
        return
    with transaction.atomic():
        if Timer.objects.select_for_update().filter(participant=participant, key=key).first():
            found = reading(participant)
            assert found is not None  # noqa: S101  # a timer is made with its first segment
            act(found)


def _end(found: Reading, at: datetime.datetime) -> None:
    TimerSegment.objects.filter(pk=found.segments[-1].pk).update(ended_at=at)
