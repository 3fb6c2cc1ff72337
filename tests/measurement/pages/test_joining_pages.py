"""The pages from the invitation to the first log."""

import datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from measurement import enrolment, inviting, notices
from measurement.models import (
    BaselineAnswer,
    Department,
    DirtyMark,
    Grade,
    Invitation,
    NoticeAcceptance,
    Participant,
    PrivacyNotice,
    TaskLog,
    Trial,
)
from tests.measurement.pages.page import Page, answers
from tests.people import make_participant, make_trial, make_user, publish_notice

pytestmark = pytest.mark.django_db
EMAIL = "dot.teaspoon@example.com"


@pytest.fixture
def invitation(trial: Trial) -> Invitation:
    """Have somebody invited to the trial."""
    publish_notice(trial)
    return inviting.invite(trial=trial, email=EMAIL, actor=None)


@pytest.fixture
def link(invitation: Invitation) -> str:
    """Have the address in the email."""
    return reverse("join", args=[inviting.token_of(invitation)])


@pytest.fixture
def dot(client: Client, invitation: Invitation) -> Client:
    """Have a client in which the invited person is signed in."""
    client.force_login(invitation.user)
    return client


def press(client: Client, link: str, act: str = "join", **fields: str) -> Any:
    newest = PrivacyNotice.objects.latest("version")
    return client.post(link, {"act": act, "version": str(newest.version), **fields})


def test_the_link_says_what_it_is_about_and_leads_back_after_sign_in(
    client: Client, link: str, trial: Trial
) -> None:
    page = Page(client.get(link))
    assert trial.title in page.text
    assert EMAIL not in page.text
    sign_in = next(href for href in page.all("href") if "next=" in href)
    page = Page(client.get(sign_in))
    assert link in page.all("value")


def test_a_stranger_who_posts_joins_nothing(client: Client, link: str) -> None:
    press(client, link)
    assert not Participant.objects.exists()


def test_the_invited_person_reads_the_notice_and_joins(
    dot: Client, link: str, trial: Trial
) -> None:
    page = Page(dot.get(link))
    for words in (
        "Department of Teapots",
        "privacy@teapots.example.com",
        "Article 6(1)(e)",
        "Version 1 of this notice",
    ):
        assert words in page.text
    assert press(dot, link)["Location"] == "/baseline/?trial=teapot"
    participant = Participant.objects.get()
    assert (participant.trial, participant.enrolled_on) == (trial, timezone.localdate())
    assert NoticeAcceptance.objects.get().participant == participant
    assert dot.get("/log/").status_code == 200
    assert dot.get(link)["Location"] == "/log/?trial=teapot"


def test_the_start_page_leads_to_the_invitation_until_it_is_answered(
    dot: Client, link: str
) -> None:
    token = dot.get("/")["Location"].removeprefix("/join/").rstrip("/")
    assert inviting.invitation_of(token) == Invitation.objects.get()
    press(dot, link, "decline")
    assert dot.get("/").status_code == 200


def test_who_takes_part_already_is_not_led_to_the_invitation(
    dot: Client, invitation: Invitation
) -> None:
    enrolment.enrol(trial=invitation.trial, user=invitation.user, actor=None)
    assert dot.get("/")["Location"] == "/log/"


def test_the_start_page_leads_to_no_invitation_that_is_over(dot: Client, trial: Trial) -> None:
    trial.ends_on = timezone.localdate() - datetime.timedelta(days=1)
    trial.save()
    assert dot.get("/").status_code == 200


def test_a_notice_that_changed_meanwhile_is_read_again(
    dot: Client, link: str, trial: Trial
) -> None:
    publish_notice(trial)
    answer = press(dot, link, version="1")
    assert answer.status_code == 200
    assert "The privacy notice changed while you read it" in Page(answer).text
    assert "Version 2" in Page(answer).text
    assert not Participant.objects.exists()


def test_who_declines_is_no_participant(dot: Client, link: str) -> None:
    assert "You do not take part" in Page(press(dot, link, "decline")).title
    assert not Participant.objects.exists()
    assert Invitation.objects.get().accepted is False
    assert press(dot, link).status_code == 302


def test_who_takes_part_already_cannot_decline_but_leave(
    dot: Client, link: str, invitation: Invitation
) -> None:
    enrolment.enrol(trial=invitation.trial, user=invitation.user, actor=None)
    assert press(dot, link, "decline")["Location"] == "/my-data/withdraw/?trial=teapot"
    assert Invitation.objects.get().accepted is None


def test_no_other_button_is_there(dot: Client, link: str) -> None:
    assert press(dot, link, "marry").status_code == 400


def test_somebody_else_cannot_use_the_invitation(client: Client, link: str) -> None:
    client.force_login(make_user("pat.kettle@example.com"))
    for answer in (client.get(link), press(client, link)):
        assert answer.status_code == 403
        assert EMAIL not in Page(answer).text
    assert not Participant.objects.exists()


@pytest.mark.parametrize("token", ["x", "1:a:b", "é", "a" * 3000])
def test_a_link_that_is_none_says_so(client: Client, token: str) -> None:
    answer = client.get(reverse("join", args=[token]))
    assert answer.status_code == 404
    assert Page(answer).title.startswith("This invitation does not work")


@pytest.mark.parametrize("act", ["join", "decline"])
def test_an_invitation_that_went_meanwhile_says_so(
    dot: Client, link: str, act: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Everything about the person is erased after the page was looked at.
    real = getattr(inviting, act)

    def after_the_erasure(*args: Any, **kwargs: Any) -> Any:
        Invitation.objects.all().delete()
        return real(*args, **kwargs)

    monkeypatch.setattr(inviting, act, after_the_erasure)
    assert "It is too late to join" in Page(press(dot, link, act)).title
    assert not Participant.objects.exists()


def test_it_can_be_too_late(dot: Client, link: str, trial: Trial) -> None:
    trial.ends_on = timezone.localdate() - datetime.timedelta(days=1)
    trial.save()
    for answer in (dot.get(link), press(dot, link)):
        assert "It is too late to join" in Page(answer).title
    assert not Participant.objects.exists()


def test_who_left_is_told(dot: Client, link: str) -> None:
    press(dot, link)
    enrolment.withdraw(participant=Participant.objects.get(), on=timezone.localdate(), actor=None)
    assert "It is too late to join" in Page(dot.get(link)).title


def test_who_was_enrolled_before_the_invitation_is_asked_too(
    dot: Client, link: str, invitation: Invitation
) -> None:
    enrolment.enrol(trial=invitation.trial, user=invitation.user, actor=None)
    assert "Do you want to take part" in Page(dot.get(link)).title
    press(dot, link)
    assert Invitation.objects.get().accepted is True


# The notice of those who take part already


@pytest.mark.parametrize("path", ["/log/", "/log/timer/", "/survey/", "/baseline/"])
def test_a_newer_notice_comes_before_everything_else(
    client: Client, robin: Participant, path: str
) -> None:
    assert client.get(path).status_code == 200
    publish_notice(robin.trial)
    assert client.get(path)["Location"] == "/notice/?trial=teapot"
    answer = client.post("/notice/", {"version": "1"})
    assert answer["Location"] == "/log/?trial=teapot"
    assert client.get(path).status_code == 200
    publish_notice(robin.trial)
    assert client.get(path)["Location"] == "/notice/?trial=teapot"


def test_what_was_being_typed_when_a_notice_came_is_stored(
    client: Client, robin: Participant
) -> None:
    sent = answers() | {"key": Page(client.get("/log/")).key}
    publish_notice(robin.trial)
    answer = client.post("/log/", sent)
    assert answer["Location"] == f"/log/{TaskLog.objects.get().pk}/stored/"
    assert client.get("/log/")["Location"] == "/notice/?trial=teapot"


def test_who_left_can_read_the_notice_and_accepts_nothing(
    client: Client, robin: Participant
) -> None:
    publish_notice(robin.trial)
    enrolment.withdraw(participant=robin, on=timezone.localdate(), actor=None)
    page = Page(client.get("/notice/?trial=teapot"))
    assert "Department of Teapots" in page.text
    assert "version" not in page.all("name")
    client.post("/notice/?trial=teapot", {"version": "1"})
    assert not NoticeAcceptance.objects.exists()


def test_one_persons_acceptance_is_not_anothers(client: Client, robin: Participant) -> None:
    notice = publish_notice(robin.trial)
    other = make_participant(robin.trial, make_user("pat.kettle@example.com"), "p2")
    assert other.user
    notices.accept(participant=other, notice=notice, actor=other.user)
    assert client.get("/log/")["Location"] == "/notice/?trial=teapot"


def test_one_trials_notice_is_not_anothers(client: Client, robin: Participant) -> None:
    publish_notice(make_trial("kettle"))
    assert client.get("/log/").status_code == 200


def test_the_notice_can_always_be_read(client: Client, robin: Participant) -> None:
    assert "This trial has no notice of its own" in Page(client.get("/notice/")).text
    publish_notice(robin.trial)
    page = Page(client.get("/notice/"))
    assert "version" in page.all("name")
    client.post("/notice/", {"version": "1"})
    page = Page(client.get("/notice/"))
    assert "Department of Teapots" in page.text
    assert "version" not in page.all("name")


def test_an_old_page_accepts_nothing_new(client: Client, robin: Participant) -> None:
    publish_notice(robin.trial)
    publish_notice(robin.trial)
    answer = client.post("/notice/", {"version": "1"})
    assert "The privacy notice changed while you read it" in Page(answer).text
    assert not NoticeAcceptance.objects.exists()


def test_the_notice_of_one_of_several_trials(client: Client, robin: Participant) -> None:
    assert robin.user
    kettle = make_trial("kettle")
    make_participant(kettle, robin.user)
    publish_notice(kettle)
    assert client.get("/log/?trial=teapot").status_code == 200
    assert client.get("/log/?trial=kettle")["Location"] == "/notice/?trial=kettle"
    assert "Which trial" in Page(client.get("/notice/")).title


# The baseline survey


def test_the_baseline_survey_is_stored_once(client: Client, robin: Participant) -> None:
    Department.objects.create(trial=robin.trial, name="Teapots")
    sent = {"ai_use_before": "weekly", "usual_minutes": "35.5", "department": "Teapots"}
    assert client.post("/baseline/", sent)["Location"] == "/log/?trial=teapot"
    client.post("/baseline/", {"ai_use_before": "daily", "usual_minutes": "90"})
    robin.refresh_from_db()
    assert BaselineAnswer.objects.get().ai_use_before == "weekly"
    assert robin.baseline_minutes == 35.5
    assert robin.department
    assert robin.department.name == "Teapots"
    assert DirtyMark.objects.filter(participant=robin).count() == 1
    assert client.get("/baseline/")["Location"] == "/log/?trial=teapot"


def test_who_answered_in_another_window_is_told(client: Client, robin: Participant) -> None:
    for words in ("Your answers are stored", "You had answered these questions already"):
        answer = client.post("/baseline/", {"ai_use_before": "never"}, follow=True)
        assert words in Page(answer).text


def test_what_is_known_is_neither_asked_nor_changed(client: Client, robin: Participant) -> None:
    robin.department = Department.objects.create(trial=robin.trial, name="Teapots")
    robin.baseline_minutes = 20.0
    robin.save()
    Department.objects.create(trial=robin.trial, name="Kettles")
    Grade.objects.create(trial=robin.trial, name="Spoon")
    page = Page(client.get("/baseline/"))
    assert "department" not in page.all("name")
    assert "profession" not in page.all("name")
    sent = {
        "ai_use_before": "never",
        "usual_minutes": "90",
        "department": "Kettles",
        "grade": "Spoon",
    }
    client.post("/baseline/", sent)
    robin.refresh_from_db()
    assert robin.department.name == "Teapots"
    assert robin.baseline_minutes == 20.0
    assert robin.grade
    assert robin.grade.name == "Spoon"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ai_use_before": ""}, "Select how often you have used AI at work"),
        ({"ai_use_before": "hourly"}, "Select how often you have used AI at work"),
        ({"usual_minutes": "0"}, "Minutes must be more than 0"),
        ({"usual_minutes": "1441"}, "Minutes must be more than 0 and no more than 1,440"),
        ({"usual_minutes": "long"}, "Minutes must be a number, like 25"),
        ({"grade": "Ladle"}, "Select one of the list, or leave it out"),
    ],
)
def test_what_cannot_be_is_explained(
    client: Client, robin: Participant, changes: dict[str, str], message: str
) -> None:
    Grade.objects.create(trial=robin.trial, name="Spoon")
    answer = client.post("/baseline/", {"ai_use_before": "never", **changes})
    page = Page(answer)
    assert answer.status_code == 422
    assert message in page.text
    assert page.title.startswith("Error: ")
    assert not BaselineAnswer.objects.exists()


def test_little_has_to_be_said(client: Client, robin: Participant) -> None:
    client.post("/baseline/", {"ai_use_before": "never"})
    robin.refresh_from_db()
    assert robin.baseline_minutes is None
    assert BaselineAnswer.objects.count() == 1


@pytest.mark.parametrize("path", ["/notice/", "/baseline/"])
def test_pages_ask_the_database_little_and_are_kept_nowhere(
    client: Client,
    robin: Participant,
    path: str,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_max_num_queries(8):
        answer = client.get(path)
    assert "no-store" in answer.headers["Cache-Control"]


def test_a_forged_invitation_asks_the_database_nothing(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries, db: None
) -> None:
    with django_assert_num_queries(0):
        client.get("/join/x/")
