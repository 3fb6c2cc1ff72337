"""Tasks that are announced: the forecast, the coin, and what becomes of them."""

import datetime
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import pytest
import time_machine
from django.db import connection

from measurement import analysis, announcing, recording, stored_results, timing
from measurement.models import AuditEvent, DirtyMark, Participant, TaskLog, Timer
from measurement.recording import NewTaskLog, said
from tests.people import TASK_TYPES, make_participant, make_trial, make_user

pytestmark = pytest.mark.django_db

Arms = list[dict[str, Any]]
COIN = {"kind": "task_randomised"}


def announce(participant: Participant, key: UUID | None = None, **changes: Any) -> TaskLog:
    assert participant.user
    answers: dict[str, Any] = {
        "task_type": TASK_TYPES[0],
        "forecast_minutes": 40.0,
        "forecast_minutes_with_ai": 30.0,
        **changes,
    }
    return announcing.announce(
        participant=participant, key=key or uuid4(), actor=participant.user, **answers
    )


@pytest.fixture
def dot() -> Participant:
    """Have a participant of a trial that flips a coin for each task."""
    return make_participant(make_trial(design=COIN), make_user("dot.teaspoon@example.com"))


def finished(log: TaskLog, **changes: Any) -> NewTaskLog:
    """Return the announced log as it is when the task took 25 minutes."""
    return NewTaskLog(**vars(said(log)) | {"status": "logged", "minutes": 25.0} | changes)


def test_only_a_trial_that_randomises_tasks_has_them_announced(dot: Participant) -> None:
    assert dot.trial.announces_tasks
    assert not make_trial("kettle").announces_tasks


def test_what_is_announced_is_stored_as_withheld_and_timed(dot: Participant) -> None:
    key = uuid4()
    moment = datetime.datetime(2025, 3, 3, 23, 30, tzinfo=datetime.UTC)
    with time_machine.travel(moment, tick=False):
        log = announce(dot, key)
        found = timing.reading(dot)
    assert found
    assert found.timer.key == key
    assert found.started_at == moment
    log = TaskLog.objects.get(pk=log.pk)
    assert (log.status, log.minutes, log.source) == ("withheld", None, "")
    assert (log.forecast_minutes, log.forecast_minutes_with_ai) == (40.0, 30.0)
    assert log.ai_assigned in (True, False)
    assert log.announced_at == moment
    assert log.date == datetime.date(2025, 3, 3)
    assert found.announced == log
    assert AuditEvent.objects.filter(act="record_task_log").count() == 1
    assert DirtyMark.objects.filter(participant=dot).count() == 1


def test_the_same_page_sent_twice_flips_one_coin(dot: Participant) -> None:
    key = uuid4()
    first = announce(dot, key)
    for _ in range(20):
        again = announce(dot, key, forecast_minutes=55.0)
        assert (again.pk, again.ai_assigned, again.forecast_minutes) == (
            first.pk,
            first.ai_assigned,
            40.0,
        )
    assert TaskLog.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_windows_that_send_one_page_at_once_get_one_coin(dot: Participant) -> None:
    key = uuid4()

    def send(_: int) -> tuple[int, bool | None]:
        try:
            log = announce(dot, key)
            return log.pk, log.ai_assigned
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(send, range(24)))) == 1
    assert TaskLog.objects.count() == Timer.objects.count() == 1


@pytest.mark.parametrize(
    ("arms", "fewest", "most"),
    [
        ([], 60, 140),
        (
            [{"name": "c", "ai": False, "ratio": 1}, {"name": "a", "ai": True, "ratio": 9}],
            155,
            199,
        ),
    ],
    ids=["even", "nine to one"],
)
def test_the_coin_follows_the_arms_of_the_plan(arms: Arms, fewest: int, most: int) -> None:
    # 5 standard deviations of 200 throws on each side.
    trial = make_trial(design=COIN | {"arms": arms} if arms else COIN)
    dot = make_participant(trial, make_user("dot.teaspoon@example.com"))
    for _ in range(200):
        announce(dot)
        Timer.objects.all().delete()
    assert fewest <= TaskLog.objects.filter(ai_assigned=True).count() <= most


def test_no_coin_is_flipped_for_a_second_task_at_once(dot: Participant) -> None:
    first = announce(dot)
    with pytest.raises(announcing.AtAnotherTask):
        announce(dot)
    assert TaskLog.objects.get() == first
    assert timing.reading_of(first)


@pytest.mark.django_db(transaction=True)
def test_windows_that_announce_two_tasks_at_once_get_one_coin(dot: Participant) -> None:
    def send(_: int) -> bool:
        try:
            announce(dot)
        except announcing.AtAnotherTask:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(send, range(6))) == 1
    log = TaskLog.objects.get()
    assert timing.reading_of(log)


@pytest.mark.parametrize("is_stored", [True, False], ids=["logged", "never stored"])
def test_a_timer_that_outlived_its_task_is_in_nobodys_way(
    dot: Participant, is_stored: bool
) -> None:
    """A process died between two commits."""
    with time_machine.travel(datetime.datetime(2025, 3, 3, 10, tzinfo=datetime.UTC)) as clock:
        if is_stored:
            log = announce(dot)
            recording.complete(task_log=log, log=finished(log), actor=None)
        else:
            timing.start(dot, key=uuid4())
        with pytest.raises(announcing.AtAnotherTask):  # the other window may still be at it
            announce(dot)
        clock.shift(datetime.timedelta(minutes=2))
        new = announce(dot)
    assert timing.reading_of(new)


def test_what_is_impossible_is_refused_before_any_coin(dot: Participant) -> None:
    with pytest.raises(recording.Refused):
        announce(dot, forecast_minutes=1500.0)
    with pytest.raises(recording.Refused):
        announce(dot, task_type="Juggling")
    assert not TaskLog.objects.exists()
    assert not Timer.objects.exists()


def test_a_timed_task_counts_from_its_log_on(dot: Participant) -> None:
    start = datetime.datetime(2025, 3, 3, 10, tzinfo=datetime.UTC)
    with time_machine.travel(start, tick=False) as clock:
        log = announce(dot)
        clock.shift(datetime.timedelta(minutes=25))
        found = timing.reading(dot)
        assert found
        timing.pause(dot, found.timer.key)
        found = timing.reading(dot)
        assert found
        stored = timing.record(found, finished(log, ai_used=not log.ai_assigned), dot.user)  # type: ignore[arg-type]
    stored.refresh_from_db()
    assert stored.pk == log.pk
    assert (stored.status, stored.minutes, stored.source) == ("logged", 25.0, "timer")
    assert stored.ai_used is not stored.ai_assigned
    assert stored.ai_assigned == log.ai_assigned
    assert stored.recorded_at == stored.ended_at == start + datetime.timedelta(minutes=25)
    assert not Timer.objects.exists()
    event = AuditEvent.objects.get(act="complete_task_log")
    assert event.detail["before"]["status"] == "withheld"


def test_a_task_is_completed_once(dot: Participant) -> None:
    log = announce(dot)
    recording.complete(task_log=log, log=finished(log), actor=None)
    with pytest.raises(recording.EditConflict) as conflict:
        recording.complete(task_log=log, log=finished(log, minutes=90.0), actor=None)
    assert conflict.value.stored.minutes == 25.0
    with pytest.raises(recording.EditConflict):
        recording.complete(
            task_log=conflict.value.stored, log=finished(log, minutes=90.0), actor=None
        )
    assert TaskLog.objects.get().minutes == 25.0


def test_a_page_sent_again_after_its_task_was_logged_starts_no_timer(dot: Participant) -> None:
    key = uuid4()
    log = announce(dot, key)
    recording.complete(task_log=log, log=finished(log), actor=None)
    timing.discard(dot, key)
    assert announce(dot, key).status == "logged"
    assert not Timer.objects.exists()


def test_what_is_never_logged_is_counted_as_withheld(dot: Participant) -> None:
    logs = []
    for _ in range(5):
        logs.append(announce(dot))
        Timer.objects.all().delete()
    for log in logs[:2]:
        recording.complete(task_log=log, log=finished(log), actor=None)
    analysis.analyse(dot.trial)
    results = stored_results.latest_results(dot.trial)
    assert results
    counts = results.results.logs
    assert (counts.stored, counts.excluded["withheld"], counts.analysed) == (5, 3, 2)
