"""A person with a browser, and what must hold for every page they see."""

import gzip
import os
import re
from pathlib import Path
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Locator, Page, Response, expect

PARTICIPANT_PAGE_BYTES = 60_000
BUILD = """[...document.querySelectorAll("*")].map((one) => [
  one.tagName, one.className, one.type, ...one.getAttributeNames(),
]).join()"""
"""What a page is made of: its elements and their attributes, without its words and numbers."""
PASSED: set[tuple[int, str]] = set()
SCREENSHOTS = os.environ.get("SCREENSHOTS")
"""A folder: every page looked at is kept there as a picture."""


class Visitor:
    """Drives one page and notes everything that it loads and complains about."""

    def __init__(self, page: Page, origin: str, *, javascript: bool) -> None:
        self.page = page
        self.origin = origin
        self.javascript = javascript
        self.complaints: list[str] = []
        self.addresses: list[str] = []
        self.responses: list[Response] = []
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.addresses.append(request.url))
        page.on("response", lambda response: self.responses.append(response))

    def go(self, path: str) -> None:
        """Open a page of the site."""
        self.responses.clear()
        self.page.goto(self.origin + path)

    def press(self, name: str) -> None:
        """Press a button or follow a link that looks like one."""
        self._click(self.page.get_by_role("button", name=name, exact=True))

    def follow(self, name: str | re.Pattern[str], *, exact: bool = False) -> None:
        """Follow a link."""
        self._click(self.page.get_by_role("link", name=name, exact=exact))

    def look(self, heading: str, *, error: bool = False) -> None:
        """Expect a page and check what must hold for every page."""
        expect(self.page.get_by_role("heading", level=1)).to_have_text(re.compile(heading))
        # The words can stand there before the styles do.
        self.page.wait_for_load_state("load")
        assert self.page.locator("h1").count() == 1
        assert self.page.title().startswith(("Error: ", "Gwall: ")) == error
        assert self.page.title().endswith(" - Trialsite")
        if self.javascript:  # both checks are scripts themselves
            assert self._overflow() <= 0, f"{self.page.url} is wider than the screen"
            self._hold_to_axe()
        self._keep_picture()

    def weigh(self) -> int:
        """Return the bytes, compressed, of the page that `go` opened and all that it loaded."""
        return sum(len(gzip.compress(response.body())) for response in self.responses)

    def leave(self) -> None:
        """Check what was noted: nothing from elsewhere, no complaint of the browser."""
        origins = {urlsplit(address).netloc for address in self.addresses}
        assert origins <= {urlsplit(self.origin).netloc}
        assert not self.complaints

    def _click(self, what: Locator) -> None:
        """Click, and wait until the page that this opens is whole: a click waits for its start."""
        what.click()
        self.page.wait_for_load_state("load")

    def _hold_to_axe(self) -> None:
        """Ask axe, unless it has passed a page of that build at that width before."""
        size = self.page.viewport_size or {"width": 0}
        build = (size["width"], str(self.page.evaluate(BUILD)))
        if build in PASSED:
            return
        violations = Axe().run(self.page)
        assert violations.violations_count == 0, violations.generate_report()
        PASSED.add(build)

    def _hear(self, message: ConsoleMessage) -> None:
        # Browsers complain about each answer that is an error; some of ours are meant.
        if message.type in ("error", "warning") and "the server responded" not in message.text:
            self.complaints.append(message.text)

    def _overflow(self) -> int:
        width = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        return int(self.page.evaluate(width))

    def _keep_picture(self) -> None:
        if SCREENSHOTS:
            size = self.page.viewport_size or {"width": 0}
            name = re.sub(r"\W+", "-", self.page.title()).strip("-")
            script = "" if self.javascript else "-plain"
            path = Path(SCREENSHOTS) / f"{name}-{size['width']}{script}.png"
            self.page.screenshot(path=path, full_page=True)
