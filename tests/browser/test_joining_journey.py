"""From the invitation to the first log, in a real browser."""

import datetime

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from measurement import inviting, notices
from measurement.models import BaselineAnswer, Department, Invitation, Participant, TaskLog
from tests.browser.test_participant_journey import Visit, enter_code, fill_in
from tests.browser.visitor import PARTICIPANT_PAGE_BYTES
from tests.people import make_trial, make_user, publish_notice

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def invitation() -> Invitation:
    """Have somebody invited to a trial with a notice."""
    trial = make_trial(simulated=True)
    Department.objects.create(trial=trial, name="Ministry of Tea")
    publish_notice(trial)
    return inviting.invite(trial=trial, email="dot.teaspoon@example.com", actor=None)


def path_of(invitation: Invitation) -> str:
    return f"/join/{inviting.token_of(invitation)}/"


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "plain"])
@pytest.mark.parametrize("width", [1280, 375])
def test_from_the_invitation_to_the_first_log(
    visit: Visit, invitation: Invitation, width: int, javascript: bool
) -> None:
    visitor = visit(width=width, javascript=javascript)
    page = visitor.page
    visitor.go(path_of(invitation))
    visitor.look("You are invited to a trial")
    assert visitor.weigh() < PARTICIPANT_PAGE_BYTES
    visitor.press("Sign in")
    visitor.look("^Sign in$")
    page.get_by_label("Email address").fill(invitation.user.email)
    visitor.press("Email me a code")
    enter_code(visitor)
    visitor.look("Do you want to take part")
    expect(page.get_by_text("Department of Teapots runs it")).to_be_visible()
    visitor.press("I have read the notice and take part")
    visitor.look("A few questions to begin with")
    visitor.press("Send answers")
    visitor.look("A few questions to begin with", error=True)
    page.get_by_role("alert").get_by_role("link").click()
    expect(page.get_by_label("Never")).to_be_focused()
    page.get_by_label("About once a week").check()
    page.get_by_label("Where do you work?").select_option("Ministry of Tea")
    page.get_by_label("How many minutes does your most usual task take you?").fill("40")
    visitor.press("Send answers")
    visitor.look("Log a task")
    fill_in(visitor, "25")
    visitor.press("Log task")
    visitor.look("Task logged")
    assert TaskLog.objects.get().participant.user == invitation.user
    assert BaselineAnswer.objects.get().ai_use_before == "weekly"


@pytest.mark.parametrize("width", [1280, 375])
def test_other_ends_of_an_invitation(visit: Visit, invitation: Invitation, width: int) -> None:
    visitor = visit(width=width, user=make_user("pat.kettle@example.com"))
    visitor.go(path_of(invitation))
    visitor.look("This invitation is for somebody else")
    visitor.go("/join/broken/")
    visitor.look("This invitation does not work")
    visitor = visit(width=width, user=invitation.user)
    visitor.go(path_of(invitation))
    visitor.look("Do you want to take part")
    visitor.press("I do not take part")
    visitor.look("You do not take part")
    assert not Participant.objects.exists()
    invitation.trial.ends_on = timezone.localdate() - datetime.timedelta(days=1)
    invitation.trial.save()
    visitor.go(path_of(invitation))
    visitor.look("It is too late to join")


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "plain"])
def test_a_new_notice_is_read_before_going_on(
    visit: Visit, invitation: Invitation, javascript: bool
) -> None:
    notice = notices.newest(invitation.trial)
    assert notice
    inviting.join(invitation=invitation, notice=notice)
    publish_notice(invitation.trial)
    visitor = visit(width=375, javascript=javascript, user=invitation.user)
    visitor.go("/log/")
    visitor.look("Privacy notice of the trial")
    visitor.press("I have read the notice")
    visitor.look("Log a task")
    visitor.go("/notice/")
    visitor.look("Privacy notice of the trial")
    expect(visitor.page.get_by_role("button", name="I have read the notice")).to_have_count(0)
