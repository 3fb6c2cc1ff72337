"""Figures as pictures and pages as PDF, by a Chromium that reaches no network."""

import base64
import os
import shutil
import urllib.parse
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, Error, Page, PdfMargins, Playwright, sync_playwright

# The headless shell starts in half the time of the whole browser.
NAMES: Final = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
PLOTLY: Final = Path(__file__).parent / "static" / "build" / "plotly.min.js"
WIDTH: Final = 960
"""Pixels of a picture, of which a PNG has twice as many each way."""
MARGINS: Final[PdfMargins] = {
    "top": "20mm",
    "bottom": "20mm",
    "left": "18mm",
    "right": "18mm",
}
SCALE: Final = 0.8
"""Makes text of the size for screens one for paper: about 11 points."""
MILLISECONDS: Final = 60_000
NO_SANDBOX: Final = "sandboxing failed"
"""What Playwright says where Chromium's sandbox does not start."""
# Chromium's own templates of header and footer know no style sheet.
FOOTER: Final = (
    '<div style="width: 100%; font: 8pt arial, sans-serif; text-align: center">'
    'Page <span class="pageNumber"></span> of <span class="totalPages"></span></div>'
)
_DRAW: Final = """async ([figure, size]) => {
  const place = document.createElement("div");
  const whole = await Plotly.newPlot(place, figure.data, {...figure.layout, ...size});
  const made = {};
  for (const [format, scale] of [["svg", 1], ["png", 2]])
    made[format] = await Plotly.toImage(whole, {format, scale, ...size});
  Plotly.purge(place);
  return made;
}"""


class NoChromium(Exception):  # noqa: N818 - what is missing
    """There is no Chromium on this machine: neither pictures nor a PDF can be made."""


@dataclass(frozen=True)
class Picture:
    """A figure as SVG, and as PNG of twice its size."""

    svg: bytes
    png: bytes


class Printer:
    """A browser that draws and prints. Nothing that it is given reaches a network, or a script."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._drawing: Page | None = None

    def picture(self, figure: Mapping[str, Any]) -> Picture:
        """Return a figure, as Plotly's JSON has it, as pictures of its own height."""
        if self._drawing is None:
            self._drawing = self._page(scripts=True)
            self._drawing.add_script_tag(path=PLOTLY)
        size = {"width": WIDTH, "height": figure["layout"]["height"]}
        made = self._drawing.evaluate(_DRAW, [figure, size])
        svg = urllib.parse.unquote(made["svg"].partition(",")[2])
        return Picture(svg.encode(), base64.b64decode(made["png"].partition(",")[2]))

    def pdf(self, html: str) -> bytes:
        """Return a page, whole in itself, as a tagged PDF on A4 with an outline of its headings."""
        page = self._page(scripts=False)
        page.set_content(html, wait_until="load")
        made = page.pdf(
            format="A4",
            margin=MARGINS,
            scale=SCALE,
            tagged=True,
            outline=True,
            print_background=True,
            display_header_footer=True,
            header_template="<span></span>",
            footer_template=FOOTER,
        )
        page.context.close()
        return made

    def _page(self, *, scripts: bool) -> Page:
        context = self._browser.new_context(offline=True, java_script_enabled=scripts)
        context.set_default_timeout(MILLISECONDS)
        return context.new_page()


@contextmanager
def printer() -> Iterator[Printer]:
    """Have a browser for a while. Inside, this thread must not ask the database.

    Raises NoChromium.
    """
    with sync_playwright() as playwright:
        path = find_chromium(playwright)
        if path is None:
            raise NoChromium("no Chromium was found on this machine")
        browser = _launched(playwright, path)
        try:
            yield Printer(browser)
        finally:
            browser.close()


def _launched(playwright: Playwright, path: str) -> Browser:
    """Return a browser in its own sandbox or, where none starts, without it.

    None starts as root, nor in a container, which forbids what the sandbox is made of and is one
    itself.
    """
    if os.geteuid() != 0:
        try:
            return playwright.chromium.launch(executable_path=path, chromium_sandbox=True)
        except Error as error:
            if NO_SANDBOX not in str(error):
                raise
    return playwright.chromium.launch(executable_path=path, chromium_sandbox=False)


def find_chromium(playwright: Playwright) -> str | None:
    """Return the path of a Chromium: the machine's own, else one that Playwright installed."""
    for name in NAMES:
        if path := shutil.which(name):
            return path
    own = Path(playwright.chromium.executable_path)
    return str(own) if own.exists() else None
