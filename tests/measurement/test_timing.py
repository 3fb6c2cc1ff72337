"""The timer: segments by the server's clock, and nothing added silently."""

import datetime
from collections.abc import Callable
from dataclasses import replace
from threading import Thread
from typing import Any
from uuid import UUID, uuid4

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from measurement import timing
from measurement.models import AuditEvent, DirtyMark, Participant, TaskLog, Timer, TimerSegment
from measurement.recording import KeyConflict, NewTaskLog, Refused
from measurement.timing import ForgottenTimer, Reading

pytestmark = pytest.mark.django_db
MORNING = datetime.datetime(2025, 3, 3, 9, 0, tzinfo=datetime.UTC)
SAID = NewTaskLog(key="typed", ai_used=False, minutes=25.0, date=MORNING.date())
Act = Callable[..., object]


def at(minutes: float) -> time_machine.travel:
    """Be so many minutes after nine o'clock."""
    return time_machine.travel(MORNING + datetime.timedelta(minutes=minutes), tick=False)


def key_of(participant: Participant) -> UUID | None:
    return Timer.objects.filter(participant=participant).values_list("key", flat=True).first()


def do(participant: Participant, *acts: tuple[float, Act]) -> None:
    """Do each act so many minutes after nine, on the participant's timer."""
    for minutes, act in acts:
        with at(minutes):
            if act is timing.start:
                act(participant)
            else:
                act(participant, key_of(participant))


def read(participant: Participant, minutes: float) -> Reading:
    with at(minutes):
        found = timing.reading(participant)
    assert found is not None
    return found


def test_without_a_start_there_is_no_timer(participant: Participant) -> None:
    do(participant, (0, timing.pause), (1, timing.resume), (2, timing.discard))
    assert timing.reading(participant) is None


def test_pauses_are_left_out(participant: Participant) -> None:
    do(participant, (0, timing.start), (10, timing.pause), (30, timing.resume))
    running = read(participant, 42.5)
    assert (running.minutes, running.most_minutes) == (22.5, 13)
    assert running.running_since == MORNING + datetime.timedelta(minutes=30)
    assert running.started_at == MORNING

    do(participant, (45, timing.pause))
    paused = read(participant, 500)
    assert (paused.minutes, paused.most_minutes) == (25.0, 0)
    assert paused.running_since is None
    assert not paused.is_forgotten


def test_a_button_pressed_twice_does_nothing_more(participant: Participant) -> None:
    do(participant, (0, timing.start), (5, timing.start), (10, timing.pause), (12, timing.pause))
    assert read(participant, 20).minutes == 10.0
    do(participant, (20, timing.resume), (25, timing.resume))
    assert read(participant, 30).minutes == 20.0
    assert TimerSegment.objects.count() == 2


def test_the_shortest_task_is_a_tenth_of_a_minute(participant: Participant) -> None:
    do(participant, (0, timing.start), (0.01, timing.pause))
    assert read(participant, 1).minutes == 0.1


@pytest.mark.parametrize(("minutes", "forgotten"), [(180, False), (180.1, True)])
def test_a_timer_that_runs_for_hours_is_forgotten(
    participant: Participant, minutes: float, forgotten: bool
) -> None:
    do(participant, (0, timing.start))
    assert read(participant, minutes).is_forgotten is forgotten


@pytest.mark.parametrize(("now", "forgotten"), [("22:59:59", False), ("23:00:00", True)])
def test_so_is_one_that_runs_over_midnight_in_london(
    participant: Participant, now: str, forgotten: bool
) -> None:
    # In July, London's midnight is 23:00 UTC.
    with time_machine.travel("2025-07-01T22:50:00+00:00", tick=False):
        timing.start(participant)
    with time_machine.travel(f"2025-07-01T{now}+00:00", tick=False):
        found = timing.reading(participant)
    assert found is not None
    assert found.is_forgotten is forgotten


def test_a_forgotten_timer_is_asked_about_and_never_added(participant: Participant) -> None:
    do(participant, (0, timing.start), (10, timing.pause), (20, timing.resume))
    with pytest.raises(ForgottenTimer):
        do(participant, (320, timing.pause))
    assert read(participant, 320).is_forgotten

    with at(320), pytest.raises(ValueError, match=r"^301 minutes: 0 to 300 are allowed$"):
        timing.estimate(participant, key_of(participant), 301)
    with at(320), pytest.raises(ValueError, match=r"^-1 minutes"):
        timing.estimate(participant, key_of(participant), -1)
    with at(320):
        timing.estimate(participant, key_of(participant), 45)
    found = read(participant, 330)
    assert (found.minutes, found.timer.estimated) == (55.0, True)
    assert not found.is_forgotten

    with at(331):
        timing.estimate(participant, key_of(participant), 5)
    assert read(participant, 332).minutes == 55.0


def test_nobody_estimates_what_does_not_run(participant: Participant) -> None:
    timing.estimate(participant, key_of(participant), 5)
    assert not Timer.objects.exists()


def test_a_timer_thrown_away_leaves_nothing(participant: Participant) -> None:
    do(participant, (0, timing.start), (1, timing.pause), (2, timing.resume), (3, timing.discard))
    assert not Timer.objects.exists()
    assert not TimerSegment.objects.exists()
    assert not TaskLog.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("typed", "estimated", "source"),
    [(25.0, False, "timer"), (24.0, False, "recall"), (25.0, True, "recall")],
)
def test_what_the_timer_said_is_logged_as_timed(
    participant: Participant, typed: float, estimated: bool, source: str
) -> None:
    do(participant, (0, timing.start), (25, timing.pause))
    Timer.objects.update(estimated=estimated)
    found = read(participant, 50)
    assert participant.user is not None

    with at(50):
        stored = timing.record(found, replace(SAID, minutes=typed), participant.user)

    assert (stored.minutes, stored.source) == (typed, source)
    assert stored.key == str(found.timer.key)
    assert not Timer.objects.exists()
    assert (AuditEvent.objects.count(), DirtyMark.objects.count()) == (1, 1)
    # A moment that somebody guessed is not noted as measured.
    assert (stored.started_at, stored.ended_at) == (
        (None, None) if estimated else (MORNING, MORNING + datetime.timedelta(minutes=25))
    )


@pytest.mark.django_db(transaction=True)
def test_start_and_end_are_noted_only_with_nothing_but_work_between(
    participant: Participant,
) -> None:
    do(participant, (0, timing.start), (10, timing.pause), (300, timing.resume))
    do(participant, (315, timing.pause))
    assert participant.user is not None
    stored = timing.record(read(participant, 320), SAID, participant.user)
    # Else the rule "timestamps disagree" would flag every task with a long pause.
    assert (stored.minutes, stored.source) == (25.0, "timer")
    assert (stored.started_at, stored.ended_at) == (None, None)


@pytest.mark.django_db(transaction=True)
def test_a_task_that_was_timed_is_stored_once(participant: Participant) -> None:
    do(participant, (0, timing.start), (25, timing.pause))
    found = read(participant, 30)
    assert participant.user is not None
    first = timing.record(found, SAID, participant.user)
    assert timing.record(found, SAID, participant.user) == first
    with pytest.raises(KeyConflict):
        timing.record(found, replace(SAID, minutes=26.0), participant.user)
    assert TaskLog.objects.get().minutes == 25.0


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("act", [timing.start, timing.pause, timing.resume, timing.discard])
def test_two_windows_at_once_do_no_harm(participant: Participant, act: Act) -> None:
    if act is not timing.start:
        timing.start(participant)
    if act is timing.resume:
        timing.pause(participant, key_of(participant))
    given = () if act is timing.start else (key_of(participant),)
    failed: list[Exception] = []

    def press() -> None:
        try:
            act(participant, *given)
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    windows = [Thread(target=press) for _ in range(8)]
    for window in windows:
        window.start()
    for window in windows:
        window.join()

    assert not failed
    assert Timer.objects.count() == (0 if act is timing.discard else 1)
    running = TimerSegment.objects.filter(ended_at__isnull=True).count()
    assert running == (1 if act in (timing.start, timing.resume) else 0)


@pytest.mark.parametrize("act", [timing.pause, timing.discard])
@pytest.mark.parametrize("key", [None, uuid4()])
def test_a_page_of_another_timer_does_nothing(
    participant: Participant, act: Act, key: UUID | None
) -> None:
    do(participant, (0, timing.start))
    with at(10):
        act(participant, key)
    assert read(participant, 20).running_since == MORNING


def test_a_clock_that_is_behind_takes_no_time_away(participant: Participant) -> None:
    do(participant, (10, timing.start))
    running = read(participant, 9)
    assert (running.seconds, running.most_minutes) == (0.0, 0)
    do(participant, (9, timing.pause), (8, timing.resume), (15, timing.pause))
    assert read(participant, 20).minutes == 5.0


def test_no_minutes_are_proposed_where_none_were_worked(participant: Participant) -> None:
    do(participant, (0, timing.start))
    with at(400):
        timing.estimate(participant, key_of(participant), 0)
    assert read(participant, 400).minutes is None


@pytest.mark.django_db(transaction=True)
def test_what_cannot_be_true_keeps_the_timer(participant: Participant) -> None:
    do(participant, (0, timing.start), (25, timing.pause))
    assert participant.user is not None
    tomorrow = timezone.localdate() + datetime.timedelta(days=1)
    with pytest.raises(Refused):
        timing.record(read(participant, 30), replace(SAID, date=tomorrow), participant.user)
    assert Timer.objects.exists()


def test_a_reading_is_one_query(participant: Participant, django_assert_num_queries: Any) -> None:
    do(participant, (0, timing.start), (10, timing.pause), (20, timing.resume))
    with at(30), django_assert_num_queries(1):
        found = timing.reading(participant)
        assert found is not None
        assert (found.minutes, found.timer.estimated) == (20.0, False)
