"""A lead has chance decide who is given AI, in a real browser."""

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from measurement import drawing
from measurement.models import Assignment, Draw, Participant, Trial, User
from tests.browser.visitor import Visitor
from tests.measurement.drawn import fill, make_drawable

pytestmark = pytest.mark.django_db(transaction=True)
Visit = Callable[..., Visitor]
WAYS = pytest.mark.parametrize(
    ("width", "javascript"), [(1280, True), (1280, False), (375, True), (375, False)]
)


def in_days(days: int) -> datetime.date:
    return timezone.localdate() + datetime.timedelta(days=days)


def running(kind: str, **design: Any) -> tuple[Trial, User]:
    """Store a trial that runs today, with 120 people in teams of five."""
    trial, lead = make_drawable(kind, **design)
    fill(trial, 120, department=lambda n: ("Kilns", "Wheels", "Glazes and decoration")[n % 3])
    for n, person in enumerate(Participant.objects.order_by("pseudonym")):
        person.baseline_minutes = 20 + n * 7 % 31
        person.save()
    return trial, lead


@pytest.fixture
def _running(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the dates of invented trials lie about today: the browser has the real clock."""
    monkeypatch.setattr("tests.measurement.drawn.STARTS_ON", in_days(-3))
    monkeypatch.setattr("tests.measurement.drawn.ENDS_ON", in_days(90))


@WAYS
@pytest.mark.usefixtures("_running")
def test_from_the_proposal_to_the_assignment(visit: Visit, width: int, javascript: bool) -> None:
    trial, lead = running("parallel", stratify_by=["department"])
    visitor = visit(width=width, javascript=javascript, user=lead)
    visitor.go(f"/trials/{trial.slug}/")
    visitor.follow("Randomise")
    visitor.look("Randomise")
    visitor.press("Propose a draw")
    expect(visitor.page.get_by_text("Nobody is assigned yet", exact=False).first).to_be_visible()
    expect(visitor.page.get_by_role("row", name="control 60 35")).to_be_visible()
    visitor.look("Randomise")
    visitor.press("Confirm")
    visitor.look("Randomise", error=True)
    visitor.press("Draw again")
    visitor.look("Randomise", error=True)
    visitor.page.get_by_label("Why must it be drawn again?").fill("Two people were listed twice")
    visitor.press("Draw again")
    expect(visitor.page.get_by_role("heading", name="Draw 2: proposed")).to_be_visible()
    visitor.page.get_by_label("Assign everybody as drawn").check()
    visitor.press("Confirm")
    expect(visitor.page.get_by_text("Everybody in the draw is assigned")).to_be_visible()
    expect(visitor.page.get_by_text("Two people were listed twice")).to_be_visible()
    visitor.page.get_by_text("How anybody can verify a draw").click()
    visitor.look("Randomise")
    assert Assignment.objects.count() == 120


@WAYS
@pytest.mark.usefixtures("_running")
def test_a_stepped_wedge_with_five_dates(visit: Visit, width: int, javascript: bool) -> None:
    trial, lead = running("stepped_wedge")
    visitor = visit(width=width, javascript=javascript, user=lead)
    visitor.go(f"/trials/{trial.slug}/randomise/")
    visitor.look("Randomise")
    visitor.press("Add a date")
    visitor.look("Randomise")
    days = [in_days(days) for days in (10, 20, 30, 40, 50)]
    for number, day in enumerate(days, start=1):
        for part in ("day", "month", "year"):
            visitor.page.locator(f"#id_date_{number}_{part}").fill(str(getattr(day, part)))
    # The Enter key proposes; it does not ask for another date.
    visitor.page.locator("#id_date_5_year").press("Enter")
    expect(visitor.page.get_by_role("heading", name="Draw 1: proposed")).to_be_visible()
    visitor.look("Randomise")
    assert drawing.steps_of(Draw.objects.get()) == tuple(days)
    visitor.page.locator("#id_date_5_month").fill("")
    visitor.page.get_by_label("Why must it be drawn again?").fill("A later date")
    visitor.press("Draw again")
    visitor.look("Randomise", error=True)
