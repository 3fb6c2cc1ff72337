"""A whole trial that somebody uploads as a bundle."""

import zipfile
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from measurement import enrolment, jobs, loading, starting, uploads
from measurement.estimation.bundle import Bundle, write_bundle
from measurement.models import (
    AuditEvent,
    DirtyMark,
    Job,
    Membership,
    Participant,
    Role,
    TaskLog,
    Trial,
    Upload,
    User,
)
from measurement.tasks import WORK
from tests.people import make_trial
from tests.small_trials import plain_trial

pytestmark = pytest.mark.django_db(transaction=True)
TOML = '[trial]\nslug = "tea"\ntitle = "Tea"\n[design]\nkind = "observational"\n'
LOGS = "participant,minutes,ai_used\n"


@pytest.fixture
def kim() -> User:
    return starting.allow(email="kim.kettle@example.com", actor=None)


@pytest.fixture
def bundle() -> Bundle:
    return plain_trial("parallel", participants=8, seed=1)


def ask(kim: User, content: bytes) -> Job:
    file = SimpleUploadedFile("x", content)
    upload = uploads.store(file, kind=Upload.Kind.BUNDLE, by=kim, max_bytes=10**8)
    return loading.start(upload, kim)


def zipped(folder: Path, bundle: Bundle) -> bytes:
    write_bundle(bundle, folder / "bundle.zip")
    return (folder / "bundle.zip").read_bytes()


def written(folder: Path, **files: str) -> bytes:
    """Return a zip of files whose names end in .toml and .csv."""
    with zipfile.ZipFile(folder / "bundle.zip", "w") as archive:
        for name, text in files.items():
            archive.writestr(f"{name}.{'toml' if name == 'trial' else 'csv'}", text)
    return (folder / "bundle.zip").read_bytes()


def run(job: Job) -> tuple[str, str]:
    assert jobs.run_next(WORK)
    job.refresh_from_db()
    assert not Upload.objects.exists()
    return job.state, job.message


def test_a_bundle_becomes_a_trial_and_its_loader_the_lead(
    kim: User, bundle: Bundle, tmp_path: Path
) -> None:
    job = ask(kim, zipped(tmp_path, bundle))
    assert run(job) == (
        "done",
        f"“{bundle.trial.title}” is loaded, and you lead it. Its results are computed now.",
    )
    trial = Trial.objects.get()
    assert job.trial == trial
    assert [*Membership.objects.values_list("user", "trial", "role")] == [
        (kim.pk, trial.pk, Role.LEAD)
    ]
    assert (Participant.objects.count(), TaskLog.objects.count()) == (8, len(bundle.task_logs))
    assert DirtyMark.objects.count() == 8
    assert AuditEvent.objects.get(act="load_trial").actor == kim
    assert (job.done, job.total) == (
        job.total,
        8 + len(bundle.task_logs) + len(bundle.survey_responses),
    )


def test_faults_are_listed_by_file_row_and_column(kim: User, tmp_path: Path) -> None:
    content = written(tmp_path, trial=TOML, task_logs=f"{LOGS}p1,5,1\np2,-5,maybe\n")
    state, message = run(ask(kim, content))
    assert state == "failed"
    head, *faults = message.splitlines()
    assert head == "Nothing was stored. What is wrong, as file:row:column:"
    assert [fault.partition(" ")[0] for fault in faults] == [
        "task_logs.csv:3:minutes:",
        "task_logs.csv:3:ai_used:",
    ]
    assert not Trial.objects.exists()


def test_more_faults_than_a_message_holds_are_counted(kim: User, tmp_path: Path) -> None:
    rows = "".join(f"{'p' * 150},{'9' * 300},{'x' * 300}\n" for _ in range(300))
    people = "participant,arm\n" + "".join(f"{'q' * 300}{number},a\n" for number in range(300))
    content = written(tmp_path, trial=TOML, task_logs=LOGS + rows, participants=people)
    state, message = run(ask(kim, content))
    assert state == "failed"
    assert len(message) < 20_000
    *_, last = message.splitlines()
    assert last.startswith("And ")
    assert last.endswith(" lines more.")


def test_a_taken_name_is_refused_with_the_reason(kim: User, tmp_path: Path) -> None:
    make_trial("tea")
    content = written(tmp_path, trial=TOML, task_logs=LOGS)
    state, message = run(ask(kim, content))
    assert state == "failed"
    assert "a trial with the short name “tea” already" in message
    assert Trial.objects.count() == 1
    assert not Membership.objects.exists()


def test_what_is_no_bundle_is_refused(kim: User) -> None:
    state, message = run(ask(kim, b"tea"))
    assert state == "failed"
    assert "an intact .zip without a password is allowed" in message


def test_a_bundle_that_would_fill_the_memory_is_refused(
    kim: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "MAX_UNPACKED_BYTES", 1_000)
    content = written(tmp_path, trial=TOML, task_logs=LOGS + "p,1,1\n" * 1_000)
    state, message = run(ask(kim, content))
    assert (state, "a file of at most 1000 bytes" in message) == ("failed", True)


def test_who_may_no_longer_start_trials_loads_none(kim: User, tmp_path: Path) -> None:
    job = ask(kim, written(tmp_path, trial=TOML, task_logs=LOGS))
    User.objects.update(may_start_trials=False)
    assert run(job) == ("failed", loading.NOT_ALLOWED)


def test_a_file_that_is_gone_is_said_to_be(kim: User) -> None:
    job = ask(kim, b"tea")
    Upload.objects.all().delete()
    assert run(job) == ("failed", loading.GONE)


def test_a_worker_that_dies_after_loading_loads_once(
    kim: User, bundle: Bundle, tmp_path: Path
) -> None:
    job = ask(kim, zipped(tmp_path, bundle))
    first = run(job)
    Job.objects.update(state="waiting", ended_at=None)
    assert run(job) == first
    assert AuditEvent.objects.filter(act="load_trial").count() == 1


def test_stopped_it_leaves_nothing(kim: User, bundle: Bundle, tmp_path: Path) -> None:
    job = ask(kim, zipped(tmp_path, bundle))

    def stopping(job: Job, report: jobs.Report) -> str:
        def stop(done: int, total: int) -> None:
            if done:
                raise jobs.Stopped

        return loading.load(job, stop)

    assert jobs.run_next({loading.KIND: stopping})
    job.refresh_from_db()
    assert (job.state, job.trial) == ("cancelled", None)
    for model in (Upload, Trial, Participant, Membership):
        assert not model._default_manager.exists()


def test_a_fault_of_the_site_gives_no_role(
    kim: User, bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = ask(kim, zipped(tmp_path, bundle))

    def fail(**said: object) -> None:
        raise RuntimeError("planted")

    monkeypatch.setattr(enrolment, "grant", fail)
    assert jobs.run_next(WORK)
    job.refresh_from_db()
    assert job.state == "failed"
    assert not Trial.objects.exists()
    assert Upload.objects.exists()
