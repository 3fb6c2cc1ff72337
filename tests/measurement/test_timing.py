"""The timer: segments by the server's clock, and nothing added silently."""

import datetime
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from measurement import timing
from measurement.models import AuditEvent, DirtyMark, Participant, TaskLog, Timer, TimerSegment
from measurement.recording import NewTaskLog, Refused
from measurement.timing import ForgottenTimer, Reading

pytestmark = pytest.mark.django_db
MORNING = datetime.datetime(2025, 3, 3, 9, 0, tzinfo=datetime.UTC)
SAID = NewTaskLog(key="typed", ai_used=False, minutes=25.0, date=MORNING.date())
Act = Callable[[Participant], None]


def at(minutes: float) -> time_machine.travel:
    """Be so many minutes after nine o'clock."""
    return time_machine.travel(MORNING + datetime.timedelta(minutes=minutes), tick=False)


def do(participant: Participant, *acts: tuple[float, Act]) -> None:
    for minutes, act in acts:
        with at(minutes):
            act(participant)


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
    assert (running.minutes, running.minutes_running) == (22.5, 12)
    assert running.running_since == MORNING + datetime.timedelta(minutes=30)
    assert running.started_at == MORNING

    do(participant, (45, timing.pause))
    paused = read(participant, 500)
    assert (paused.minutes, paused.minutes_running) == (25.0, 0)
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
        timing.estimate(participant, 301)
    with at(320), pytest.raises(ValueError, match=r"^-1 minutes"):
        timing.estimate(participant, -1)
    with at(320):
        timing.estimate(participant, 45)
    found = read(participant, 330)
    assert (found.minutes, found.timer.estimated) == (55.0, True)
    assert not found.is_forgotten

    with at(331):
        timing.estimate(participant, 5)
    assert read(participant, 332).minutes == 55.0


def test_nobody_estimates_what_does_not_run(participant: Participant) -> None:
    timing.estimate(participant, 5)
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
    do(participant, (0, timing.start), (10, timing.pause), (30, timing.resume), (45, timing.pause))
    Timer.objects.update(estimated=estimated)
    found = read(participant, 50)
    assert participant.user is not None

    with at(50):
        stored = timing.record(found, replace(SAID, minutes=typed), participant.user)

    assert (stored.minutes, stored.source) == (typed, source)
    assert stored.key == str(found.timer.key)
    assert stored.started_at == MORNING
    assert stored.ended_at == MORNING + datetime.timedelta(minutes=45)
    assert not Timer.objects.exists()
    assert (AuditEvent.objects.count(), DirtyMark.objects.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("minutes", [25.0, 26.0])
def test_a_task_that_was_timed_is_stored_once(participant: Participant, minutes: float) -> None:
    do(participant, (0, timing.start), (25, timing.pause))
    found = read(participant, 30)
    assert participant.user is not None
    again: dict[str, Any] = {"log": replace(SAID, minutes=minutes), "actor": participant.user}
    # Another tab has just stored it and not yet ended the timer.
    first = timing.record(found, SAID, participant.user)
    timer = Timer.objects.create(participant=participant, key=found.timer.key)

    second = timing.record(replace(found, timer=timer), **again)

    assert second == first
    assert TaskLog.objects.get().minutes == 25.0
    assert not Timer.objects.exists()


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
