"""Lets people's data change and the week's freeze come."""

import datetime
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import time_machine
from django.db.models import F
from django.utils import timezone

from measurement import analysis
from measurement.models import DirtyMark, Participant, Snapshot, TaskLog, Trial


def change_logs(people: Iterable[Participant], minutes: int = 1) -> None:
    """Let all logged tasks of these people take longer."""
    people = list(people)
    logs = TaskLog.objects.filter(participant__in=people, status=TaskLog.Status.LOGGED)
    logs.update(minutes=F("minutes") + minutes)
    DirtyMark.objects.bulk_create(DirtyMark(participant=person) for person in people)


def say_otherwise(trial: Trial, change: Callable[[dict[str, Any]], None]) -> None:
    """Put another snapshot, whose document `change` has changed, in place of the newest one."""
    snapshot = Snapshot.objects.filter(trial=trial).latest("week")
    Snapshot.objects.filter(pk=snapshot.pk).delete()
    change(snapshot.document)
    snapshot.pk = None
    snapshot.save(force_insert=True)


@contextmanager
def weeks_later(weeks: int = 1) -> Iterator[None]:
    """Let it be so many weeks later."""
    with time_machine.travel(timezone.now() + datetime.timedelta(weeks=weeks)):
        yield


@contextmanager
def next_freeze(trial: Trial, people: Iterable[Participant] | None = None) -> Iterator[None]:
    """Change the data of these people, else everybody's, and let it be the next week, frozen."""
    everybody = Participant.objects.filter(trial=trial)
    change_logs(everybody if people is None else people)
    with weeks_later():
        analysis.analyse(trial)
        yield
