"""The dashboard of the demonstration trial, 20,000 people, from stored results on real HTTP.

Beside it a bare Django view behind the same web server, asked in turn: the ratio says what the
database, the disclosure rules, the figures and the templates cost. Then Chromium says how long
after a navigation the first plot stands on the page, with everything static in its cache.
"""

import http.client
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import sync_playwright

from benchmarks.web import serving
from dashboards.chromium import find_chromium
from trialsite.embedded import VAR

REQUESTS = 200
WARM_UPS = 10
NAVIGATIONS = 5
# Notes the moment in which the first picture stands on the page.
WATCH = """new MutationObserver((_, watching) => {
  if (document.querySelector("[data-figure] svg.main-svg")) {
    window.firstPlot = performance.now();
    watching.disconnect();
  }
}).observe(document, { childList: true, subtree: true });"""


@dataclass
class Measured:
    """Times in seconds, one for each answer or navigation; `size` of the page in bytes.

    `first`: the slowest answer while the processes had not made the page's spreadsheets yet.
    """

    people: int
    first: float = 0.0
    page: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    first_plots: list[float] = field(default_factory=list)
    size: int = 0


def report() -> None:
    """Measure and print the table. Needs Django set up on a database that is migrated."""
    from fixtures.demo import DEMO_PARTICIPANTS

    print("\n".join(lines(measure(DEMO_PARTICIPANTS, REQUESTS, VAR / "bench"))))


def measure(
    people: int, requests: int, folder: Path, environment: Mapping[str, str] | None = None
) -> Measured:
    """Load and analyse the demonstration trial of so many people and ask for its page so often."""
    from benchmarks.people import session_of
    from fixtures.demo import demo_trial
    from measurement import analysis, bundles
    from measurement.models import Membership, Role, User

    trial = bundles.load(demo_trial(participants=people).bundle)
    analysis.analyse(trial)
    lead = User.objects.create(email="pat.ladle@bench.example", password="!")  # noqa: S106  # none
    Membership.objects.create(user=lead, trial=trial, role=Role.LEAD)
    path, session, more = f"/trials/{trial.slug}/", session_of(lead), dict(environment or {})
    measured = Measured(people)
    with ExitStack() as stack:
        site = stack.enter_context(serving("site", folder, more))
        settings = {"DJANGO_SETTINGS_MODULE": "benchmarks.bare_settings"}
        bare = stack.enter_context(serving("bare", folder, more | settings))
        for number in range(WARM_UPS + requests):
            page, measured.size = _ask(site, path, session)
            plain, _ = _ask(bare, "/page/", session)
            if number < WARM_UPS:
                measured.first = max(measured.first, page)
            else:
                measured.page.append(page)
                measured.bare.append(plain)
        # In a thread of its own: Playwright leaves an event loop in the one in which it ran.
        with ThreadPoolExecutor(max_workers=1) as thread:
            measured.first_plots = thread.submit(_first_plots, site, path, session).result()
    return measured


def lines(measured: Measured) -> Iterator[str]:
    """Yield the lines of the table."""
    yield (
        f"The dashboard of {measured.people:,} people from stored results, "
        f"{measured.size / 1024:,.0f} KB, {len(measured.page)} times"
    )
    yield f"{'what':<42}{'p50, ms':>12}{'p95, ms':>12}"
    for name, times in {
        "the dashboard": measured.page,
        "a bare Django view": measured.bare,
    }.items():
        yield f"{name:<42}{_quantile(times, 0.5):>12.1f}{_quantile(times, 0.95):>12.1f}"
    ratios = [
        _quantile(measured.page, share) / _quantile(measured.bare, share) for share in (0.5, 0.95)
    ]
    yield f"{'the dashboard / a bare view':<42}{ratios[0]:>12.1f}{ratios[1]:>12.1f}"
    yield f"{'the slowest before, with spreadsheets made':<42}{'':>12}{1e3 * measured.first:>12.1f}"
    if measured.first_plots:
        plots = measured.first_plots
        yield (
            f"{'first plot in Chromium, warm cache':<42}{_quantile(plots, 0.5):>12.0f}"
            f"{max(plots) * 1e3:>12.0f}"
        )
    else:
        yield "No Chromium was found: the first plot was not measured."


def _quantile(times: list[float], share: float) -> float:
    """Return the time in milliseconds within which that share of the answers came."""
    ordered = sorted(times)
    return 1e3 * ordered[min(int(share * len(ordered)), len(ordered) - 1)]


def _ask(port: int, path: str, session: str) -> tuple[float, int]:
    """Ask for a page; return the seconds until its end, and its bytes."""
    began = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", path, headers={"Cookie": f"session={session}"})
        answer = connection.getresponse()
        body = answer.read()
    finally:
        connection.close()
    if answer.status != http.HTTPStatus.OK:
        raise RuntimeError(f"{path} was answered with {answer.status}")
    return time.perf_counter() - began, len(body)


def _first_plots(port: int, path: str, session: str) -> list[float]:
    """Return the seconds from navigation to the first plot; empty without a Chromium."""
    address = f"http://127.0.0.1:{port}"
    with sync_playwright() as playwright:
        found = find_chromium(playwright)
        if found is None:
            return []
        browser = playwright.chromium.launch(executable_path=found, chromium_sandbox=False)
        context = browser.new_context()
        context.add_cookies([{"name": "session", "value": session, "url": address}])
        context.add_init_script(WATCH)
        page = context.new_page()
        times = []
        for _ in range(1 + NAVIGATIONS):
            page.goto(address + path)
            page.wait_for_function("window.firstPlot")
            times.append(page.evaluate("window.firstPlot") / 1e3)
        browser.close()
    return times[1:]  # the first one fills the cache
