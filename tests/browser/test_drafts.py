"""What is typed is kept while one types, in a real browser."""

import re

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import Route, expect

from measurement.models import Draft, TaskLog, User
from tests.browser.test_participant_journey import Visit, fill_in, robin, sign_in
from tests.browser.test_timer_journey import let_pass
from tests.browser.visitor import PARTICIPANT_PAGE_BYTES, Visitor

__all__ = ["robin"]
pytestmark = pytest.mark.django_db(transaction=True)
SAVED = "Saved. You can close this page and finish later."
MINUTES = "How many minutes did it take?"
WIDTHS = pytest.mark.parametrize("width", [pytest.param(1280, marks=pytest.mark.long), 375])


def expect_draft(visitor: Visitor, minutes: str) -> None:
    page = visitor.page
    expect(page.get_by_text("These are your answers from")).to_be_visible()
    expect(page.get_by_label("Meeting notes and actions")).to_be_checked()
    expect(page.get_by_label("Yes, with Wordmill")).to_be_checked()
    expect(page.get_by_label(MINUTES)).to_have_value(minutes)
    expect(page.get_by_label("4", exact=True)).to_be_checked()


@WIDTHS
def test_it_is_kept_while_one_types(visit: Visit, robin: User, width: int) -> None:
    visitor = visit(width=width, user=robin)
    page = visitor.page
    visitor.go("/log/")
    status = page.get_by_role("status")
    expect(status).to_have_text("")
    fill_in(visitor, "25")
    expect(status).to_have_text(SAVED)
    visitor.look("Log a task")
    page.reload()
    visitor.look("Log a task")
    expect_draft(visitor, "25")
    visitor.go("/log/")
    assert visitor.weigh() < PARTICIPANT_PAGE_BYTES

    phone = visit(width=375, user=robin)
    phone.go("/log/")
    expect_draft(phone, "25")
    phone.press("Log task")
    phone.look("Task logged")
    with page.expect_response(re.compile("/log/draft/")) as answered:
        page.get_by_label(MINUTES).fill("26")
    assert answered.value.status == 409
    expect(status).to_have_text("")
    visitor.go("/log/")
    expect(page.get_by_text("These are your answers from")).to_have_count(0)
    assert TaskLog.objects.count() == 1


@pytest.mark.parametrize("width", [1280, 375])
@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "plain"])
def test_by_hand(visit: Visit, robin: User, width: int, javascript: bool) -> None:
    visitor = visit(width=width, javascript=javascript, user=robin)
    page = visitor.page
    visitor.go("/log/")
    fill_in(visitor, "12.5")
    visitor.press("Save and finish later")
    visitor.look("Log a task")
    expect(page.get_by_text("Your answers are saved for 7 days.")).to_be_visible()
    expect_draft(visitor, "12.5")
    visitor.press("Start afresh")
    visitor.look("Log a task")
    expect(page.get_by_label(MINUTES)).to_have_value("")
    assert not Draft.objects.exists()

    fill_in(visitor, "many")
    visitor.press("Log task")
    visitor.look("Log a task", error=True)
    visitor.go("/my-logs/")
    visitor.go("/log/")
    expect_draft(visitor, "many")
    page.get_by_label(MINUTES).fill("30")
    visitor.press("Log task")
    visitor.look("Task logged")
    assert not Draft.objects.exists()


def test_what_was_typed_last_is_kept_on_the_way_out(visit: Visit, robin: User) -> None:
    visitor = visit(user=robin)
    visitor.go("/log/")
    fill_in(visitor, "8")
    # At once, before the page has saved by itself.
    visitor.follow("My logs")
    visitor.look("My logs")
    visitor.page.go_back()
    visitor.look("Log a task")
    expect_draft(visitor, "8")


def test_what_is_typed_before_starting_afresh_does_not_come_back(visit: Visit, robin: User) -> None:
    visitor = visit(user=robin)
    visitor.go("/log/")
    fill_in(visitor, "8")
    visitor.press("Save and finish later")
    expect_draft(visitor, "8")
    visitor.page.get_by_label(MINUTES).fill("9")
    visitor.press("Start afresh")
    expect(visitor.page.get_by_label(MINUTES)).to_have_value("")
    visitor.page.wait_for_timeout(2_000)  # longer than a page waits before it saves
    assert not Draft.objects.exists()


def test_the_way_back_to_a_logged_task_does_not_offer_it(visit: Visit, robin: User) -> None:
    visitor = visit(user=robin)
    visitor.go("/log/")
    fill_in(visitor, "8")
    expect(visitor.page.get_by_role("status")).to_have_text(SAVED)
    visitor.press("Log task")
    visitor.look("Task logged")
    visitor.press("Log another task")
    visitor.look("Log a task")
    expect(visitor.page.get_by_label(MINUTES)).to_have_value("")
    assert not Draft.objects.exists()


def test_a_failure_is_silent_and_tried_again(visit: Visit, robin: User) -> None:
    visitor = visit(user=robin)
    page = visitor.page
    page.clock.install()
    visitor.go("/log/")
    status = page.get_by_role("status")
    failed = []

    def fail(route: Route) -> None:
        failed.append(route.request.post_data)
        route.fulfill(status=503)

    draft = re.compile("/log/draft/")
    page.route(draft, fail, times=2)
    with page.expect_response(draft):
        fill_in(visitor, "9")
    for _ in range(2):
        expect(status).not_to_have_text(SAVED)
        with page.expect_response(draft):
            page.clock.fast_forward("01:00")
    expect(status).to_have_text(SAVED)
    assert len(failed) == 2
    assert Draft.objects.get().answers["minutes"] == "9"


def test_the_session_ends_while_one_types(visit: Visit, robin: User) -> None:
    visitor = visit()
    page = visitor.page
    sign_in(visitor, robin.email)
    visitor.look("Log a task")
    fill_in(visitor, "33")
    expect(page.get_by_role("status")).to_have_text(SAVED)
    Session.objects.all().delete()
    visitor.press("Log task")
    visitor.look("^Sign in$")
    page.get_by_label("Email address").fill(robin.email)
    visitor.press("Email me a code")
    visitor.look("Check your email")
    visitor.follow("See the codes")
    visitor.look("Sign-in codes of the demo")
    code = page.locator("table code").first.inner_text()
    page.go_back()
    page.get_by_label("Code", exact=True).fill(code)
    visitor.press("Sign in")
    visitor.look("Log a task")
    expect_draft(visitor, "33")
    visitor.press("Log task")
    visitor.look("Task logged")
    assert TaskLog.objects.get().minutes == 33


@WIDTHS
def test_a_timed_task(visit: Visit, robin: User, width: int) -> None:
    visitor = visit(width=width, user=robin)
    page = visitor.page
    visitor.go("/log/timer/")
    visitor.press("Start the timer")
    visitor.look("The timer is running")
    let_pass(minutes=17)
    visitor.press("Stop and log the task")
    visitor.look("Log the task that you timed")
    fill_in(visitor, "15")
    expect(page.get_by_role("status")).to_have_text(SAVED)
    visitor.follow("The timer", exact=True)
    visitor.look("The timer is paused")
    visitor.press("Log the task")
    visitor.look("Log the task that you timed")
    expect_draft(visitor, "15")
    visitor.press("Log task")
    visitor.look("Task logged")
    assert TaskLog.objects.get().minutes == 15
    assert not Draft.objects.exists()
