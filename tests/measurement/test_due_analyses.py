"""Which trials workers analyse now."""

import datetime
from collections.abc import Iterator
from dataclasses import replace

import pytest
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from measurement import analysis, bundles, cells
from measurement.estimation.calendar import today
from measurement.models import (
    AnalysisRun,
    DirtyMark,
    Participant,
    Trial,
    TrialMark,
)
from tests.measurement.analysed import held_lock
from tests.small_trials import plain_trial
from tests.stored_once import stored_once

pytestmark = pytest.mark.django_db


def recomputed() -> Trial:
    trial = bundles.load(plain_trial())
    cells.recompute()
    return trial


def test_a_trial_is_not_analysed_in_parts() -> None:
    trial = bundles.load(plain_trial())
    cells.recompute(at_most=20)
    assert analysis.due() == []
    cells.recompute(at_most=20)
    assert analysis.due() == [trial]


def running_trial() -> Trial:
    """Return a trial of these days, analysed."""
    bundle = plain_trial()
    first, last = today() - datetime.timedelta(days=20), today() + datetime.timedelta(days=20)
    trial = bundles.load(
        replace(
            bundle,
            trial=replace(
                bundle.trial,
                starts_on=first,
                ends_on=last,
                design=replace(bundle.trial.design, periods=()),
            ),
        )
    )
    analysis.analyse(trial)
    return trial


def test_a_running_trial_is_marked_once_for_a_new_day() -> None:
    trial = running_trial()
    analysis.mark_outdated()
    assert not TrialMark.objects.exists()
    yesterday = today() - datetime.timedelta(days=1)
    AnalysisRun.objects.update(counted_until=yesterday)
    analysis.mark_outdated()
    analysis.mark_outdated()
    assert [mark.trial for mark in TrialMark.objects.all()] == [trial]


def test_a_trial_that_has_ended_needs_no_new_day() -> None:
    analysis.analyse(bundles.load(plain_trial(participants=8)))
    AnalysisRun.objects.update(counted_until=today() - datetime.timedelta(days=1))
    analysis.mark_outdated()
    assert not TrialMark.objects.exists()


@pytest.fixture(scope="class")
def stored(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Trial]:
    with stored_once(django_db_blocker, recomputed) as trial:
        yield trial


class TestRecomputed:
    """A trial whose cells are computed and which nobody has analysed yet."""

    @pytest.fixture
    def trial(self, db: None, stored: Trial) -> Trial:
        return Trial.objects.get(pk=stored.pk)

    def test_a_changed_trial_is_due_until_it_is_analysed(self, trial: Trial) -> None:
        assert analysis.due() == [trial]
        assert analysis.analyse_marked(trial) is not None
        assert analysis.due() == []
        assert analysis.analyse_marked(trial) is None

    def test_steady_logging_does_not_put_an_analysis_off(self, trial: Trial) -> None:
        person = Participant.objects.filter(trial=trial).earliest("pk")
        DirtyMark.objects.create(participant=person)
        assert analysis.due() == [trial]

    def test_parked_marks_do_not_put_an_analysis_off(self, trial: Trial) -> None:
        person = Participant.objects.filter(trial=trial).earliest("pk")
        mark = DirtyMark.objects.create(participant=person, failures=5)
        DirtyMark.objects.filter(pk=mark.pk).update(
            marked_at=timezone.now() - datetime.timedelta(1)
        )
        assert analysis.due() == [trial]

    @pytest.mark.parametrize(("seconds", "due"), [(49, False), (51, True)])
    def test_a_trial_rests_in_proportion_to_its_analysis(
        self, trial: Trial, seconds: int, due: bool
    ) -> None:
        run = analysis.analyse_marked(trial)
        assert run is not None
        run.finished_at = timezone.now() - datetime.timedelta(seconds=seconds)
        run.as_of = run.finished_at - datetime.timedelta(seconds=10)
        run.save()
        TrialMark.objects.create(trial=trial)
        assert (analysis.due() == [trial]) == due

    def test_one_worker_analyses_a_trial(self, trial: Trial) -> None:
        with held_lock(trial):
            assert analysis.analyse_marked(trial) is None
            assert TrialMark.objects.exists()
        assert analysis.analyse_marked(trial) is not None

    def test_five_failures_park_a_trial(
        self, trial: Trial, caplog: pytest.LogCaptureFixture
    ) -> None:
        sound = trial.plan
        trial.plan = {"confidence": 7}
        trial.save()
        for _ in range(5):
            assert analysis.due() == [trial]
            assert analysis.analyse_marked(trial) is None
        assert analysis.due() == []
        assert "plan.confidence: 7" in caplog.text

        trial.plan = sound
        trial.save()
        TrialMark.objects.create(trial=trial)
        assert analysis.analyse_marked(trial) is not None
        assert not TrialMark.objects.exists()

    def test_a_changed_plan_has_new_limits_before_an_analysis(self, trial: Trial) -> None:
        """With limits and cells of the plan before, figures would be of neither plan."""
        TrialMark.objects.create(trial=trial, replanned=True)
        assert analysis.due() == []
        assert analysis.analyse_marked(trial) is None

        analysis.refresh_limits_of_replanned()

        people = DirtyMark.objects.filter(participant__trial=trial).values("participant")
        assert people.distinct().count() == trial.participant_set.count()
        assert analysis.due() == []
        cells.recompute()
        assert analysis.due() == [trial]
        assert analysis.analyse_marked(trial) is not None

    def test_an_analysis_by_hand_has_the_limits_of_a_plan_that_changed_meanwhile(
        self, trial: Trial
    ) -> None:
        changes = iter([True])

        def progress(done: int, people: int) -> None:
            if done == people and next(changes, False):
                TrialMark.objects.create(trial=trial, replanned=True)

        analysis.analyse(trial, progress=progress)

        assert not TrialMark.objects.exists()
        assert AnalysisRun.objects.count() == 1

    def test_five_failures_park_a_changed_plan(
        self, trial: Trial, caplog: pytest.LogCaptureFixture
    ) -> None:
        trial.plan = {"confidence": 7}
        trial.save()
        TrialMark.objects.create(trial=trial, replanned=True)
        for _ in range(6):
            analysis.refresh_limits_of_replanned()
        assert TrialMark.objects.get(replanned=True).failures == 5
        assert caplog.text.count("cannot be computed") == 5
