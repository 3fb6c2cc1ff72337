"""A participant looks at their own minutes, in a real browser."""

import datetime

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from measurement.models import Participant, User
from tests.browser.test_participant_journey import Visit
from tests.browser.visitor import PARTICIPANT_PAGE_BYTES
from tests.people import TASK_TYPES, make_log, make_participant, make_trial, make_user

pytestmark = pytest.mark.django_db(transaction=True)
MINUTES = {
    (TASK_TYPES[0], False): (55, 40, 62.5),
    (TASK_TYPES[0], True): (30, 38, 22, 41),
    (TASK_TYPES[1], False): (20, 15, 25),
    (TASK_TYPES[1], True): (21, 24, 30),
    (TASK_TYPES[2], False): (5, 9),
}

SYSTEM_COLOURS = """() => ["CanvasText", "Canvas"].map((name) => {
    const probe = document.body.appendChild(document.createElement("i"));
    probe.style.color = name;
    return getComputedStyle(probe).color;
})"""


def log_enough(participant: Participant) -> None:
    """Log enough of two kinds of task on both sides, and too few of a third."""
    for (kind, ai_used), several in MINUTES.items():
        for value in several:
            key = f"{kind}-{ai_used}-{value}"
            make_log(participant, key, task_type=kind, ai_used=ai_used, minutes=value)


@pytest.fixture
def kim() -> User:
    """Somebody invented whose trial has its survey of the first week today."""
    user = make_user("kim.kettle@example.com")
    begun = timezone.localdate() - datetime.timedelta(days=4)
    make_participant(make_trial(starts_on=begun), user)
    return user


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "plain"])
@pytest.mark.parametrize("width", [1280, 375])
def test_own_minutes_are_seen_after_the_survey(
    visit: Visit, kim: User, width: int, javascript: bool
) -> None:
    visitor = visit(width=width, javascript=javascript, user=kim)
    page = visitor.page
    log_enough(kim.participant_set.get())
    visitor.go("/my-logs/")
    visitor.follow("See my time with and without AI")
    visitor.look("My time with and without AI")
    expect(page.get_by_role("heading", name="Answer this week's survey first")).to_be_visible()
    expect(page.get_by_role("figure")).to_have_count(0)
    visitor.press("Answer the survey")
    visitor.look("Weekly survey")
    page.get_by_label("No time").check()
    visitor.press("Send answers")
    visitor.go("/my-time/")
    visitor.look("My time with and without AI")
    chart = page.get_by_role("figure", name="Your typical minutes, by kind of task")
    expect(chart.get_by_role("listitem")).to_have_count(2)
    expect(chart.get_by_role("listitem").first).to_contain_text("Without AI: 55 minutes")
    bars = [bar.bounding_box() for bar in chart.locator(".site-bar rect").all()]
    widths = [bar["width"] for bar in bars if bar]
    assert widths == pytest.approx([widths[0] * part / 55 for part in (55, 34, 20, 24)], abs=3)
    expect(page.get_by_role("row", name="Draft a document")).to_contain_text("34")
    page.get_by_role("link", name="My logs").last.click()
    visitor.look("My logs")


def test_what_is_missing_is_said(visit: Visit) -> None:
    user = make_user("robin.teapot@example.com")
    make_log(make_participant(make_trial(), user), "k")
    visitor = visit(width=320, user=user)
    visitor.go("/my-time/")
    visitor.look("My time with and without AI")
    expect(visitor.page.get_by_text("2 more tasks without AI")).to_be_visible()
    assert visitor.weigh() < PARTICIPANT_PAGE_BYTES


def test_the_chart_is_seen_in_colours_of_ones_own_choice(visit: Visit) -> None:
    user = make_user("robin.teapot@example.com")
    log_enough(make_participant(make_trial(), user))
    visitor = visit(width=375, user=user)
    page = visitor.page
    visitor.go("/my-time/")
    visitor.look("My time with and without AI")
    page.emulate_media(forced_colors="active", color_scheme="dark")
    ink, ground = page.evaluate(SYSTEM_COLOURS)
    assert (ink, ground) == ("rgb(255, 255, 255)", "rgb(0, 0, 0)")
    assert fill_and_stroke(page, ".site-bar-without") == [ink, ink]
    assert fill_and_stroke(page, ".site-bar-with") == ['url("#with-ai")', ink]
    assert fill_and_stroke(page, ".site-pattern-ground")[0] == ground
    assert fill_and_stroke(page, ".site-pattern-stripe")[0] == ink


def fill_and_stroke(page: Page, selector: str) -> list[str]:
    paint = "shape => [getComputedStyle(shape).fill, getComputedStyle(shape).stroke]"
    found: list[str] = page.locator(selector).first.evaluate(paint)
    return found
