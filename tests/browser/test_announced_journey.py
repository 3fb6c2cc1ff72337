"""A participant of a trial that flips coins announces a task and logs it, in a real browser."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from measurement.models import Draft, TaskLog, User
from tests.browser.test_participant_journey import Visit
from tests.browser.test_timer_journey import let_pass
from tests.browser.visitor import PARTICIPANT_PAGE_BYTES
from tests.people import make_log, make_participant, make_trial, make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def dot() -> User:
    """Have somebody who takes part in a trial that flips coins."""
    user = make_user("dot.teaspoon@example.com")
    make_participant(make_trial("coin", design={"kind": "task_randomised"}), user)
    return user


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "plain"])
@pytest.mark.parametrize("width", [1280, 375])
def test_from_the_announcement_to_the_log(
    visit: Visit, dot: User, width: int, javascript: bool
) -> None:
    visitor = visit(width=width, javascript=javascript, user=dot)
    page = visitor.page
    visitor.go("/")
    visitor.look("Announce a task")
    visitor.press("Let chance decide")
    visitor.look("Announce a task", error=True)
    page.get_by_role("alert").get_by_role("link").last.click()
    forecast = page.get_by_label("How many minutes would it take you without AI?")
    expect(forecast).to_be_focused()
    forecast.fill("40")
    page.get_by_label("Meeting notes and actions").check()
    visitor.press("Let chance decide")
    visitor.look("The timer is running")
    log = TaskLog.objects.get()
    said = "Do this task with AI" if log.ai_assigned else "Do this task without AI"
    expect(page.get_by_text(said, exact=True)).to_be_visible()

    let_pass(minutes=12)
    visitor.press("Stop and log the task")
    visitor.look("Log the task that you announced")
    expect(page.get_by_label("How many minutes did it take?")).to_have_value(
        re.compile(r"^12(\.\d)?$")
    )
    visitor.press("Log task")
    visitor.look("Log the task that you announced", error=True)
    page.get_by_label("No", exact=True).check()
    visitor.press("Log task")
    visitor.look("Task logged")
    log.refresh_from_db()
    assert log.minutes
    assert 12 <= log.minutes < 13
    assert (log.status, log.source) == ("logged", "timer")


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "plain"])
@pytest.mark.parametrize("width", [1280, 375])
def test_a_task_that_is_left_and_logged_later(
    visit: Visit, dot: User, width: int, javascript: bool
) -> None:
    visitor = visit(width=width, javascript=javascript, user=dot)
    page = visitor.page
    visitor.go("/log/announce/")
    assert visitor.weigh() < PARTICIPANT_PAGE_BYTES
    page.get_by_label("Draft a document").check()
    page.get_by_label("How many minutes would it take you without AI?").fill("15")
    visitor.press("Let chance decide")
    visitor.look("The timer is running")
    page.get_by_text("I will not do this task").click()
    visitor.press("Stop the timer without logging")
    visitor.look("Announce a task")
    visitor.go("/my-logs/")
    visitor.look("My logs")
    page.get_by_role("table").get_by_role("link", name="Log it").click()
    visitor.look("Log the task that you announced")
    page.get_by_label("Yes, with Wordmill").check()
    page.get_by_label("How many minutes did it take?").fill("20")
    visitor.press("Log task")
    visitor.look("Task logged")
    assert TaskLog.objects.get().status == "logged"


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "plain"])
@pytest.mark.parametrize("width", [1280, 375])
def test_what_is_typed_is_kept(visit: Visit, dot: User, width: int, javascript: bool) -> None:
    announced = {"minutes": None, "status": "withheld", "announced_at": timezone.now()}
    log = make_log(dot.participant_set.get(), "k1", **announced)
    visitor = visit(width=width, javascript=javascript, user=dot)
    page = visitor.page
    minutes = page.get_by_label("How many minutes did it take?")
    visitor.go(f"/log/announced/{log.pk}/")
    page.get_by_label("Yes, with Wordmill").check()
    minutes.fill("20")
    if javascript:
        expect(page.get_by_role("status")).to_have_text(
            "Saved. You can close this page and finish later."
        )
        page.reload()
    else:
        visitor.press("Save and finish later")
        expect(page.get_by_text("Your answers are saved for 7 days.")).to_be_visible()
    visitor.look("Log the task that you announced")
    expect(page.get_by_text("These are your answers from")).to_be_visible()
    expect(minutes).to_have_value("20")
    expect(page.get_by_label("Yes, with Wordmill")).to_be_checked()
    visitor.press("Start afresh")
    visitor.look("Log the task that you announced")
    expect(minutes).to_have_value("")
    assert not Draft.objects.exists()
    visitor.go(f"/log/announced/{log.pk}/")
    assert visitor.weigh() < PARTICIPANT_PAGE_BYTES
