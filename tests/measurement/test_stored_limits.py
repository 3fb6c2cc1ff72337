"""Winsorising limits are those of all logs when analysed by hand, else of the last night."""

import datetime
from collections.abc import Iterator

import pandas as pd
import pytest
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from measurement import analysis, bundles, cells, frames
from measurement.estimation.calendar import today
from measurement.estimation.evidence import evidence_of
from measurement.models import (
    AnalysisRun,
    DirtyMark,
    Participant,
    Trial,
    WinsorisingLimit,
)
from measurement.recording import NewTaskLog, record
from tests.measurement.analysed import (
    a_task_type,
    held_lock,
    simulated,
)
from tests.measurement.odd_bundle import odd_bundle
from tests.people import make_log, make_trial
from tests.stored_once import stored_once

pytestmark = pytest.mark.django_db
LONG_MINUTES = 1390.0


def add_long_log(trial: Trial) -> None:
    """Record a log beyond every limit."""
    log = NewTaskLog(
        key="long",
        minutes=LONG_MINUTES,
        ai_used=True,
        ai_assigned=True,
        date=trial.starts_on,
        task_type=a_task_type(trial),
    )
    person = Participant.objects.filter(trial=trial).earliest("pk")
    record(participant=person, log=log, actor=None)


def age(trial: Trial, by: datetime.timedelta) -> None:
    """Have the trial's limits computed that long ago."""
    limits = WinsorisingLimit.objects.filter(trial=trial)
    assert limits.update(computed_at=timezone.now() - by)


def analysed_since() -> Trial:
    trial = bundles.load(simulated("parallel"))
    analysis.analyse(trial)
    age(trial, datetime.timedelta(days=2))
    return trial


@pytest.mark.parametrize("design", ["parallel", "task_randomised"])
def test_an_analysis_by_hand_has_the_limits_of_all_logs(design: str) -> None:
    trial = bundles.load(simulated(design))
    cells.recompute()
    add_long_log(trial)
    analysis.analyse(trial)
    exported = evidence_of(bundles.export(trial), today())
    stored = analysis._evidence(trial, today())
    pd.testing.assert_frame_equal(stored.limits, exported.limits, check_exact=True)
    pd.testing.assert_frame_equal(stored.cells, exported.cells, check_exact=True)
    assert (stored.cells["tail"] == 1).any()


@pytest.mark.parametrize("design", ["parallel", "task_randomised"])
def test_an_analysis_by_a_worker_has_the_stored_limits(design: str) -> None:
    trial = bundles.load(simulated(design))
    before = frames.limits(trial)
    add_long_log(trial)
    cells.recompute()
    stored = analysis._evidence(trial, today())
    pd.testing.assert_frame_equal(stored.limits, before, check_exact=True)
    longest = stored.cells["minutes_mean"] == LONG_MINUTES
    assert stored.cells.loc[longest, "tail"].tolist() == [1]
    fresh = evidence_of(bundles.export(trial), today())
    assert not fresh.limits.equals(before)


def test_a_trial_that_was_never_loaded_gets_limits(db: None) -> None:
    trial = make_trial("by-hand")
    person = Participant.objects.create(trial=trial, pseudonym="p1")
    analysis.refresh_limits()
    assert frames.limits(trial).empty
    make_log(person, "first")
    analysis.refresh_limits()
    assert frames.limits(trial)["low"].tolist() == [30.0]
    assert DirtyMark.objects.count() == 2


@pytest.fixture(scope="class")
def stored(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Trial]:
    with stored_once(django_db_blocker, analysed_since) as trial:
        yield trial


class TestAnalysedSince:
    """A trial that was analysed since its limits were computed two days ago."""

    @pytest.fixture
    def trial(self, db: None, stored: Trial) -> Trial:
        return Trial.objects.get(pk=stored.pk)

    def test_the_night_brings_limits_of_all_logs(self, trial: Trial) -> None:
        add_long_log(trial)
        analysis.refresh_limits()
        expected = evidence_of(bundles.export(trial), today()).limits
        pd.testing.assert_frame_equal(frames.limits(trial), expected, check_exact=True)
        assert DirtyMark.objects.filter(participant__trial=trial).exists()

    def test_limits_of_today_stay(self, trial: Trial) -> None:
        age(trial, datetime.timedelta())
        add_long_log(trial)
        before = frames.limits(trial)
        analysis.refresh_limits()
        pd.testing.assert_frame_equal(frames.limits(trial), before, check_exact=True)

    def test_limits_of_data_that_stayed_stay(self, trial: Trial) -> None:
        AnalysisRun.objects.update(as_of=timezone.now() - datetime.timedelta(days=3))
        before = set(WinsorisingLimit.objects.values_list("pk", flat=True))
        analysis.refresh_limits()
        assert set(WinsorisingLimit.objects.values_list("pk", flat=True)) == before

    def test_a_trial_that_is_being_analysed_waits_for_the_next_time(self, trial: Trial) -> None:
        add_long_log(trial)
        before = frames.limits(trial)
        with held_lock(trial):
            analysis.refresh_limits()
            pd.testing.assert_frame_equal(frames.limits(trial), before, check_exact=True)
        analysis.refresh_limits()
        assert not frames.limits(trial).equals(before)

    def test_a_trial_without_limits_to_compute_costs_the_others_nothing(
        self, trial: Trial, caplog: pytest.LogCaptureFixture
    ) -> None:
        Trial.objects.filter(pk=trial.pk).update(plan={"confidence": 7})
        other = bundles.load(odd_bundle())
        WinsorisingLimit.objects.filter(trial=other).delete()
        analysis.refresh_limits()
        assert f"The limits of the trial {trial.slug} cannot be computed" in caplog.text
        assert len(frames.limits(other))
