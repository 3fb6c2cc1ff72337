"""A participant answers the weekly survey, in a real browser."""

import datetime

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from measurement.models import SurveyResponse, User
from tests.browser.test_participant_journey import Visit
from tests.browser.visitor import PARTICIPANT_PAGE_BYTES
from tests.people import make_participant, make_trial, make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def kim() -> User:
    """Somebody invented whose trial has its survey of the first week today."""
    user = make_user("kim.kettle@example.com")
    begun = timezone.localdate() - datetime.timedelta(days=4)
    make_participant(make_trial(starts_on=begun), user)
    return user


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "plain"])
@pytest.mark.parametrize("width", [1280, 375])
def test_the_survey_is_found_answered_and_gone(
    visit: Visit, kim: User, width: int, javascript: bool
) -> None:
    visitor = visit(width=width, javascript=javascript, user=kim)
    page = visitor.page
    visitor.go("/")
    visitor.look("Log a task")
    visitor.follow("Answer the survey")
    visitor.look("Weekly survey")
    visitor.press("Send answers")
    visitor.look("Weekly survey", error=True)
    page.get_by_role("alert").get_by_role("link").click()
    expect(page.get_by_label("No time")).to_be_focused()
    page.get_by_label("11 to 20 minutes").check()
    page.get_by_role("group", name="How satisfied are you").get_by_label("8", exact=True).check()
    words = page.get_by_label("Is there anything else you want to tell us")
    words.fill("x" * 1001)
    if javascript:
        expect(page.get_by_text("You have 1 character too many").first).to_be_visible()
    else:
        expect(page.get_by_text("You can enter up to 1,000 characters")).to_be_visible()
    visitor.press("Send answers")
    visitor.look("Weekly survey", error=True)
    page.get_by_role("alert").get_by_role("link", name="1,000 characters or less").click()
    expect(words).to_be_focused()
    words.fill("It wrote a good summary.")
    visitor.press("Send answers")
    visitor.look("Log a task")
    expect(page.get_by_text("Thank you. Your answers are stored.")).to_be_visible()
    expect(page.get_by_role("link", name="Answer the survey")).to_have_count(0)
    stored = SurveyResponse.objects.get()
    assert (stored.minutes_saved_low, stored.satisfaction, stored.recommend) == (11.0, 8, None)
    assert stored.comment == "It wrote a good summary."
    visitor.go("/survey/")
    visitor.look("You have answered this week")
    assert visitor.weigh() < PARTICIPANT_PAGE_BYTES


def test_the_survey_is_answered_with_the_keyboard_alone(visit: Visit, kim: User) -> None:
    visitor = visit(user=kim)
    visitor.go("/survey/")
    keyboard = visitor.page.keyboard
    for key in (
        *["Tab", "Enter"],  # past the header
        *["Tab", "Space", "ArrowDown"],  # the second band
        *["Tab", "Space"],  # not satisfied at all
        *["Tab", "Tab"],  # nothing about recommending
    ):
        keyboard.press(key)
    keyboard.type("It helps.")
    for key in ("Tab", "Enter"):
        keyboard.press(key)
    visitor.look("Log a task")
    stored = SurveyResponse.objects.get()
    assert (stored.minutes_saved_low, stored.satisfaction, stored.recommend) == (1.0, 0, None)
    assert stored.comment == "It helps."
