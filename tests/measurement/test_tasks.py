"""What workers are sent, and what a sweep does; delivered more than once, it does no harm."""

from typing import Any

import pytest
from django.conf import settings
from django.db.models import F

from measurement import bundles, reminding, stored_results
from measurement.models import (
    AnalysisRun,
    DirtyMark,
    Participant,
    Reminder,
    Trial,
    TrialMark,
    WinsorisingLimit,
)
from measurement.recording import NewTaskLog, record
from measurement.tasks import new_day, remind, sweep
from tests.measurement.reminded import at, utc
from tests.people import make_trial
from tests.small_trials import plain_trial
from trialsite.celery import app


@pytest.fixture
def loaded(db: None) -> Trial:
    """Have a trial that was just loaded."""
    return bundles.load(plain_trial("parallel", participants=8, seed=1))


def test_the_timetable_sends_tasks_that_exist_and_do_not_pile_up() -> None:
    timetable: dict[str, Any] = settings.CELERY_BEAT_SCHEDULE
    app.loader.import_default_modules()
    assert "measurement.sweep" in {entry["task"] for entry in timetable.values()}
    for entry in timetable.values():
        assert entry["task"] in app.tasks
        assert entry["options"]["expires"] <= entry["schedule"]


def test_reminders_are_on_the_timetable_and_leave_workers_time() -> None:
    (entry,) = [
        entry
        for entry in settings.CELERY_BEAT_SCHEDULE.values()
        if entry["task"] == "measurement.remind"
    ]
    seconds: Any = entry["schedule"]
    assert seconds / 4 >= reminding.SEND_FOR_SECONDS + settings.EMAIL_TIMEOUT
    assert seconds <= 3600
    assert seconds < settings.CELERY_TASK_SOFT_TIME_LIMIT


def test_the_task_sends_what_is_due(participant: Participant, mailoutbox: list[object]) -> None:
    participant.trial.starts_on = utc(3).date()
    participant.trial.save()
    with at(utc(6, 9)):
        for _ in range(2):
            remind()
        new_day()
    assert len(mailoutbox) == Reminder.objects.count() == 1
    with at(utc(6, 9, month=12)):
        Trial.objects.update(ends_on=utc(6).date())
        new_day()
    assert not Reminder.objects.exists()


def test_a_sweep_recomputes_and_analyses_what_changed(loaded: Trial) -> None:
    quiet = make_trial("quiet")
    sweep()
    assert not DirtyMark.objects.exists()
    assert not TrialMark.objects.exists()
    assert stored_results.latest_results(loaded) is not None
    assert stored_results.latest_results(quiet) is None


def test_a_sweep_delivered_five_times_does_its_work_once(loaded: Trial) -> None:
    sweep()
    first = stored_results.latest_results(loaded)
    for _ in range(4):
        sweep()
    assert stored_results.latest_results(loaded) == first
    assert AnalysisRun.objects.count() == 1


def test_a_new_log_reaches_the_results_once_the_trial_has_rested(loaded: Trial) -> None:
    sweep()
    before = AnalysisRun.objects.get()
    AnalysisRun.objects.update(finished_at=F("as_of"))
    person = Participant.objects.filter(trial=loaded).earliest("pk")
    log = NewTaskLog(key="n", minutes=3, ai_used=False, date=loaded.starts_on)
    record(participant=person, log=log, actor=None)
    sweep()
    stored = stored_results.latest_results(loaded)
    assert stored is not None
    assert stored.results.last_log == before.last_log + 1


def test_a_new_day_brings_winsorising_limits(loaded: Trial) -> None:
    stored = WinsorisingLimit.objects.order_by("task_type").values_list("task_type", "low", "high")
    before = list(stored)
    assert before
    WinsorisingLimit.objects.all().delete()
    for _ in range(2):
        new_day()
    assert list(stored.all()) == before
