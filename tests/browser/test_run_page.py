"""A lead looks how the trial runs, in a real browser."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from measurement.models import Role, Trial
from tests.browser.test_dashboard import pictures
from tests.browser.visitor import Visitor
from tests.dashboards.conftest import SMALL_GROUP
from tests.people import make_user

pytestmark = pytest.mark.django_db(transaction=True)
Visit = Callable[..., Visitor]
FIGURES = 3
"""Nearly everybody logs, so who does by department is withheld."""


@pytest.mark.parametrize(("width", "javascript"), [(1280, True), (375, True), (375, False)])
def test_from_the_results_to_how_the_trial_runs(
    visit: Visit, analysed_trial: Trial, width: int, javascript: bool
) -> None:
    trial = analysed_trial
    lead = make_user("pat.ladle@example.com", (Role.LEAD, trial))
    visitor = visit(width=width, javascript=javascript, user=lead)
    page = visitor.page
    visitor.go(f"/trials/{trial.slug}/")
    visitor.follow("Run", exact=True)
    expect(page.get_by_role("link", name="Run", exact=True)).to_have_attribute(
        "aria-current", "page"
    )
    if javascript:
        expect(pictures(visitor)).to_have_count(FIGURES)
        for picture in pictures(visitor).all():
            box = picture.locator("svg.main-svg").first.bounding_box()
            assert box
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= width
    visitor.look("^Run$")
    expect(page.get_by_role("row", name=re.compile(SMALL_GROUP))).to_have_count(2)
    with page.expect_download() as waiting:
        visitor.follow(re.compile("Download who logs tasks, by week .CSV"))
    assert waiting.value.suggested_filename == f"{trial.slug}-logging-over-time.csv"
    visitor.follow("remind those who have not answered")
    visitor.look("^People$")
    visitor.go(f"/trials/{trial.slug}/#checks")
    visitor.follow("See what to do about each check")
    expect(page.get_by_role("heading", name="Checks of the trial")).to_be_in_viewport()
