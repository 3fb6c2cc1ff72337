"""Reminders in a real browser: chosen on the page, stopped by the link of an email."""

import datetime
import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from measurement import reminder_choices, timing
from measurement.models import Participant, User
from tests.browser.test_participant_journey import Visit
from tests.browser.visitor import PARTICIPANT_PAGE_BYTES
from tests.people import make_participant, make_trial, make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def kim() -> User:
    """Somebody invented who has an open survey and has logged nothing for more than a week."""
    user = make_user("kim.kettle@example.com")
    begun = timezone.localdate() - datetime.timedelta(days=18)
    make_participant(make_trial(starts_on=begun), user)
    return user


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "plain"])
@pytest.mark.parametrize("width", [1280, 375])
def test_reminders_are_chosen(visit: Visit, kim: User, width: int, javascript: bool) -> None:
    visitor = visit(width=width, javascript=javascript, user=kim)
    page = visitor.page
    visitor.go("/my-data/")
    visitor.follow("Choose whether and when you are reminded")
    visitor.look("Reminders")
    expect(page.get_by_label("Yes")).to_be_checked()
    page.get_by_label("No later than").select_option("7am")
    visitor.press("Save")
    visitor.look("Reminders", error=True)
    page.get_by_role("alert").get_by_role("link").click()
    expect(page.get_by_label("No later than")).to_be_focused()
    page.get_by_label("No later than").select_option("midday")
    page.get_by_label("No", exact=True).check()
    visitor.press("Save")
    visitor.look("Reminders")
    expect(page.get_by_text("Your choice is stored.")).to_be_visible()
    choice = reminder_choices.choice_of(kim)
    assert (choice.wanted, choice.earliest_hour, choice.latest_hour) == (False, 8, 12)
    visitor.go("/reminders/")
    expect(page.get_by_label("No", exact=True)).to_be_checked()
    assert visitor.weigh() < PARTICIPANT_PAGE_BYTES


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "plain"])
@pytest.mark.parametrize("width", [1280, 375])
def test_the_link_of_an_email_stops_them(
    visit: Visit, kim: User, width: int, javascript: bool
) -> None:
    visitor = visit(width=width, javascript=javascript)  # signed in nowhere
    address = reminder_choices.stop_path(kim)
    visitor.go(address)
    visitor.look("Stop reminders")
    assert reminder_choices.choice_of(kim).wanted
    visitor.press("Stop reminders")
    visitor.look("Reminders are stopped")
    assert not reminder_choices.choice_of(kim).wanted
    visitor.follow("Sign in to get reminders again")
    visitor.look("Sign in")
    visitor.go(address[:-3] + "/")
    visitor.look("This link does not work")


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "plain"])
@pytest.mark.parametrize("width", [1280, 375])
def test_what_is_left_to_do_leads_there(
    visit: Visit, kim: User, width: int, javascript: bool
) -> None:
    timing.start(Participant.objects.get())
    visitor = visit(width=width, javascript=javascript, user=kim)
    page = visitor.page
    visitor.go("/my-logs/")
    visitor.look("My logs")
    listed = page.get_by_role("heading", name="Left to do").locator("xpath=following-sibling::ul")
    expect(listed.get_by_role("listitem")).to_have_count(3)
    visitor.follow("Go to the timer")
    visitor.look("The timer is running")
    expect(page.get_by_role("link", name="Go to the timer")).to_have_count(0)
    visitor.follow("Answer the survey")
    visitor.look("Weekly survey")
    page.get_by_label("No time").check()
    visitor.press("Send answers")
    visitor.look("Log a task")
    expect(listed.get_by_role("listitem")).to_have_text(re.compile("The timer is running"))
