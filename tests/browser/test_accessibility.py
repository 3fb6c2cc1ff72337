"""Accessibility beyond axe: one walk over every page that participants see."""

import datetime
import re
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.urls import resolve
from django.utils import timezone
from playwright.sync_api import Page, expect

from measurement import inviting, reminder_choices
from measurement.models import Invitation, Participant, TaskLog
from measurement.urls import urlpatterns
from tests.browser import accessibility
from tests.browser.participant_pages import PAGES, Seen
from tests.browser.test_participant_journey import Visit
from tests.browser.visitor import PARTICIPANT_PAGE_BYTES, Visitor
from tests.people import make_participant, make_trial, make_user

pytestmark = pytest.mark.django_db(transaction=True)
ERRORS = [seen for seen in PAGES if seen.error]
EVERY = 3
"""Of so many pages one is walked in `make test`, and all are in `make browser`."""
Check = Callable[[Page], list[str]]


@pytest.fixture
def robin() -> Participant:
    """Somebody invented whose trial has its survey of the first week today."""
    begun = timezone.localdate() - datetime.timedelta(days=4)
    trial = make_trial(starts_on=begun, simulated=True)
    return make_participant(trial, make_user("robin.teapot@example.com"))


def address_of(seen: Seen, robin: Participant) -> str:
    """Return the page's address with what it names."""
    log, invitation = TaskLog.objects.last(), Invitation.objects.last()
    assert robin.user
    return seen.path.format(
        log=log.pk if log else 0,
        invitation=inviting.token_of(invitation) if invitation else "",
        stop=reminder_choices.stop_path(robin.user).rstrip("/").rsplit("/", 1)[-1],
    )


def open_page(visit: Visit, robin: Participant, seen: Seen, *, javascript: bool = True) -> Visitor:
    seen.before(robin)
    visitor = visit(javascript=javascript, user=robin.user if seen.signed_in else None)
    visitor.go(address_of(seen, robin))
    assert visitor.weigh() < PARTICIPANT_PAGE_BYTES
    seen.then(visitor.page)
    name = re.sub(r" \(page .*", "", seen.heading)
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text(name)
    title = f"{'Error: ' if seen.error else ''}{seen.heading} - Trialsite"
    expect(visitor.page).to_have_title(title)
    return visitor


def some(pages: Sequence[Seen]) -> list[Any]:
    """Return the pages for a test, most of them marked as long."""
    return [
        pytest.param(seen, id=seen.name, marks=[pytest.mark.long] if place % EVERY else [])
        for place, seen in enumerate(pages)
    ]


@pytest.mark.parametrize("seen", some(PAGES))
def test_the_page_is_for_everybody(visit: Visit, robin: Participant, seen: Seen) -> None:
    page = open_page(visit, robin, seen).page
    checks = [*([accessibility.errors] if seen.error else []), *accessibility.CHECKS]
    assert not {check.__name__: wrong for check in checks if (wrong := check(page))}


@pytest.mark.parametrize("seen", some(ERRORS))
def test_errors_lead_to_their_fields_without_javascript(
    visit: Visit, robin: Participant, seen: Seen
) -> None:
    page = open_page(visit, robin, seen, javascript=False).page
    summary = page.locator(".govuk-error-summary")
    expect(summary.locator("xpath=following::h1")).to_have_count(1)
    for link in summary.get_by_role("link").all():
        link.focus()
        page.keyboard.press("Enter")
        field = page.locator(link.get_attribute("href") or "")
        expect(field).to_be_focused()
        expect(field).to_be_in_viewport()


def test_every_page_of_participants_is_walked() -> None:
    """But for what shows no page of its own address, and for what only staff see."""
    paths = {urlsplit(seen.path).path for seen in PAGES} - {"/no-such-page/"}
    walked = {resolve(re.sub(r"{.*?}", "1", path)).url_name for path in paths}
    no_pages = {
        "account_confirm_login_code",  # seen after asking for a code
        "account_login",
        "choose_language",
        "download_my_data",
        "draft_of_announced",
        "draft_of_log",
        "draft_of_timed",
        "oidc_start",
        "openid_connect_callback",
        "withdrawn",  # seen once, after leaving
    }
    of_staff = {
        "api_guide",
        "mfa_activate_totp",
        "mfa_authenticate",
        "mfa_deactivate_totp",
        "mfa_generate_recovery_codes",
        "mfa_reauthenticate",
        "mfa_view_recovery_codes",
        "socialaccount_login_cancelled",
    }
    named = {pattern.name for pattern in urlpatterns}
    assert named - no_pages - of_staff <= walked


def test_titles_tell_the_pages_apart() -> None:
    paths: dict[str, set[str]] = {}
    for seen in PAGES:
        paths.setdefault(seen.name, set()).add(seen.path)
    assert not [(name, several) for name, several in paths.items() if len(several) > 1]


H1 = "document.querySelector('h1')"


def added(html: str, style: str = "") -> str:
    """Return a script that adds an element; a style in the markup would break the policy."""
    return (
        f"document.querySelector('main').insertAdjacentHTML('beforeend', `{html}`);"
        f"document.querySelector('main').lastElementChild.style.cssText = '{style}'"
    )


BARE_BUTTON = added("<button>Go</button>", "all: unset")
TINY_BUTTON = added("<button>.</button>", "width: 9px; height: 9px; padding: 0")
DEAD_SKIP_LINK = (
    "const skip = document.querySelector('.govuk-skip-link'); const copy = skip.cloneNode(true);"
    "copy.href = '#nothing'; skip.replaceWith(copy)"
)
FAULTS: list[tuple[Check, str, str]] = [
    (accessibility.reflow, f"{H1}.style.minWidth = '700px'", "320 px: the page scrolls sideways"),
    (
        accessibility.reflow,
        f"{H1}.style.cssText = 'position: relative; left: -90px'",
        "400 %: outside: h1 Log a task",
    ),
    (
        accessibility.text_spacing,
        f"{H1}.style.cssText = `height: ${{{H1}.offsetHeight}}px; overflow: hidden`",
        "spaced, 1280 px: cut off: h1 Log a task",
    ),
    (
        accessibility.text_spacing,
        f"{H1}.style.whiteSpace = 'nowrap'; {H1}.textContent = 'Log one more task'",
        "spaced, 320 px: outside: h1 Log one more task",
    ),
    (accessibility.axe_rules, f"{TINY_BUTTON}; {TINY_BUTTON}", "target-size"),
    (
        accessibility.axe_rules,
        added('<button aria-label="Dispatch">Send answers</button>'),
        "label-content-name-mismatch",
    ),
    (accessibility.axe_rules, f"{H1}.style.color = '#ccc'", "1280 px, color-contrast: <h1"),
    (accessibility.stillness, f"{H1}.style.transition = 'color 1s'", "h1 Log a task moves"),
    (
        accessibility.stillness,
        "document.documentElement.style.scrollBehavior = 'smooth'",
        "html ",
    ),
    (
        accessibility.stillness,
        f"{H1}.animate({{opacity: [0, 1]}}, {{duration: 1e6}})",
        "an animation runs",
    ),
    (accessibility.purposes, added("<input name=email>"), "no purpose: email"),
    (accessibility.purposes, added("<input type=tel name=x>"), "no purpose: x"),
    (accessibility.keyboard, BARE_BUTTON, "focus does not show: button Go"),
    (
        accessibility.keyboard,
        added('<a href="/">Away</a>', "position: fixed; left: -999px"),
        "focused out of sight: a Away",
    ),
    (accessibility.keyboard, "document.querySelector('main button').tabIndex = 5", " stops at "),
    (accessibility.skip_link, DEAD_SKIP_LINK, "the skip link does not skip"),
    (
        accessibility.skip_link,
        "document.querySelector('.govuk-skip-link').remove()",
        "the first stop is no visible skip link",
    ),
    (
        accessibility.forced_colours,
        BARE_BUTTON,
        "focus does not show in forced colours: button Go",
    ),
    (
        accessibility.errors,
        "document.querySelector('.govuk-error-summary').blur()",
        "the error summary has no focus",
    ),
    (
        accessibility.errors,
        "document.querySelector('.govuk-error-summary a').href = '#nothing'",
        "Select what kind of task it was does not lead to its field",
    ),
    (
        accessibility.errors,
        "document.querySelector('#id_minutes').removeAttribute('aria-describedby')",
        "not read out at its field: Enter how many minutes the task took",
    ),
]


def test_every_planted_fault_is_found(visit: Visit, robin: Participant) -> None:
    (log_errors,) = [seen for seen in ERRORS if seen.heading == "Log a task"]
    visitor = open_page(visit, robin, log_errors)
    page = visitor.page
    missed = []
    for check, plant, found in FAULTS:
        visitor.go(log_errors.path)
        log_errors.then(page)
        page.evaluate(f"() => {{ {plant} }}")
        wrong = check(page)
        if not any(found in text for text in wrong):
            missed.append((check.__name__, found, wrong))
    assert not missed
