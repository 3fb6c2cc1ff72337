"""A participant times a task, in a real browser."""

import datetime
import re

import pytest
from playwright.sync_api import expect

from measurement.models import TaskLog, Timer, TimerSegment, User
from tests.browser.test_participant_journey import Visit, robin, sign_in
from tests.browser.visitor import PARTICIPANT_PAGE_BYTES

__all__ = ["robin"]
pytestmark = pytest.mark.django_db(transaction=True)


def let_pass(**time: float) -> None:
    """Have the timer's last stretch begin so much earlier."""
    last = TimerSegment.objects.order_by("pk").last()
    assert last is not None
    last.started_at -= datetime.timedelta(**time)
    last.save()


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "plain"])
@pytest.mark.parametrize("width", [1280, 375])
def test_from_start_to_log(visit: Visit, robin: User, width: int, javascript: bool) -> None:
    visitor = visit(width=width, javascript=javascript)
    page = visitor.page
    sign_in(visitor, robin.email)
    visitor.look("Log a task")
    visitor.follow("Time it")
    visitor.look("Time a task")
    visitor.press("Start the timer")
    visitor.look("The timer is running")

    let_pass(minutes=12)
    visitor.go("/log/")
    expect(page.get_by_text("The timer is running.")).to_be_visible()
    visitor.follow("Go to the timer")
    expect(page.get_by_text("12 minutes so far")).to_be_visible()
    visitor.press("Pause")
    visitor.look("The timer is paused")
    visitor.press("Go on with the task")
    visitor.look("The timer is running")
    let_pass(minutes=5)
    visitor.press("Stop and log the task")

    visitor.look("Log the task that you timed")
    expect(page.get_by_label("How many minutes did it take?")).to_have_value(
        re.compile(r"^17(\.\d)?$")
    )
    visitor.press("Log task")
    visitor.look("Log the task that you timed", error=True)
    page.get_by_label("Draft a document").check()
    page.get_by_label("No", exact=True).check()
    visitor.press("Log task")
    visitor.look("Task logged")
    log = TaskLog.objects.get()
    assert log.minutes
    assert 17 <= log.minutes < 18
    assert log.source == TaskLog.Source.TIMER


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "plain"])
@pytest.mark.parametrize("width", [1280, 375])
def test_a_forgotten_timer(visit: Visit, robin: User, width: int, javascript: bool) -> None:
    visitor = visit(width=width, javascript=javascript, user=robin)
    page = visitor.page
    visitor.go("/log/timer/")
    visitor.press("Start the timer")
    visitor.look("The timer is running")
    let_pass(hours=30)
    visitor.press("Stop and log the task")
    visitor.look("Did you forget to stop the timer")
    visitor.press("Continue")
    visitor.look("Did you forget to stop the timer", error=True)
    page.get_by_role("alert").get_by_role("link").click()
    field = page.get_by_label("How many minutes did you work on the task in that time?")
    expect(field).to_be_focused()
    field.fill("20")
    visitor.press("Continue")
    visitor.look("The timer is paused")
    page.get_by_text("Throw this timer away").click()
    visitor.press("Throw it away")
    visitor.look("Time a task")
    assert not Timer.objects.exists()


def test_another_device_shows_the_same_timer(visit: Visit, robin: User) -> None:
    phone, desk = visit(width=375, user=robin), visit(user=robin)
    for visitor in (phone, desk):
        visitor.go("/log/timer/")
    phone.press("Start the timer")
    phone.look("The timer is running")
    let_pass(minutes=3)
    desk.press("Start the timer")
    desk.look("The timer is running")
    expect(desk.page.get_by_text("3 minutes so far")).to_be_visible()
    phone.go("/log/timer/")
    assert phone.weigh() < PARTICIPANT_PAGE_BYTES


def test_the_minutes_go_on_without_a_reload(visit: Visit, robin: User) -> None:
    visitor = visit(user=robin)
    visitor.go("/log/timer/")
    visitor.press("Start the timer")
    visitor.look("The timer is running")
    let_pass(seconds=57)
    visitor.go("/log/timer/")
    expect(visitor.page.get_by_text("0 minutes so far")).to_be_visible()
    expect(visitor.page.get_by_text("1 minute so far")).to_be_visible(timeout=20_000)
