"""Somebody invented who leads a trial and answers the pages of its set-up."""

import html
import re
from typing import Any

from django.test import Client

from measurement.models import (
    Trial,
    User,
)

PAGES = "/trials/tea/set-up/"
DATES = {
    "starts_on_day": "4",
    "starts_on_month": "9",
    "starts_on_year": "2034",
    "ends_on_day": "24",
    "ends_on_month": "11",
    "ends_on_year": "2034",
    "run_in_days": "7",
    "read_out_on_day": "8",
    "read_out_on_month": "12",
    "read_out_on_year": "2034",
}


SMALLEST = "Smallest group shown must be 10 people or more, so that nobody can be recognised"

ANALYSIS: dict[str, Any] = {
    "treatment": "used",
    "confidence": "90",
    "shortest": "1",
    "longest": "2.5",
    "exclude_flags": ["too_short", "duplicate"],
    "subgroups": ["grade"],
    "multiplicity": "benjamini_hochberg",
    "day_basis": "logged_days",
}


class Lead:
    """Somebody invented who leads a trial, and the pages that they see."""

    def __init__(self, client: Client, user: User) -> None:
        self.client, self.user = client, user
        client.force_login(user)

    def page(self, name: str, query: str = "") -> str:
        return self.text(self.client.get(f"{PAGES}{name}{query}"))

    def text(self, response: Any) -> str:
        return html.unescape(response.content.decode())

    def seen(self, page: str) -> str:
        found = re.search(r'name="seen" value="(\w*)"', page)
        assert found
        return found[1]

    def numbers(self, **changes: str) -> dict[str, str]:
        """Return what the page about the number of people shows, with changes."""
        shown = dict(
            re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', self.page("people/"))
        )
        return {name: text for name, text in shown.items() if name != "seen"} | changes

    def send(self, name: str, given: dict[str, Any], **more: Any) -> Any:
        """Send a page with what it had shown as seen."""
        answers = {"seen": self.seen(self.page(name)), **given, **more}
        return self.client.post(f"{PAGES}{name}", answers)

    def save(self, name: str, given: dict[str, Any], **more: Any) -> Trial:
        response = self.send(name, given, **more)
        assert response.status_code == 302, errors(self.text(response))
        return Trial.objects.get()

    def refused(self, name: str, given: dict[str, Any], **more: Any) -> list[str]:
        response = self.send(name, given, **more)
        assert response.status_code == 422
        page = self.text(response)
        assert re.search(r"<title>\s*Error:", page)
        assert page.count("<h1") == 1
        return errors(page)

    def choose(self, kind: str) -> Trial:
        return self.save("design/choose/", {"kind": kind})


def errors(page: str) -> list[str]:
    """Return what the error summary says; its links lead to controls of the page."""
    found = re.search(r'class="govuk-error-summary".*?</ul>', page, re.DOTALL)
    if not found:
        return []
    for target in re.findall(r'href="#([^"]+)"', found[0]):
        assert f'id="{target}"' in page, target
    items = re.findall(r"<li>(.*?)</li>", found[0], re.DOTALL)
    return [re.sub(r"<[^>]+>", "", item).strip() for item in items]


def lock(lead: Lead) -> None:
    response = lead.send("check/", {"confirmed": "true"})
    assert response.status_code == 302, errors(lead.text(response))
