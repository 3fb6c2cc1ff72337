"""Leaving a trial: the results are those of who is left."""

import datetime

import pytest

from measurement import (
    analysis,
    bundles,
    leaving,
)
from measurement.models import (
    AnalysisRun,
    DirtyMark,
    Participant,
    TaskLog,
    Trial,
    WinsorisingLimit,
)
from measurement.tasks import sweep
from tests.measurement.erased import (
    recomputed,
    served,
    settle,
)
from tests.small_trials import plain_trial


@pytest.mark.django_db(transaction=True)
class TestResults:
    @pytest.fixture
    def analysed(self) -> Trial:
        """Have an analysed trial in which one person has the longest task of all."""
        trial = bundles.load(plain_trial("parallel"))
        longest = self.longest(trial)
        TaskLog.objects.filter(participant=longest).update(minutes=1400.0)
        DirtyMark.objects.create(participant=longest)
        analysis.analyse(trial)
        return trial

    def longest(self, trial: Trial) -> Participant:
        person = Participant.objects.filter(trial=trial).order_by("pseudonym").first()
        assert person
        return person

    def test_results_and_limits_are_those_of_who_is_left(self, analysed: Trial) -> None:
        before = served(analysed)
        old = set(WinsorisingLimit.objects.values_list("task_type", "low", "high"))
        leaving.erase(self.longest(analysed))
        settle(analysed)
        assert served(analysed) == recomputed(analysed) != before
        assert set(WinsorisingLimit.objects.values_list("task_type", "low", "high")) != old

    def test_earlier_results_do_not_outlive_the_next_analysis(self, analysed: Trial) -> None:
        settle(analysed)
        old = set(AnalysisRun.objects.values_list("pk", flat=True))
        leaving.erase(self.longest(analysed))
        settle(analysed)
        assert old.isdisjoint(AnalysisRun.objects.values_list("pk", flat=True))
        analysis.analyse(analysed)
        assert AnalysisRun.objects.count() > 1  # those since then are kept

    def test_limits_wait_until_the_trial_has_rested(self, analysed: Trial) -> None:
        leaving.erase(self.longest(analysed))
        run = AnalysisRun.objects.get()
        run.as_of = run.finished_at - datetime.timedelta(hours=1)
        run.save()
        computed = set(WinsorisingLimit.objects.values_list("computed_at", flat=True))
        sweep()
        assert set(WinsorisingLimit.objects.values_list("computed_at", flat=True)) == computed
        assert AnalysisRun.objects.get() == run
