"""The API's documentation in a real browser: readable, and nothing from elsewhere."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.visitor import Visitor

pytestmark = pytest.mark.django_db(transaction=True)
Visit = Callable[..., Visitor]
# Swagger UI makes every table of responses a region. A best practice, not one of WCAG's criteria.
AXE = {"rules": {"landmark-unique": {"enabled": False}}}


@pytest.mark.parametrize("width", [pytest.param(1280, marks=pytest.mark.long), 375])
def test_every_address_can_be_looked_up(visit: Visit, width: int) -> None:
    visitor = visit(width=width)
    visitor.go("/api/docs/")
    page = visitor.page
    expect(page.locator(".opblock")).to_have_count(9)
    visitor.look("API")
    page.get_by_role("button", name="/api/v1/trials/{slug}/results/").first.click()
    expect(page.get_by_text("Last day that counts as a working day.")).to_be_visible()
    violations = Axe().run(page, context=".opblock.is-open", options=AXE)
    assert violations.violations_count == 0, violations.generate_report()


def test_without_javascript_the_description_is_linked(visit: Visit) -> None:
    visitor = visit(javascript=False)
    visitor.go("/api/docs/")
    expect(visitor.page.get_by_text("The list needs JavaScript")).to_be_visible()
    visitor.follow("Description for programs")
    assert visitor.page.url.endswith("/api/schema/")
