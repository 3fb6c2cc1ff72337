"""Long work: asked for, done once, watched, stopped, tried again where its worker died."""

import datetime
import threading
import time
from collections.abc import Iterator

import pytest
import time_machine
from celery.exceptions import SoftTimeLimitExceeded
from django.db import OperationalError
from django.utils import timezone

from measurement import jobs
from measurement.models import Job, User
from tests.people import make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def kim() -> User:
    return make_user("kim.kettle@example.com")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Watch every fiftieth of a second: a test should not wait for the beat."""
    monkeypatch.setattr(jobs, "SECONDS_BETWEEN_BEATS", 0.02)


def stored(job: Job) -> Job:
    return Job.objects.get(pk=job.pk)


def ended(job: Job) -> tuple[str, str]:
    """Return how a job ended."""
    found = stored(job)
    assert found.ended_at is not None
    return found.state, found.message


def test_nothing_to_do() -> None:
    assert not jobs.run_next({})


def test_work_is_done_in_the_order_in_which_it_was_asked_for(kim: User) -> None:
    done: list[str] = []

    def work(job: Job, report: jobs.Report) -> str:
        report(3, 3)
        done.append(job.given["what"])
        return f"{job.given['what']} is done."

    first, second = (jobs.ask(kind="tea", by=kim, given={"what": what}) for what in "ab")
    assert jobs.run_next({"tea": work})
    assert done == ["a"]
    assert ended(first) == ("done", "a is done.")
    assert (stored(first).done, stored(first).total) == (3, 3)
    assert stored(second).state == "waiting"
    assert jobs.run_next({"tea": work})
    assert not jobs.run_next({"tea": work})
    assert done == ["a", "b"]


def until(holds: object) -> None:
    """Wait until it holds."""
    end = time.monotonic() + 20
    while not holds():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.01)


def test_progress_and_life_are_seen_while_the_work_goes_on(kim: User) -> None:
    job = jobs.ask(kind="tea", by=kim)

    def work(job: Job, report: jobs.Report) -> str:
        report(2, 5)
        until(lambda: stored(job).done == 2)
        found = stored(job)
        assert (found.state, found.total, found.tries) == ("running", 5, 1)
        before = found.beat_at
        until(lambda: stored(job).beat_at != before)
        return "Done."

    jobs.run_next({"tea": work})
    assert ended(job) == ("done", "Done.")


def test_a_job_that_waits_is_stopped_at_once(kim: User) -> None:
    job = jobs.ask(kind="tea", by=kim)
    jobs.stop(job)
    assert ended(job) == ("cancelled", jobs.STOPPED)
    assert not jobs.run_next({})


def test_a_job_that_runs_is_stopped_at_its_next_report(kim: User) -> None:
    job = jobs.ask(kind="tea", by=kim)

    def work(job: Job, report: jobs.Report) -> str:
        report(0, 2)
        jobs.stop(job)
        end = time.monotonic() + 20
        while time.monotonic() < end:
            time.sleep(0.01)
            report(1, 2)
        return "Never stopped."

    jobs.run_next({"tea": work})
    assert ended(job) == ("cancelled", jobs.STOPPED)


def test_a_job_that_has_ended_is_not_stopped(kim: User) -> None:
    job = jobs.ask(kind="tea", by=kim)
    jobs.run_next({"tea": lambda job, report: "Done."})
    jobs.stop(job)
    assert ended(job) == ("done", "Done.")
    assert not stored(job).stop_asked


FAILURES = [
    (jobs.Refused("There is no tea."), "There is no tea."),
    (SoftTimeLimitExceeded(), jobs.TOO_LONG),
]


@pytest.mark.parametrize(("error", "message"), FAILURES)
def test_why_it_was_not_done_is_said(kim: User, error: Exception, message: str) -> None:
    job = jobs.ask(kind="tea", by=kim)

    def work(job: Job, report: jobs.Report) -> str:
        raise error

    jobs.run_next({"tea": work})
    assert ended(job) == ("failed", message)


def test_a_fault_of_the_site_stands_in_its_log_and_is_named_by_number(
    kim: User, caplog: pytest.LogCaptureFixture
) -> None:
    job = jobs.ask(kind="tea", by=kim)
    unknown = jobs.ask(kind="cake", by=kim)

    def work(job: Job, report: jobs.Report) -> str:
        raise ZeroDivisionError("no cups")

    jobs.run_next({"tea": work})
    jobs.run_next({"tea": work})
    assert ended(job) == ("failed", jobs.FAULT.format(job.pk))
    assert ended(unknown) == ("failed", jobs.FAULT.format(unknown.pk))
    assert "no cups" in caplog.text
    assert "KeyError: 'cake'" in caplog.text


def test_trouble_of_the_database_is_no_failure_of_the_job(kim: User) -> None:
    job = jobs.ask(kind="tea", by=kim)

    def work(job: Job, report: jobs.Report) -> str:
        raise OperationalError("gone")

    with pytest.raises(OperationalError):
        jobs.run_next({"tea": work})
    assert stored(job).state == "waiting"
    jobs.run_next({"tea": lambda job, report: "Done."})
    assert ended(job) == ("done", "Done.")


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(datetime.datetime(2025, 3, 3, 9, tzinfo=datetime.UTC)) as clock:
        yield clock


def lose(job: Job) -> None:
    """Leave the job as a worker that was killed does."""
    claimed = jobs._claim()
    assert claimed is not None
    assert claimed.pk == job.pk


def test_a_job_whose_worker_died_is_taken_anew_three_times_at_most(
    kim: User, clock: time_machine.Traveller
) -> None:
    job = jobs.ask(kind="tea", by=kim)
    lose(job)
    assert not jobs.run_next({})
    for _ in range(jobs.MOST_TRIES - 1):
        clock.shift(jobs.LOST_AFTER + datetime.timedelta(seconds=1))
        lose(job)
    clock.shift(jobs.LOST_AFTER + datetime.timedelta(seconds=1))
    assert not jobs.run_next({})
    assert ended(job) == ("failed", jobs.LOST)


def test_a_worker_that_comes_back_late_does_not_overwrite_the_second(
    kim: User, clock: time_machine.Traveller
) -> None:
    job = jobs.ask(kind="tea", by=kim)

    def slow(job: Job, report: jobs.Report) -> str:
        past = timezone.now() - 2 * jobs.LOST_AFTER
        Job.objects.filter(pk=job.pk).update(beat_at=past, tries=job.tries + 1)
        return "The first."

    jobs.run_next({"tea": slow})
    assert stored(job).state == "running"
    jobs.run_next({"tea": lambda job, report: "The second."})
    assert ended(job) == ("done", "The second.")


def test_two_workers_never_take_the_same_job(kim: User) -> None:
    asked = [jobs.ask(kind="tea", by=kim) for _ in range(6)]
    done: list[int] = []

    def work(job: Job, report: jobs.Report) -> str:
        done.append(job.pk)
        time.sleep(0.05)
        return "Done."

    def drain() -> None:
        from django.db import connections

        try:
            while jobs.run_next({"tea": work}):
                pass
        finally:
            connections.close_all()

    workers = [threading.Thread(target=drain) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(done) == [job.pk for job in asked]


def test_the_watch_ends_where_the_database_is_gone(
    kim: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    job = jobs.ask(kind="tea", by=kim)
    gone = threading.Event()

    class Gone:
        def filter(self, **kwargs: object) -> "Gone":
            return self

        def update(self, **kwargs: object) -> int:
            gone.set()
            raise OperationalError("gone")

    watch = jobs._Watch(job)
    monkeypatch.setattr(Job, "objects", Gone())
    with watch:
        assert gone.wait(20)
    assert "goes on unwatched" in caplog.text
