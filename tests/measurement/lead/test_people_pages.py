"""The pages with which a lead invites people."""

import datetime
import re

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from measurement import jobs, planning, uploads
from measurement.models import (
    AuditEvent,
    Department,
    Invitation,
    Job,
    Membership,
    PrivacyNotice,
    Role,
    Trial,
    Upload,
    User,
)
from measurement.people import work
from measurement.tasks import WORK
from tests.measurement.people.files import csv_of, xlsx_of
from tests.people import make_trial, make_user, publish_notice

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/trials/teapot/people/"
PEOPLE = [["email", "department"], ["dot.spoon@example.com", "Treasury"]]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Watch every fiftieth of a second: a test should not wait for the beat."""
    monkeypatch.setattr(jobs, "SECONDS_BETWEEN_BEATS", 0.02)


@pytest.fixture
def trial() -> Trial:
    trial = make_trial()
    Department.objects.create(trial=trial, name="Treasury")
    publish_notice(trial)
    return trial


@pytest.fixture
def kim(trial: Trial) -> User:
    kim = make_user("kim.kettle@example.com", (Role.LEAD, trial))
    planning.lock(trial=trial, by=kim)
    return kim


@pytest.fixture
def visitor(client: Client, kim: User) -> Client:
    client.force_login(kim)
    return client


def page_of(client: Client, address: str = PAGE) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def words(page: str) -> str:
    """Return what stands on the page, without its elements."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def send(client: Client, content: bytes, name: str = "people.csv", address: str = PAGE) -> Job:
    """Upload a file and have it checked; return the job."""
    response = client.post(address, {"file": SimpleUploadedFile(name, content)})
    assert response.status_code == 302
    job = Job.objects.latest("pk")
    assert response.headers["Location"] == f"/progress/{job.pk}/"
    jobs.run_next(WORK)
    return job


def went_on(client: Client, job: Job) -> str:
    """Return where the page of work that has ended leads on to."""
    found = re.search(r'href="([^"]+)">Go on<', page_of(client, f"/progress/{job.pk}/"))
    assert found
    return found.group(1)


def invited(trial: Trial, number: int, **fields: object) -> None:
    for one in range(number):
        user = User.objects.create_user(email=f"p{User.objects.count()}-{one}@example.com")
        Invitation.objects.create(trial=trial, user=user, invited_at=timezone.now(), **fields)
        AuditEvent.objects.create(trial_slug=trial.slug, act="invite", subject=f"user {user.pk}")


def test_a_file_with_faults_leads_to_its_report(visitor: Client) -> None:
    job = send(visitor, csv_of([PEOPLE[0], ["dot", "<Tresury>"]]))
    report = went_on(visitor, job)
    page = page_of(visitor, report)
    assert "The file has faults" in page
    assert "&#34;&lt;Tresury&gt;&#34; is not in the trial" in page
    assert "did you mean &#34;Treasury&#34;?" in page
    assert ">Invite " not in words(page)
    response = visitor.get(f"{report}faults.csv")
    assert response.headers["Content-Disposition"] == (
        'attachment; filename="teapot-people-faults.csv"'
    )
    assert response.content.decode("utf-8-sig").splitlines()[0] == "row,column,fault"
    assert visitor.post(report).status_code == 200
    assert not Job.objects.filter(kind=work.INVITE).exists()


@pytest.mark.parametrize("content", [csv_of(PEOPLE), xlsx_of(PEOPLE)], ids=["csv", "xlsx"])
@pytest.mark.parametrize("name", ["people.csv", "../../x\x00.exe", "people.xlsx"])
def test_a_right_file_invites_whatever_its_name_is(
    visitor: Client, content: bytes, name: str
) -> None:
    report = went_on(visitor, send(visitor, content, name))
    page = page_of(visitor, report)
    assert "Invite 1 person" in page
    assert visitor.get(f"{report}faults.csv").status_code == 404
    response = visitor.post(report)
    job = Job.objects.get(kind=work.INVITE)
    assert response.headers["Location"] == f"/progress/{job.pk}/"
    jobs.run_next(WORK)
    assert "1 person is invited" in page_of(visitor, f"/progress/{job.pk}/")
    assert went_on(visitor, job) == PAGE
    assert Invitation.objects.get().user.email == "dot.spoon@example.com"
    assert visitor.get(report).status_code == 404
    assert "Emails are being sent" in page_of(visitor)


def test_who_was_invited_before_is_said(visitor: Client) -> None:
    for _ in range(2):
        report = went_on(visitor, send(visitor, csv_of([*PEOPLE, PEOPLE[1]])))
        visitor.post(report)
        while jobs.run_next(WORK):
            pass
    report = went_on(visitor, send(visitor, csv_of([*PEOPLE, PEOPLE[1]])))
    page = words(page_of(visitor, report))
    assert "People to invite 0 Were invited before 1 Rows that repeat another 1" in page
    assert "There is nobody to invite" in page
    visitor.post(report)
    assert Job.objects.filter(kind=work.INVITE).count() == 1


def test_without_a_notice_and_a_locked_plan_a_file_is_checked_only(visitor: Client) -> None:
    bare = make_trial("bare")
    Department.objects.create(trial=bare, name="Treasury")
    kim = User.objects.get()
    kim.membership_set.create(trial=bare, role=Role.LEAD)
    page = page_of(visitor, "/trials/bare/people/")
    assert "The trial has not published a privacy notice" in page
    assert "The plan is not locked" in page
    job = send(visitor, csv_of(PEOPLE), address="/trials/bare/people/")
    report = went_on(visitor, job)
    page = page_of(visitor, report)
    assert "The plan is not locked" in page
    assert "Invite 1 person" not in page
    visitor.post(report)
    assert not Job.objects.filter(kind=work.INVITE).exists()
    planning.lock(trial=bare, by=kim)
    publish_notice(bare)
    assert "Invite 1 person" in page_of(visitor, report)


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (None, "Select a file"),
        (b"", "The file is empty"),
        (b"x" * 5_000_001, "The file must be smaller than 5 MB"),
        (b"x" * 6_000_000, "The file must be smaller than 5 MB"),
    ],
)
def test_what_cannot_be_taken_is_said(visitor: Client, content: bytes | None, error: str) -> None:
    data = {} if content is None else {"file": SimpleUploadedFile("x", content)}
    response = visitor.post(PAGE, data)
    page = response.content.decode()
    assert response.status_code == 422
    assert re.search(r"<title>\s*Error: People", page)
    assert f'<a href="#id_file">{error}</a>' in page
    assert not Upload.objects.exists()


def test_what_cannot_be_read_leads_back(visitor: Client) -> None:
    job = send(visitor, b"\x89PNG")
    assert "neither CSV in UTF-8 nor XLSX" in page_of(visitor, f"/progress/{job.pk}/")
    assert went_on(visitor, job) == PAGE


def test_the_lists_and_the_empty_file_are_there(visitor: Client) -> None:
    page = page_of(visitor)
    assert "<li>Treasury</li>" in page
    assert "The trial has none, so this column stays empty" in page
    response = visitor.get(f"{PAGE}template.csv")
    assert response.content == b"\xef\xbb\xbfemail,department,team,grade,profession\r\n"
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert "no-store" in response.headers["Cache-Control"]


def test_counts_are_rounded_and_withheld(visitor: Client, trial: Trial) -> None:
    page = words(page_of(visitor))
    assert "Nobody has been invited yet" in page
    assert "Remind those" not in page
    invited(trial, 9, mail="none", team="x")
    page = words(page_of(visitor))
    assert "Invited Not shown Take part Not shown Declined Not shown" in page
    Invitation.objects.all().delete()
    assert words(page_of(visitor)) == page
    now = timezone.now()
    invited(trial, 23, accepted=True, answered_at=now)
    page = words(page_of(visitor))
    assert "Invited About 25 Take part Not shown Declined Not shown" in page
    invited(trial, 11)
    page = words(page_of(visitor))
    assert "Invited About 35 Take part About 25 Declined Not shown" in page
    assert "Have not answered Not shown" in page


def test_people_are_reminded_by_one_press_a_week(visitor: Client, trial: Trial) -> None:
    invited(trial, 11)
    assert "Remind those who have not answered" in page_of(visitor)
    response = visitor.post(f"{PAGE}remind/")
    job = Job.objects.get(kind=work.NUDGE)
    assert response.headers["Location"] == f"/progress/{job.pk}/"
    jobs.run_next(WORK)
    page = page_of(visitor)
    assert "People were last reminded on" in page
    assert "Remind those who have not answered" not in page
    response = visitor.post(f"{PAGE}remind/", follow=True)
    assert "People were reminded less than a week ago." in response.content.decode()
    assert Job.objects.filter(kind=work.NUDGE).count() == 1
    assert AuditEvent.objects.filter(act="nudge_invited").count() == 1
    with time_machine.travel(timezone.now() + datetime.timedelta(days=7, minutes=1)):
        visitor.force_login(User.objects.get(email="kim.kettle@example.com"))
        assert "Remind those who have not answered" in page_of(visitor)


def test_emails_that_are_kept_back_are_sent_by_a_press(visitor: Client, trial: Trial) -> None:
    invited(trial, 1, mail="held")
    assert "some emails are kept back" in page_of(visitor)
    response = visitor.post(f"{PAGE}send/")
    assert response.headers["Location"] == f"/progress/{Job.objects.get(kind=work.SEND).pk}/"
    assert Invitation.objects.get().mail == "waiting"
    assert "Emails are being sent" in page_of(visitor)
    Job.objects.all().delete()
    assert "Some emails wait for the mail server" in page_of(visitor)


def test_refused_addresses_are_mentioned(visitor: Client, trial: Trial) -> None:
    invited(trial, 1, mail="refused", emailed_at=timezone.now())
    assert "The mail server refused some addresses" in page_of(visitor)


@pytest.mark.parametrize("name", ["remind", "send"])
def test_looking_sends_nothing(visitor: Client, trial: Trial, name: str) -> None:
    invited(trial, 1, mail="held")
    response = visitor.get(f"{PAGE}{name}/")
    assert (response.status_code, response.headers["Location"]) == (302, PAGE)
    assert not Job.objects.exists()
    assert Invitation.objects.get().mail == "held"


def test_another_trials_file_is_not_there(visitor: Client, kim: User, trial: Trial) -> None:
    other = make_trial("kettle")
    upload = uploads.store(
        SimpleUploadedFile("x", csv_of(PEOPLE)),
        kind=Upload.Kind.PEOPLE,
        by=kim,
        trial=other,
        max_bytes=10**6,
    )
    Upload.objects.update(report={"faults": 0, "new": 1}, faults="x")
    for address in (f"{PAGE}{upload.pk}/", f"{PAGE}{upload.pk}/faults.csv"):
        assert visitor.get(address).status_code == 404
        assert visitor.post(address).status_code == 404
    Upload.objects.update(trial=trial, report={})
    assert visitor.get(f"{PAGE}{upload.pk}/").status_code == 404


def test_a_day_later_the_report_is_not_there(visitor: Client, kim: User) -> None:
    report = went_on(visitor, send(visitor, csv_of([PEOPLE[0], ["dot", ""]])))
    with time_machine.travel(timezone.now() + datetime.timedelta(days=1, minutes=1)):
        visitor.force_login(kim)
        assert visitor.get(report).status_code == 404


def test_pages_cost_few_queries(
    visitor: Client, trial: Trial, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    invited(trial, 30)
    report = went_on(visitor, send(visitor, csv_of([PEOPLE[0], *([["x", "y"]] * 100)])))
    with django_assert_max_num_queries(14):
        page_of(visitor)
    with django_assert_max_num_queries(8):
        page_of(visitor, report)


def test_the_notice_is_asked_for_by_name(visitor: Client) -> None:
    PrivacyNotice.objects.all().delete()
    page = page_of(visitor)
    assert "The trial has not published a privacy notice" in page
    assert "The plan is not locked" not in page


def test_a_trial_that_is_over_invites_nobody_and_asks_for_no_file(
    visitor: Client, trial: Trial
) -> None:
    invited(trial, 30)
    trial.ends_on = timezone.localdate()
    trial.save()
    assert "Upload and check" in page_of(visitor)
    assert "Remind those who have not answered" in page_of(visitor)
    trial.ends_on -= datetime.timedelta(days=1)
    trial.save()
    page = page_of(visitor)
    assert "Nobody can join a trial that is over" in page
    assert 'href="/trials/teapot/set-up/dates/"' in page
    for words_of_before in ("Upload and check", "Remind those", "People may be invited once"):
        assert words_of_before not in page


def test_the_page_says_that_every_row_needs_what_is_drawn(visitor: Client, kim: User) -> None:
    arms = [{"name": "a", "ai": False, "ratio": 1}, {"name": "b", "ai": True, "ratio": 1}]
    trial = make_trial("teams", design={"kind": "cluster", "unit": "team", "arms": arms})
    Membership.objects.create(user=kim, trial=trial, role=Role.LEAD)
    page = visitor.get("/trials/teams/people/").content.decode()
    assert "Any name. Every row needs one: chance decides for each team as a whole" in page
    assert "Any name, or nothing" in visitor.get(PAGE).content.decode()
