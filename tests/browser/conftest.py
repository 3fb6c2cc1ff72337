"""A real Chromium against a real server."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.test import Client
from playwright.sync_api import Browser, expect, sync_playwright
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from dashboards.chromium import find_chromium
from measurement.models import Trial, User
from tests.browser.visitor import Visitor
from tests.dashboards.conftest import load_trial
from tests.stored_once import PutBack
from tests.workers import Worker
from trialsite import demo_mail
from trialsite.celery import app

# Playwright's synchronous interface runs an event loop in this thread; the tests' own queries are
# not asynchronous for that.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

# Other tests keep the processors busy; waits end as soon as what they wait for is there.
PATIENCE_MILLISECONDS = 60_000

ON_A_PHONE, AT_A_DESK = (375, True), (1280, False)
LONG = ((1280, True), (375, False), (320, None))
"""Widths with and without JavaScript; None: a page that is only looked at."""
WITHOUT_JAVASCRIPT = ("test_participant_journey.py", "test_timer_journey.py", "test_drafts.py")
"""Where pages differ most without it. The tests of all pages ask for them without a browser too."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave to `make browser` what `make test` goes without.

    A journey goes on a phone with JavaScript, and in WITHOUT_JAVASCRIPT at a desk without it, too.
    The narrowest width is left out where a page was looked at on a phone already.
    """
    on_a_phone = {_journey(item) for item in items if _way(item) == ON_A_PHONE}
    for item in items:
        is_again = _journey(item) in on_a_phone and item.path.name not in WITHOUT_JAVASCRIPT
        if _way(item) in LONG or (_way(item) == AT_A_DESK and is_again):
            item.add_marker(pytest.mark.long)


def _way(item: pytest.Item) -> tuple[int | None, bool | None]:
    given = getattr(getattr(item, "callspec", None), "params", {})
    return given.get("width"), given.get("javascript")


def _journey(item: pytest.Item) -> str:
    return item.nodeid.partition("[")[0]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Have a Chromium, or say loudly that there is none."""
    with sync_playwright() as playwright:
        path = find_chromium(playwright)
        if path is None:
            pytest.skip("NO CHROMIUM WAS FOUND: nothing was tested in a browser")
        # Chromium's sandbox does not start as root, as in containers.
        sandboxed = os.geteuid() != 0
        browser = playwright.chromium.launch(executable_path=path, chromium_sandbox=sandboxed)
        expect.set_options(timeout=PATIENCE_MILLISECONDS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def put_back() -> PutBack:
    """Return what stores a trial once for all tests that begin with it."""
    return PutBack()


@pytest.fixture
def analysed_trial(transactional_db: None, put_back: PutBack) -> Trial:
    """Have an analysed trial of 300 people with small and large groups."""
    put_back("analysed_trial", lambda: load_trial(participants=300))
    return Trial.objects.get()


@pytest.fixture
def demo(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the site as the demo does: codes are shown on a page."""
    settings.DEMO = True
    settings.EMAIL_BACKEND = "trialsite.demo_mail.EmailBackend"
    monkeypatch.setattr(demo_mail, "FOLDER", tmp_path / "mail")
    cache.clear()  # counts of earlier sign-ins


@pytest.fixture
def worker(transactional_db: None, broker: str, tmp_path: Path) -> Iterator[Worker]:
    """Have a worker at work."""
    app.control.purge()
    worker = Worker(tmp_path / "worker.log")
    worker.start()
    yield worker
    worker.stop()
    app.control.purge()


@pytest.fixture
def visit(
    browser: Browser, live_server: LiveServer, demo: None
) -> Iterator[Callable[..., Visitor]]:
    """Return a function that lets somebody visit, signed in as `user` or not."""
    visitors: list[Visitor] = []

    def start(*, width: int = 1280, javascript: bool = True, user: User | None = None) -> Visitor:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, java_script_enabled=javascript
        )
        context.set_default_timeout(PATIENCE_MILLISECONDS)
        if user is not None:
            name = django_settings.SESSION_COOKIE_NAME
            context.add_cookies([{"name": name, "value": _session(user), "url": live_server.url}])
        page = context.new_page()
        visitors.append(Visitor(page, live_server.url, javascript=javascript))
        return visitors[-1]

    yield start
    for visitor in visitors:
        visitor.page.context.close()
        visitor.leave()


def _session(user: User) -> str:
    client = Client()
    client.force_login(user)
    return client.cookies[django_settings.SESSION_COOKIE_NAME].value
