"""A lead reads a dashboard, in a real browser."""

import itertools
import random
import re
from collections import Counter
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from dashboards.measures import fixed
from measurement import analysis
from measurement.models import Participant, Role, Trial, User
from tests.browser.visitor import Visitor
from tests.dashboards.conftest import SMALL_GROUP
from tests.freezes import next_freeze
from tests.people import make_log, make_trial, make_user

pytestmark = pytest.mark.django_db(transaction=True)
Visit = Callable[..., Visitor]
FIGURES = 10
PAPER_WIDTH = 680
"""Pixels between the margins of an upright A4 page."""


@pytest.fixture
def trial(analysed_trial: Trial) -> Trial:
    """Have a trial with results."""
    return analysed_trial


@pytest.fixture
def lead(trial: Trial) -> User:
    """Have somebody invented who leads the trial."""
    return make_user("pat.ladle@example.com", (Role.LEAD, trial))


def pictures(visitor: Visitor) -> Locator:
    return visitor.page.locator("[data-figure]:has(svg.main-svg)")


@pytest.mark.parametrize("width", [1280, 375, 320])
def test_from_the_list_to_the_dashboard(visit: Visit, lead: User, trial: Trial, width: int) -> None:
    visitor = visit(width=width, user=lead)
    visitor.go("/trials/")
    visitor.look("Trials")
    visitor.follow(trial.title)
    expect(pictures(visitor)).to_have_count(FIGURES)
    visitor.look(re.escape(trial.title))
    expect(visitor.page.get_by_text("Simulated data", exact=True)).to_be_visible()
    visitor.page.get_by_role("link", name="Trials", exact=True).first.click()
    visitor.look("Trials")


@pytest.mark.parametrize("width", [1280, 375])
def test_pictures_fit_the_page_and_do_not_overlap(
    visit: Visit, lead: User, trial: Trial, width: int
) -> None:
    visitor = visit(width=width, user=lead)
    visitor.go(f"/trials/{trial.slug}/")
    expect(pictures(visitor)).to_have_count(FIGURES)
    for picture in pictures(visitor).all():
        box, svg = picture.bounding_box(), picture.locator("svg.main-svg").first.bounding_box()
        assert box
        assert svg
        assert abs(box["width"] - svg["width"]) <= 1
        names = [name.bounding_box() for name in picture.locator(".annotation-text-g").all()]
        bottoms = [(name["y"], name["y"] + name["height"]) for name in names if name]
        assert all(lower[0] >= upper[1] - 1 for upper, lower in itertools.pairwise(bottoms))
        assert all(name["x"] + name["width"] <= width for name in names if name)


def test_a_table_that_is_wider_than_a_phone_shows_that_it_goes_on(
    visit: Visit, lead: User, trial: Trial
) -> None:
    """Where the phone's edge cuts between two columns, nothing else tells of those behind it."""
    visitor = visit(width=375, user=lead)
    visitor.go(f"/trials/{trial.slug}/")
    table = visitor.page.get_by_role("region", name="Minutes saved per working day, by department")
    assert table.evaluate("table => table.scrollWidth > table.clientWidth")
    background = table.evaluate("table => getComputedStyle(table).backgroundAttachment")
    assert background == "local, local, scroll, scroll", "the white moves, the shadows stay"
    visitor.page.emulate_media(media="print")
    assert table.evaluate("table => getComputedStyle(table).backgroundImage") == "none"


def test_pictures_follow_the_window(visit: Visit, lead: User, trial: Trial) -> None:
    visitor = visit(user=lead)
    visitor.go(f"/trials/{trial.slug}/")
    expect(pictures(visitor)).to_have_count(FIGURES)
    visitor.page.set_viewport_size({"width": 400, "height": 800})
    expect(pictures(visitor).first.locator("svg.main-svg").first).to_have_js_property(
        "clientWidth", 370
    )


def test_a_dot_tells_its_numbers_and_a_finger_scrolls_past(
    visit: Visit, lead: User, trial: Trial
) -> None:
    visitor = visit(user=lead)
    visitor.go(f"/trials/{trial.slug}/")
    picture = visitor.page.locator("[data-figure=figure-departments]:has(svg.main-svg)")
    dot = picture.locator(".scatterlayer .point").first
    dot.scroll_into_view_if_needed()
    dot.hover(force=True)
    expect(picture.locator(".hoverlayer .hovertext")).to_contain_text(
        re.compile(r"−?[\d.]+ \(−?[\d.]+ to −?[\d.]+\)")
    )
    actions = picture.evaluate(
        "place => [...place.querySelectorAll('*')].map(part => getComputedStyle(part).touchAction)"
    )
    assert "none" not in actions


def moved_figures(visitor: Visitor) -> list[str]:
    cells = visitor.page.locator("[data-outcome]").all_inner_texts()
    return [cell.replace("\N{NO-BREAK SPACE}", " ") for cell in cells]


def type_assumptions(visitor: Visitor, **typed: str) -> None:
    for name, text in typed.items():
        visitor.page.locator(f"input[name={name}]").fill(text)


OTHERS = {
    "working_days_per_year": "211",
    "hours_per_day": "7.25",
    "loaded_cost_per_hour": "1,234.5",
    "licence_cost_per_month": "17",
    "people": "123,457",
}


@pytest.mark.parametrize("width", [1280, 375])
def test_assumptions_move_the_figures_at_once_and_as_the_server_does(
    visit: Visit, lead: User, trial: Trial, width: int
) -> None:
    visitor, plain = visit(width=width, user=lead), visit(user=lead, javascript=False)
    visitor.go(f"/trials/{trial.slug}/")
    planned = moved_figures(visitor)
    type_assumptions(visitor, **OTHERS)
    moved = moved_figures(visitor)
    assert moved != planned
    assert len(moved) == 4

    plain.go(f"/trials/{trial.slug}/")
    assert moved_figures(plain) == planned
    type_assumptions(plain, **OTHERS)
    plain.press("Show")
    expect(plain.page).to_have_url(re.compile(r"people=123%2C457#assumptions$"))
    assert moved_figures(plain) == moved

    # Few full-time equivalents have a decimal.
    type_assumptions(visitor, people="30")
    type_assumptions(plain, people="30")
    plain.press("Show")
    expect(plain.page).to_have_url(re.compile(r"people=30#assumptions$"))
    assert moved_figures(plain) == moved_figures(visitor)
    assert moved_figures(visitor)[1].count(".") == 3

    type_assumptions(visitor, hours_per_day="25")
    assert set(moved_figures(visitor)) == {"not known"}
    expect(visitor.page.locator("[data-status]")).to_have_text(
        "Hours a day must be a number from 0.1 to 24"
    )
    visitor.follow("Back to the plan’s assumptions")
    assert moved_figures(visitor) == planned


def test_an_assumption_that_cannot_be_is_led_to(visit: Visit, lead: User, trial: Trial) -> None:
    visitor = visit(width=375, user=lead)
    visitor.go(f"/trials/{trial.slug}/?hours_per_day=25")
    visitor.look(re.escape(trial.title), error=True)
    visitor.follow("Hours a day must be")
    expect(visitor.page.locator("input[name=hours_per_day]")).to_be_focused()


def test_numbers_are_written_as_the_server_writes_them(
    visit: Visit, lead: User, trial: Trial
) -> None:
    visitor = visit(user=lead)
    visitor.go(f"/trials/{trial.slug}/")
    generator = random.Random(5)
    numbers = [generator.uniform(-1, 1) * 10 ** generator.randint(-2, 7) for _ in range(2000)]
    numbers += [sign * place / 4 for place in range(200) for sign in (1, -1)]
    script = "script[src*=assumptions]"
    address = visitor.page.locator(script).get_attribute("src")
    written = visitor.page.evaluate(
        """async ([address, numbers]) => {
          const { fixed } = await import(address);
          return numbers.map((number) => [fixed(number, 0), fixed(number, 1)]);
        }""",
        [address, numbers],
    )
    assert written == [[fixed(number, 0), fixed(number, 1)] for number in numbers]


def test_on_paper_nothing_is_cut(visit: Visit, lead: User, trial: Trial) -> None:
    visitor = visit(user=lead)
    visitor.go(f"/trials/{trial.slug}/")
    expect(pictures(visitor)).to_have_count(FIGURES)
    page = visitor.page
    page.set_viewport_size({"width": PAPER_WIDTH, "height": 1000})
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    for picture in pictures(visitor).all():
        svg = picture.locator("svg.main-svg").first.bounding_box()
        assert svg
        assert svg["x"] + svg["width"] <= PAPER_WIDTH
    for name in ("On this page", "Service navigation", "Pages of this trial"):
        expect(page.get_by_role("navigation", name=name)).to_be_hidden()
    for link in page.get_by_text("Download departments").all():
        expect(link).to_be_hidden()
    expect(page.get_by_text("Compute the results now")).to_be_hidden()
    expect(page.get_by_text(f"Printed from {page.url}")).to_be_visible()
    expect(page.get_by_text("A confidence interval is a range")).to_be_visible()
    wide = [
        table.evaluate("part => part.scrollWidth - part.parentElement.clientWidth")
        for table in page.locator(".dashboard-table > table").all()
    ]
    assert max(wide) <= 0, "a table is wider than the paper"
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="screen")
    expect(pictures(visitor).first.locator("svg.main-svg").first).not_to_have_js_property(
        "clientWidth", 660
    )


def test_without_javascript_the_tables_stay(visit: Visit, lead: User, trial: Trial) -> None:
    visitor = visit(user=lead, javascript=False)
    visitor.go(f"/trials/{trial.slug}/")
    expect(visitor.page.get_by_text("The chart needs JavaScript.").first).to_be_visible()
    expect(visitor.page.get_by_role("row", name=re.compile(SMALL_GROUP))).to_be_visible()


def test_a_download_arrives(visit: Visit, lead: User, trial: Trial) -> None:
    visitor = visit(user=lead)
    visitor.go(f"/trials/{trial.slug}/")
    with visitor.page.expect_download() as waiting:
        visitor.page.get_by_role("link", name=re.compile("Download departments")).first.click()
    assert waiting.value.suggested_filename == f"{trial.slug}-departments.csv"


def test_figures_stay_as_they_were_frozen_until_the_next_week(
    visit: Visit, lead: User, trial: Trial
) -> None:
    visitor = visit(user=lead)
    visitor.go(f"/trials/{trial.slug}/")
    moment = visitor.page.locator("#results-as-of")
    before = moment.get_attribute("datetime")
    shown = visitor.page.content()
    make_log(Participant.objects.filter(trial=trial)[0], "new", task_type=None)
    analysis.analyse(trial)
    visitor.page.reload()
    assert moment.get_attribute("datetime") == before
    people = Participant.objects.filter(trial=trial).exclude(department__name=SMALL_GROUP)
    sizes = Counter(people.values_list("department__name", flat=True))
    ((waits, _),) = sizes.most_common(1)
    few = people.filter(department__name=waits)[:2]
    with next_freeze(trial, [*few, *people.exclude(department__name=waits)]):
        pass
    visitor.page.reload()
    expect(
        visitor.page.get_by_role("row", name=re.compile(rf"^{re.escape(waits)} \(as of "))
    ).to_be_visible()
    visitor.look(re.escape(trial.title))
    assert visitor.page.content() != shown
    after = moment.get_attribute("datetime")
    assert before
    assert after
    assert after > before


def test_a_trial_without_results(visit: Visit) -> None:
    empty = make_trial()
    visitor = visit(width=375, user=make_user("sam.spoon@example.com", (Role.LEAD, empty)))
    visitor.go("/trials/teapot/")
    visitor.look("The teapot trial")
    expect(visitor.page.get_by_text("There are no results yet.")).to_be_visible()
