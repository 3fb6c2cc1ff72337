"""Results computed because a lead wants them now."""

import pytest

from measurement import bundles, computing, jobs
from measurement.models import AnalysisRun, DirtyMark, Role, Trial
from measurement.tasks import WORK
from tests.people import make_user
from tests.small_trials import plain_trial

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def loaded() -> Trial:
    """Have a trial that was just loaded."""
    return bundles.load(plain_trial("parallel", participants=8, seed=1))


def test_the_results_are_computed_and_asked_for_once(loaded: Trial) -> None:
    kim = make_user("kim.kettle@example.com", (Role.LEAD, loaded))
    job = computing.start(loaded, kim)
    assert computing.start(loaded, kim) == job
    assert jobs.run_next(WORK)
    job.refresh_from_db()
    assert (job.state, job.message) == ("done", "The results are computed.")
    assert AnalysisRun.objects.filter(trial=loaded).count() == 1
    assert not DirtyMark.objects.exists()
    assert computing.start(loaded, kim) != job


def test_progress_is_in_per_cent(loaded: Trial) -> None:
    seen: list[tuple[int, int]] = []
    job = computing.start(loaded, make_user("kim.kettle@example.com", (Role.LEAD, loaded)))
    computing.compute(job, lambda done, total: seen.append((done, total)))
    assert [*dict.fromkeys(seen)] == [(0, 100), (5, 100), (70, 100)]
    seen.clear()
    computing.compute(job, lambda done, total: seen.append((done, total)))
    assert [*dict.fromkeys(seen)] == [(0, 100), (70, 100)]


@pytest.mark.parametrize("after", [1, 4], ids=["people", "an estimate"])
def test_it_can_be_stopped(loaded: Trial, after: int) -> None:
    job = computing.start(loaded, make_user("kim.kettle@example.com", (Role.LEAD, loaded)))
    reports: list[int] = []

    def stop(done: int, total: int) -> None:
        reports.append(done)
        if len(reports) > after:
            raise jobs.Stopped

    with pytest.raises(jobs.Stopped):
        computing.compute(job, stop)
    assert not AnalysisRun.objects.exists()
