"""The long work with a file of people, from the upload to the emails."""

import csv
import io
from typing import Any

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError
from django.utils import timezone

from measurement import jobs, uploads
from measurement.models import Department, Invitation, Job, PrivacyNotice, Trial, Upload, User
from measurement.people import sending, storing, work
from measurement.people.work import start_check, start_invitations, start_nudge, start_sending
from measurement.tasks import WORK
from tests.measurement.mail_server import MailServer
from tests.measurement.people.files import csv_of, xlsx_of
from tests.people import make_trial

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = [
    ["email", "department"],
    ["dot.spoon@example.com", "Treasury"],
    ["pat.pot@example.com", ""],
]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Watch every fiftieth of a second: a test should not wait for the beat."""
    monkeypatch.setattr(jobs, "SECONDS_BETWEEN_BEATS", 0.02)


def upload(trial: Trial, by: User, content: bytes) -> Upload:
    return uploads.store(
        SimpleUploadedFile("people.csv", content),
        kind=Upload.Kind.PEOPLE,
        by=by,
        trial=trial,
        max_bytes=10**7,
    )


def run(job: Job) -> tuple[str, str]:
    """Do the job, and return how it ended."""
    assert jobs.run_next(WORK)
    job.refresh_from_db()
    assert job.ended_at is not None
    return job.state, job.message


def checked(trial: Trial, by: User, content: bytes) -> Upload:
    file = upload(trial, by, content)
    run(start_check(file, by))
    file.refresh_from_db()
    return file


def test_a_right_file_is_checked_and_nothing_is_done(trial: Trial, kim: User) -> None:
    file = upload(trial, kim, xlsx_of([*PEOPLE, PEOPLE[1]]))
    assert run(start_check(file, kim)) == (
        "done",
        "The file has no faults. Go on to invite the people.",
    )
    file.refresh_from_db()
    assert file.report == {
        "rows": 3,
        "new": 2,
        "before": 0,
        "repeated": 1,
        "faults": 0,
        "cut": False,
        "shown": [],
    }
    assert not Invitation.objects.exists()
    assert User.objects.count() == 1


def test_faults_are_kept_and_the_file_is_not(trial: Trial, kim: User) -> None:
    rows = [[f"=p{number}", "Tresury"] for number in range(150)]
    file = checked(trial, kim, csv_of([PEOPLE[0], *rows]))
    assert (file.report["faults"], len(file.report["shown"])) == (300, 200)
    assert file.report["shown"][0] == [2, "email", '"=p0" is not an email address']
    table = list(csv.reader(io.StringIO(file.faults, newline="")))
    assert len(table) == 301
    assert table[0] == ["row", "column", "fault"]
    assert table[300] == [
        "151",
        "department",
        '"Tresury" is not in the trial\'s list; did you mean "Treasury"?',
    ]
    assert uploads.content(file) == b""


def test_no_cell_of_the_faults_is_a_formula(trial: Trial, kim: User) -> None:
    file = checked(trial, kim, csv_of([["email", "=1+1"], ["a@example.com", "x"]]))
    (row,) = list(csv.reader(io.StringIO(file.faults, newline="")))[1:]
    assert row[1] == "'=1+1"


def test_a_file_that_cannot_be_read_is_refused_and_gone(trial: Trial, kim: User) -> None:
    file = upload(trial, kim, b"email\r\n")
    state, message = run(start_check(file, kim))
    assert (state, message.startswith("The file names nobody")) == ("failed", True)
    assert not Upload.objects.exists()


def test_from_the_file_to_the_emails(trial: Trial, kim: User) -> None:
    file = checked(trial, kim, csv_of(PEOPLE))
    job = start_invitations(file, kim)
    assert start_invitations(file, kim) == job
    state, message = run(job)
    assert (state, message.startswith("2 people are invited")) == ("done", True)
    assert not Upload.objects.exists()
    assert Invitation.objects.count() == 2
    assert not mail.outbox
    sending_job = work.sending_job(trial)
    assert sending_job
    assert run(sending_job) == ("done", "All 2 emails are sent.")
    assert (sending_job.done, sending_job.total) == (0, 2)
    assert sorted(email.to[0] for email in mail.outbox) == [row[0] for row in PEOPLE[1:]]
    assert work.sending_job(trial) is None


def test_who_was_invited_before_is_counted_and_gets_no_second_email(
    trial: Trial, kim: User
) -> None:
    for _ in range(2):
        file = checked(trial, kim, csv_of(PEOPLE))
        job = start_invitations(file, kim)
        run(job)
        while jobs.run_next(WORK):
            pass
    assert (file.report["new"], file.report["before"]) == (0, 2)
    job.refresh_from_db()
    assert job.message == "Everybody in the file was invited before. Nothing was changed."
    assert len(mail.outbox) == 2


def test_without_a_notice_nobody_is_invited_and_the_file_is_kept(trial: Trial, kim: User) -> None:
    file = checked(trial, kim, csv_of(PEOPLE))
    PrivacyNotice.objects.all().delete()
    assert run(start_invitations(file, kim)) == (
        "failed",
        "The trial has not published a privacy notice.",
    )
    assert Upload.objects.exists()
    assert not Invitation.objects.exists()


def test_a_list_that_changed_meanwhile_is_noticed(trial: Trial, kim: User) -> None:
    file = checked(trial, kim, csv_of(PEOPLE))
    Department.objects.all().delete()
    assert run(start_invitations(file, kim)) == ("failed", work.CHANGED)
    assert not Invitation.objects.exists()
    assert not Upload.objects.exists()


def test_a_file_that_is_gone_is_said_to_be(trial: Trial, kim: User) -> None:
    file = checked(trial, kim, csv_of(PEOPLE))
    job = start_invitations(file, kim)
    Upload.objects.all().delete()
    assert run(job) == ("failed", work.GONE)
    emptied = upload(trial, kim, csv_of(PEOPLE))
    uploads.throw_content_away(emptied)
    assert run(start_check(emptied, kim)) == ("failed", work.GONE)


def test_a_worker_that_dies_after_storing_invites_nobody_twice(trial: Trial, kim: User) -> None:
    job = start_invitations(checked(trial, kim, csv_of(PEOPLE)), kim)
    run(job)
    Job.objects.filter(pk=job.pk).update(state="waiting", ended_at=None)
    state, message = run(job)
    assert (state, message.startswith("2 people are invited")) == ("done", True)
    assert Invitation.objects.count() == 2
    assert Job.objects.filter(kind=work.SEND).count() == 1


def test_trouble_of_the_database_keeps_the_file_for_the_next_try(
    trial: Trial, kim: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = start_invitations(checked(trial, kim, csv_of(PEOPLE)), kim)
    whole = storing.invite

    def fail(**said: Any) -> int:
        whole(**said)
        raise OperationalError

    monkeypatch.setattr(storing, "invite", fail)
    with pytest.raises(OperationalError):
        jobs.run_next(WORK)
    assert not Invitation.objects.exists()
    monkeypatch.setattr(storing, "invite", whole)
    assert run(job)[0] == "done"
    assert Invitation.objects.count() == 2


@pytest.mark.parametrize("kind", [work.CHECK, work.INVITE])
def test_stopped_work_leaves_nothing(
    trial: Trial, kim: User, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [[f"p{number}@example.com"] for number in range(1200)]
    file = upload(trial, kim, csv_of([["email"], *rows]))
    job = jobs.ask(kind=kind, by=kim, trial=trial, given={"upload": file.pk})

    def stopping(job: Job, report: jobs.Report) -> str:
        def stop(done: int, total: int) -> None:
            assert 0 < done <= total
            raise jobs.Stopped

        return WORK[kind](job, stop)

    assert jobs.run_next({kind: stopping})
    job.refresh_from_db()
    assert (job.state, job.message) == ("cancelled", jobs.STOPPED)
    assert not Upload.objects.exists()
    assert not Invitation.objects.exists()


def invite(trial: Trial, kim: User) -> Job:
    """Have people invited; return the job that sends their emails."""
    run(start_invitations(checked(trial, kim, csv_of(PEOPLE)), kim))
    job = work.sending_job(trial)
    assert job
    return job


def test_a_mail_server_that_is_down_is_no_failure(
    trial: Trial, kim: User, server: type[MailServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "EMAILS_BETWEEN_COUNTS", 1)
    server.breaks["pat"] = [ConnectionResetError("reset")]
    server.breaks["dot"] = []
    first = invite(trial, kim)
    server.down = ConnectionRefusedError("refused")
    assert run(first) == ("done", f"0 of 2 emails are sent. {work.LATER}")
    server.down = None
    assert sending.send_waiting(seconds=60) is False
    assert sending.send_waiting(seconds=60)
    assert [email.to[0] for email in mail.outbox] == ["dot.spoon@example.com"]


def test_sending_can_be_stopped_and_taken_up_again(trial: Trial, kim: User) -> None:
    job = invite(trial, kim)

    def stopping(job: Job, report: jobs.Report) -> str:
        def stop(done: int, total: int) -> None:
            raise jobs.Stopped

        return work.send(job, stop)

    assert jobs.run_next({work.SEND: stopping})
    job.refresh_from_db()
    assert (job.state, job.message) == ("done", work.HELD)
    sending.send_waiting(seconds=60)
    assert not mail.outbox
    again = start_sending(trial, kim)
    assert start_sending(trial, kim) == again
    assert run(again) == ("done", "All emails are sent.")
    assert again.total == 0
    assert len(mail.outbox) == 2


def test_what_is_left_after_the_second_job_is_not_counted(
    trial: Trial, kim: User, server: type[MailServer]
) -> None:
    invite(trial, kim)
    server.down = ConnectionRefusedError("refused")
    jobs.run_next(WORK)
    assert run(start_sending(trial, kim)) == ("done", work.LATER)


def test_a_nudge_says_the_same_whoever_has_answered(
    trial: Trial, kim: User, server: type[MailServer]
) -> None:
    nobody = start_nudge(trial, kim)
    assert start_nudge(trial, kim) == nobody
    assert run(nobody) == ("done", work.REMINDED)
    assert run(start_nudge(trial, kim)) == ("done", work.REMINDED)
    run(invite(trial, kim))
    mail.outbox.clear()
    Invitation.objects.update(mail="waiting", nudged_at=kim.date_joined)
    server.down = ConnectionRefusedError("refused")
    waiting = start_nudge(trial, kim)
    assert run(waiting) == ("done", work.REMINDED)
    assert (waiting.done, waiting.total) == (0, 0)


def test_twenty_thousand_rows_are_checked(trial: Trial, kim: User) -> None:
    rows = [[f"p{number}@example.com", "Treasury"] for number in range(20_000)]
    rows[12_345][1] = "Tresury"
    file = checked(trial, kim, csv_of([PEOPLE[0], *rows]))
    assert file.report["rows"] == 20_000
    assert [fault[0] for fault in file.report["shown"]] == [12_347]


def test_who_could_never_be_drawn_is_not_invited(trial: Trial, kim: User) -> None:
    arms = [{"name": "a", "ai": False, "ratio": 1}, {"name": "b", "ai": True, "ratio": 1}]
    design = {"kind": "cluster", "unit": "team", "arms": arms, "stratify_by": ["department"]}
    teams = make_trial("teams", design=design)
    treasury = Department.objects.create(trial=teams, name="Treasury")
    Department.objects.create(trial=teams, name="Home Teapots")
    Invitation.objects.create(
        trial=teams, user=kim, team="Sugar", department=treasury, invited_at=timezone.now()
    )
    rows = [
        ["dot.spoon@example.com", "Treasury", ""],
        ["pat.pot@example.com", "Home Teapots", "Sugar"],
        ["lee.ladle@example.com", "Home Teapots", "Milk"],
    ]
    file = checked(teams, kim, csv_of([["email", "department", "team"], *rows]))
    assert [(row, column) for row, column, _ in file.report["shown"]] == [(2, "team"), (3, "team")]
    # Where chance decides for each person, nobody needs a team.
    assert not checked(trial, kim, csv_of(PEOPLE)).report["faults"]
