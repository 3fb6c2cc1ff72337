"""From asking for a report to everybody who reads it, and back."""

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from measurement import planning, publishing
from measurement.models import Job, Membership, Publication, ReportFile, Role, Trial, User
from tests.dashboards.conftest import SMALL_GROUP, Led
from tests.people import make_trial, make_user

pytestmark = pytest.mark.django_db
MADE = [
    ("report.pdf", "application/pdf", b"%PDF-1.7"),
    ("report.ods", "application/vnd.oasis.opendocument.spreadsheet", b"PK"),
    ("departments.svg", "image/svg+xml", b"<svg/>"),
    ("departments.png", "image/png", b"x" * 2_000_000),
    ("departments.csv", "text/csv; charset=utf-8", b"a"),
    ("all-results.csv", "text/csv; charset=utf-8", b"ab"),
]
"""Some files of a report, as its worker keeps them."""
TICKED = {"read": "true", "anyhow": "true", "approve": "yes"}
QUERIES_PER_PAGE = 12


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def pat(led: Led) -> Client:
    """Have the browser of the lead, whose plan is locked."""
    planning.lock(trial=led.trial, by=led.lead)
    return client_of(led.lead)


@pytest.fixture
def kim(led: Led) -> Client:
    """Have the browser of another lead."""
    return client_of(make_user("kim.kettle@example.com", (Role.LEAD, led.trial)))


@pytest.fixture
def page(led: Led) -> str:
    """Have the address of the page on which the trial is published."""
    return f"/trials/{led.trial.slug}/publish/"


@pytest.fixture
def asked(pat: Client, page: str) -> Publication:
    """Have a report that the lead asked for, with its files."""
    assert pat.post(page).headers["Location"] == f"{page}1/"
    publication = Publication.objects.get()
    publishing.keep_files(publication, MADE)
    Job.objects.update(state=Job.State.DONE, ended_at=publication.asked_at, message="All made.")
    return publication


@pytest.fixture
def public(asked: Publication, kim: Client, page: str) -> Publication:
    """Have a report that somebody else approved."""
    assert kim.post(f"{page}1/", TICKED).headers["Location"] == page
    return Publication.objects.get()


def seen(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, address
    return visible(response)


def visible(response: Any) -> str:
    without = re.sub(r"<script.*?</script>|<[^>]+>", " ", response.content.decode(), flags=re.S)
    return re.sub(r"\s+", " ", without)


def test_nobody_can_ask_before_the_plan_is_locked(led: Led, page: str) -> None:
    lead = client_of(led.lead)
    assert "Lock the plan first" in seen(lead, page)
    assert f"/trials/{led.trial.slug}/set-up/check/" in lead.get(page).content.decode()
    assert "Ask for a report" not in seen(lead, page)
    assert "Lock the plan first" in visible(lead.post(page, follow=True))
    assert not Publication.objects.exists()


def test_a_report_is_asked_for_read_and_approved_by_another(
    led: Led, pat: Client, kim: Client, page: str
) -> None:
    assert "Ask for a report" in seen(pat, page)
    pat.post(page)
    assert "They are being made" in seen(pat, f"{page}1/")
    publication = Publication.objects.get()
    assert publishing.files_job(publication) is not None
    assert "another lead of the trial has to approve it" in seen(pat, f"{page}1/")
    early = kim.post(f"{page}1/", TICKED)
    assert early.status_code == 422
    assert "The files of this report are not made yet" in visible(early)
    publishing.keep_files(publication, MADE)
    assert "Approve and publish" in seen(kim, f"{page}1/")
    kim.post(f"{page}1/", TICKED)
    assert Publication.objects.get().is_public
    assert "Report 1 is public" in seen(kim, page)
    assert seen(Client(), f"/reports/{led.trial.slug}/").count("What these figures cannot say") == 2


def test_whoever_asked_does_not_approve(asked: Publication, pat: Client, page: str) -> None:
    assert "Approve and publish" not in seen(pat, f"{page}1/")
    response = pat.post(f"{page}1/", TICKED)
    assert response.status_code == 422
    assert "somebody else has to approve it" in visible(response)
    assert Publication.objects.get().waits


def test_nothing_is_approved_unread(asked: Publication, kim: Client, page: str) -> None:
    response = kim.post(f"{page}1/", {"approve": "yes"})
    assert response.status_code == 422
    assert "Tick the box once you have read the report" in visible(response)
    assert Publication.objects.get().waits


def test_a_failed_check_is_published_by_nobody_without_knowing(
    led: Led, pat: Client, kim: Client, page: str
) -> None:
    pat.post(page)
    publication = Publication.objects.get()
    document = publication.document
    document["checks"][0] |= {"verdict": "fail", "message": "Teapots leaked."}
    publication.save()
    publishing.keep_files(publication, MADE)
    response = kim.post(f"{page}1/", {"read": "true", "approve": "yes"})
    assert response.status_code == 422
    assert "A check failed. Tick the box" in visible(response)
    kim.post(f"{page}1/", TICKED)
    report = seen(Client(), f"/reports/{led.trial.slug}/")
    assert report.index("Teapots leaked.") < report.rindex("What these figures cannot say")


def test_a_report_is_not_published_for_a_reason(
    asked: Publication, kim: Client, page: str, led: Led
) -> None:
    response = kim.post(f"{page}1/", {"refuse": "yes", "reason": " "})
    assert response.status_code == 422
    assert "Enter why" in visible(response)
    kim.post(f"{page}1/", {"refuse": "yes", "reason": "A kettle is missing."})
    listed = seen(kim, page)
    assert "Report 1: not published" in listed
    assert "Why A kettle is missing." in listed
    assert Client().get(f"/reports/{led.trial.slug}/").status_code == 404
    assert kim.get(f"{page}1/report.pdf").status_code == 404


@pytest.mark.parametrize("sent", [TICKED, {"refuse": "yes", "reason": "Late."}, None])
def test_a_page_left_open_says_that_another_has_decided(
    asked: Publication, kim: Client, page: str, sent: dict[str, str] | None
) -> None:
    kim.post(f"{page}1/", {"refuse": "yes", "reason": "A kettle is missing."})
    seen(kim, page)
    address = f"{page}1/"
    response = kim.post(address, sent, follow=True) if sent else kim.get(address, follow=True)
    assert response.redirect_chain == [(page, 302)]
    assert "Report 1 has been decided meanwhile" in visible(response)
    assert kim.get(f"{page}2/").status_code == 404
    asked.refresh_from_db()
    assert asked.ended_because == "A kettle is missing."


def test_a_lead_alone_is_told_who_could_approve(
    led: Led, pat: Client, page: str, request: pytest.FixtureRequest
) -> None:
    Membership.objects.filter(trial=led.trial).exclude(user=led.lead).delete()
    alone = "Give somebody the role of a lead"
    assert alone in seen(pat, page)
    pat.post(page)
    assert alone in seen(pat, f"{page}1/")
    request.getfixturevalue("kim")
    assert alone not in seen(pat, f"{page}1/")
    Publication.objects.update(ended_at=timezone.now(), ended_because="Late.")
    assert alone not in seen(pat, page)


def test_two_who_decide_at_once_are_told(
    asked: Publication, kim: Client, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page finds the report waiting; by the time of the decision another one has decided."""
    found = publishing.waiting

    def decided_meanwhile(trial: Trial) -> Publication | None:
        waiting = found(trial)
        Publication.objects.update(ended_at=asked.asked_at, ended_because="Late.")
        return waiting

    monkeypatch.setattr(publishing, "waiting", decided_meanwhile)
    response = kim.post(f"{page}1/", TICKED)
    assert "has decided about this report meanwhile" in visible(response)
    Publication.objects.update(ended_at=None, ended_because="")
    response = kim.post(f"{page}1/", {"refuse": "yes", "reason": "Late."})
    assert "has decided about this report meanwhile" in visible(response)
    Publication.objects.update(ended_at=None, ended_because="")
    response = kim.post(f"{page}1/", {"make": "yes"}, follow=True)
    assert "has decided about this report meanwhile" in visible(response)


def test_files_that_failed_are_made_again(asked: Publication, pat: Client, page: str) -> None:
    Job.objects.update(state=Job.State.FAILED, message="The kettle boiled over.")
    again = "Make the files again"
    assert again not in seen(pat, f"{page}1/")
    ReportFile.objects.filter(name="report.pdf").delete()
    assert "The kettle boiled over." in seen(pat, f"{page}1/")
    assert again in seen(pat, f"{page}1/")
    address = pat.post(f"{page}1/", {"make": "yes"}).headers["Location"]
    progress = seen(pat, address)
    assert "Making the files of the report" in progress
    Job.objects.update(state=Job.State.DONE, ended_at=asked.asked_at)
    assert f'href="{page}"' in pat.get(address).content.decode()


def test_everybody_reads_a_public_report(public: Publication, led: Led) -> None:
    visitor = Client()
    report = seen(visitor, f"/reports/{led.trial.slug}/")
    assert re.search(r"Report 1, published on \d+ \w+ \d+\. Figures as of", report)
    for words in (
        "Simulated data",
        "The people and figures of this trial are invented",
        "How it was found out",
        "in an order that chance decided",
        "What became of the task logs",
        "Checks of the trial",
        "after the trial had ended, so the analysis may have been chosen after all of the data",
        "Changes since the plan was locked",
        "Download the whole report (PDF, 1 KB)",
        "Download departments (PNG picture, 1.9 MB)",
        "Download departments (SVG picture, 1 KB)",
        "Download all results (CSV, 1 KB)",
    ):
        assert words in report
    assert public.document["plan_sha256"] in report
    assert "@example.com" not in report
    assert "7777" not in report
    assert re.search(rf"{SMALL_GROUP} \[c\]", report)
    assert led.trial.title in seen(visitor, "/reports/")


def test_changes_of_the_plan_stand_in_a_report_without_names(public: Publication, led: Led) -> None:
    at = "2026-03-02T09:00:00+00:00"
    change = {"what": "plan.confidence", "from": 0.95, "to": 0.9, "when": at, "why": "Tea first."}
    public.document |= {
        "plan_locked_at": at,
        "plan_locked_by": "kim.kettle@example.com",
        "deviations": [change | {"who": "pat.pot@example.com"}],
    }
    public.save()
    report = seen(Client(), f"/reports/{led.trial.slug}/")
    assert "The plan was locked on 2 March 2026 at 9:00am by those who run the trial" in report
    assert (
        "Confidence of intervals 95% 90% those who run the trial 2 March 2026 at 9:00am Tea first."
        in report
    )
    assert "@example.com" not in report


def test_a_page_of_a_report_asks_little(
    public: Publication, led: Led, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(QUERIES_PER_PAGE):
        Client().get(f"/reports/{led.trial.slug}/")
    with django_assert_max_num_queries(QUERIES_PER_PAGE):
        Client().get("/reports/")


def test_what_leads_read_asks_little(
    asked: Publication,
    kim: Client,
    page: str,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_max_num_queries(QUERIES_PER_PAGE):
        kim.get(page)
    with django_assert_max_num_queries(QUERIES_PER_PAGE):
        kim.get(f"{page}1/")


def test_files_are_sent_as_they_were_made(public: Publication, led: Led) -> None:
    for name, kind, content in MADE:
        response = Client().get(f"/reports/{led.trial.slug}/1/{name}")
        assert (response.content, response.headers["Content-Type"]) == (content, kind)
        saved_as = f'attachment; filename="{led.trial.slug}-report-1-{name}"'
        assert response.headers["Content-Disposition"] == saved_as
    for address in ("1/no.csv", "2/report.pdf", "2/"):
        assert Client().get(f"/reports/{led.trial.slug}/{address}").status_code == 404


def test_only_another_lead_is_told_to_decide(
    asked: Publication, pat: Client, kim: Client, page: str
) -> None:
    assert "See report 1" in seen(pat, page)
    assert "Read report 1 and decide" in seen(kim, page)


def test_leads_read_the_files_of_what_waits(asked: Publication, kim: Client, page: str) -> None:
    assert kim.get(f"{page}1/report.pdf").content == b"%PDF-1.7"
    assert kim.get(f"{page}1/report.txt").status_code == 404
    assert kim.get(f"{page}2/report.pdf").status_code == 404


def test_nobody_else_sees_what_waits(asked: Publication, page: str, led: Led) -> None:
    assert Client().get(f"/reports/{led.trial.slug}/").status_code == 404
    assert Client().get(f"/reports/{led.trial.slug}/1/report.pdf").status_code == 404
    assert "There are no published reports" in seen(Client(), "/reports/")
    stranger = client_of(make_user("olly.other@example.com", (Role.LEAD, make_trial())))
    for address in (page, f"{page}1/", f"{page}1/report.pdf", f"{page}1/withdraw/"):
        assert stranger.get(address).status_code == 404


def test_a_withdrawn_report_says_so_and_shows_no_figure(
    public: Publication, pat: Client, page: str, led: Led
) -> None:
    assert "Withdraw report 1" in seen(pat, f"{page}1/withdraw/")
    response = pat.post(f"{page}1/withdraw/", {"reason": ""})
    assert (response.status_code, Publication.objects.get().is_public) == (422, True)
    pat.post(f"{page}1/withdraw/", {"reason": "The kettles were cold.\nAll of them."})
    withdrawn = seen(Client(), f"/reports/{led.trial.slug}/")
    assert "Report 1 was withdrawn on" in withdrawn
    assert "The kettles were cold. All of them." in withdrawn
    assert "confidence interval" not in withdrawn
    assert Client().get(f"/reports/{led.trial.slug}/1/report.pdf").status_code == 404
    assert not ReportFile.objects.exists()
    assert "There are no published reports" in seen(Client(), "/reports/")
    assert pat.get(f"{page}1/withdraw/").status_code == 404
    assert "Report 1: withdrawn" in seen(pat, page)
    assert f"Withdrawn By {led.lead.email} on" in seen(pat, page)


def test_older_reports_keep_their_address(
    public: Publication, pat: Client, kim: Client, page: str, led: Led
) -> None:
    pat.post(page)
    publishing.keep_files(Publication.objects.get(number=2), MADE)
    kim.post(f"{page}2/", TICKED)
    newest = seen(Client(), f"/reports/{led.trial.slug}/")
    assert "Report 2, published on" in newest
    assert "Report 1, published on" in newest  # among the others
    older = seen(Client(), f"/reports/{led.trial.slug}/1/")
    assert "There is a newer report of this trial" in older
    pat.post(f"{page}2/withdraw/", {"reason": "Cold."})
    assert "Report 2 was withdrawn" in seen(Client(), f"/reports/{led.trial.slug}/")
    assert "There are no published reports" in seen(Client(), "/reports/")
    assert "Report 1, published on" in seen(Client(), f"/reports/{led.trial.slug}/1/")


def test_a_report_before_the_read_out_says_that_it_is_not_final(
    asked: Publication, kim: Client, page: str, led: Led
) -> None:
    definition = asked.definition
    definition["plan"]["read_out_on"] = "2999-01-01"
    Publication.objects.update(definition=definition, replanned=True)
    report = seen(kim, f"{page}1/")
    assert "Not final: the results are to be read on 1 January 2999" in report
    assert "The plan was changed after these figures were worked out" in report


def test_who_asked_may_be_gone(asked: Publication, kim: Client, page: str, led: Led) -> None:
    led.lead.delete()
    assert "Somebody asked for it on" in seen(kim, f"{page}1/")
    assert "By somebody whose account is gone on" in seen(kim, page)
