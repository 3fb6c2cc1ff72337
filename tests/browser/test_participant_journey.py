"""A participant signs in, logs tasks and looks at them, in a real browser."""

import datetime
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from measurement.models import Role, TaskLog, User
from tests.browser.visitor import PARTICIPANT_PAGE_BYTES, Visitor
from tests.people import make_log, make_participant, make_trial, make_user

pytestmark = pytest.mark.django_db(transaction=True)
Visit = Callable[..., Visitor]


@pytest.fixture
def robin() -> User:
    """Somebody invented who takes part in one trial."""
    user = make_user("robin.teapot@example.com")
    make_participant(make_trial(simulated=True), user)
    return user


def sign_in(visitor: Visitor, email: str) -> None:
    visitor.go("/")
    visitor.look("How much time does AI save")
    visitor.press("Sign in")
    visitor.look("^Sign in$")
    visitor.page.get_by_label("Email address").fill(email)
    visitor.press("Email me a code")
    enter_code(visitor)


def enter_code(visitor: Visitor) -> None:
    visitor.look("Check your email")
    visitor.follow("See the codes")
    visitor.look("Sign-in codes of the demo")
    code = visitor.page.locator("table code").first.inner_text()
    visitor.press("Enter a code")
    visitor.page.get_by_label("Code", exact=True).fill(code)
    visitor.press("Sign in")


def fill_in(visitor: Visitor, minutes: str) -> None:
    page = visitor.page
    page.get_by_label("Meeting notes and actions").check()
    page.get_by_label("Yes, with Wordmill").check()
    page.get_by_label("How many minutes did it take?").fill(minutes)
    page.get_by_label("4", exact=True).check()


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "plain"])
@pytest.mark.parametrize("width", [1280, 375])
def test_from_signing_in_to_signing_out(
    visit: Visit, robin: User, width: int, javascript: bool
) -> None:
    visitor = visit(width=width, javascript=javascript)
    page = visitor.page
    sign_in(visitor, robin.email)
    visitor.look("Log a task")
    expect(page.get_by_text("Simulated data")).to_be_visible()

    visitor.press("Log task")
    visitor.look("Log a task", error=True)
    summary = page.get_by_role("alert")
    for link, control in {
        "Select what kind of task it was": "Draft a document",
        "Select whether you used AI": "No",
        "Enter how many minutes the task took": "How many minutes did it take?",
    }.items():
        summary.get_by_role("link", name=link).click()
        expect(page.get_by_label(control, exact=True)).to_be_focused()

    fill_in(visitor, "2000")
    visitor.press("Log task")
    visitor.look("Log a task", error=True)
    expect(summary).to_contain_text("Minutes must be more than 0 and no more than 1,440")
    expect(page.get_by_label("Yes, with Wordmill")).to_be_checked()

    page.get_by_label("How many minutes did it take?").fill("25")
    visitor.press("Log task")
    visitor.look("Task logged")
    stored = TaskLog.objects.get()
    assert (stored.minutes, stored.ai_used, stored.quality) == (25, True, 4)
    assert stored.task_type
    assert stored.task_type.name == "Meeting notes and actions"

    visitor.follow("See my logs")
    visitor.look("My logs")
    visitor.follow(re.compile("^Correct"))
    visitor.look("Correct a task")
    page.get_by_label("How many minutes did it take?").fill("")
    visitor.press("Save")
    visitor.look("Correct a task", error=True)
    page.get_by_label("How many minutes did it take?").fill("30")
    visitor.press("Save")
    visitor.look("My logs")
    stored.refresh_from_db()
    assert stored.minutes == 30
    visitor.follow(re.compile("^Repeat"))
    visitor.look("Log a task")
    expect(page.get_by_label("Meeting notes and actions")).to_be_checked()
    visitor.go("/my-logs/")
    visitor.follow(re.compile("Take out"))
    visitor.look("Take a task out of the results")
    visitor.press("Take it out")
    visitor.look("Take a task out of the results", error=True)
    page.get_by_label("Why should it not count?").fill("Logged for a colleague")
    visitor.press("Take it out")
    visitor.look("My logs")
    expect(page.get_by_text("Taken out", exact=True)).to_be_visible()

    visitor.follow("Sign out")
    visitor.look("Sign out")
    visitor.press("Sign out")
    visitor.look("How much time does AI save")


def test_a_wrong_code_is_explained(visit: Visit, robin: User) -> None:
    visitor = visit(width=375)
    visitor.go("/account/login/code/")
    visitor.press("Email me a code")
    visitor.look("Sign in", error=True)
    visitor.page.get_by_label("Email address").fill("somebody.else@example.com")
    visitor.press("Email me a code")
    visitor.page.get_by_label("Code", exact=True).fill("0000-0000")
    visitor.press("Sign in")
    visitor.look("Check your email", error=True)
    visitor.press("Use another email address")
    visitor.look("^Sign in$")


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "plain"])
def test_a_double_click_stores_one_log(visit: Visit, robin: User, javascript: bool) -> None:
    visitor = visit(javascript=javascript, user=robin)
    visitor.go("/log/")
    fill_in(visitor, "12.5")
    visitor.page.get_by_role("button", name="Log task").dblclick()
    visitor.look("Task logged")
    assert TaskLog.objects.count() == 1


def test_a_page_that_was_sent_before_asks_first(visit: Visit, robin: User) -> None:
    stored = make_log(robin.participant_set.get(), "52ce1a04-9b7f-4f5b-9b3e-6f2d7ab1d6c0")
    visitor = visit(user=robin)
    visitor.go("/log/")
    fill_in(visitor, "45")
    # As in a copy of the page from before: browsers fetch this page anew when one goes back.
    visitor.page.locator("input[name=key]").evaluate(f"key => key.value = '{stored.key}'")
    visitor.press("Log task")
    visitor.look("Log a task", error=True)
    expect(visitor.page.get_by_role("alert")).to_contain_text("already logged this task")
    assert TaskLog.objects.count() == 1
    visitor.press("Log task")
    visitor.look("Task logged")
    assert set(TaskLog.objects.values_list("minutes", flat=True)) == {30, 45}


def test_a_task_is_logged_with_the_keyboard_alone(visit: Visit, robin: User) -> None:
    visitor = visit(user=robin)
    visitor.go("/log/")
    keyboard = visitor.page.keyboard
    keyboard.press("Tab")
    expect(visitor.page.get_by_role("link", name="Skip to main content")).to_be_focused()
    keyboard.press("Enter")
    for keys in (
        ["Tab", "Tab", "Space", "ArrowDown"],  # past the timer; the second kind of task
        ["Tab", "Space"],  # no AI
        ["Tab", "4", "0", "Tab", "Tab", "Tab"],  # minutes; the day, month and year stay today's
        ["Tab", "Tab", "Tab", "Enter"],  # no quality, no tick, the button
    ):
        for key in keys:
            keyboard.press(key)
    visitor.look("Task logged")
    stored = TaskLog.objects.get()
    assert (stored.minutes, stored.ai_used) == (40, False)
    assert stored.task_type
    assert stored.task_type.name == "Meeting notes and actions"


@pytest.mark.parametrize("width", [1280, 375, 320])
def test_pages_of_somebody_with_all_roles_are_sound(visit: Visit, width: int) -> None:
    first, second = make_trial("teapot"), make_trial("kettle", simulated=True)
    roles = [(role, first) for role in (Role.LEAD, Role.ANALYST)]
    user = make_user("kim.kettle@example.com", *roles)
    participant = make_participant(first, user)
    make_participant(second, user)
    for day in range(30):
        make_log(participant, f"k{day}", date=datetime.date(2025, 1, 1 + day), minutes=7.25)
    visitor = visit(width=width, user=user)
    for path, heading in {
        "/": "What do you want to do",
        "/log/": "Which trial",
        "/log/?trial=kettle": "Log a task",
        "/log/timer/": "Which trial",
        "/log/timer/?trial=kettle": "Time a task",
        "/survey/?trial=kettle": "There is no survey today",
        "/my-logs/": "My logs",
        "/my-logs/?page=2": "My logs",
        "/api-guide/": "API",
    }.items():
        visitor.go(path)
        visitor.look(heading)


@pytest.mark.parametrize("width", [1280, 320])
def test_pages_for_everybody_are_sound(visit: Visit, width: int) -> None:
    visitor = visit(width=width)
    for path, heading in {
        "/accessibility/": "Accessibility statement",
        "/privacy/": "Cookies and privacy",
        "/no-such-page/": "Page not found",
        "/account/signup/": "You need an invitation",
        "/account/inactive/": "Your account is closed",
    }.items():
        visitor.go(path)
        visitor.look(heading)


def test_strangers_to_a_page_are_told(visit: Visit) -> None:
    visitor = visit(width=375, user=make_user("pat.kettle@example.com"))
    visitor.go("/")
    visitor.look("Nothing to do yet")
    visitor.go("/log/")
    visitor.look("You cannot see this page")


def test_participants_pages_are_light(visit: Visit, robin: User) -> None:
    visitor = visit(user=robin)
    for path in ("/log/", "/my-logs/"):
        visitor.go(path)
        assert visitor.weigh() < PARTICIPANT_PAGE_BYTES
        assert not [address for address in visitor.addresses if "plotly" in address]
