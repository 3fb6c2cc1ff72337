"""Finds a Chromium to drive."""

import shutil
from pathlib import Path

from playwright.sync_api import Playwright

# The headless shell starts in half the time of the whole browser.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


def find_chromium(playwright: Playwright) -> str | None:
    """Return the path of a Chromium: the machine's own, else one that Playwright installed."""
    for name in NAMES:
        if path := shutil.which(name):
            return path
    own = Path(playwright.chromium.executable_path)
    return str(own) if own.exists() else None
