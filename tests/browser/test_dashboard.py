"""A lead reads a dashboard, in a real browser."""

import itertools
import re
from collections import Counter
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from measurement import analysis
from measurement.models import Participant, Role, Trial, User
from tests.browser.visitor import Visitor
from tests.dashboards.conftest import SMALL_GROUP, load_trial
from tests.freezes import next_freeze
from tests.people import make_log, make_trial, make_user

pytestmark = pytest.mark.django_db(transaction=True)
Visit = Callable[..., Visitor]
FIGURES = 3


@pytest.fixture
def trial() -> Trial:
    """Have an analysed trial with small and large groups."""
    return load_trial(participants=300)


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
    visitor.page.get_by_role("link", name=trial.title).click()
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
    picture = pictures(visitor).first
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
