"""The benchmark of the dashboard asks for the page that leads get. Speed is not tested."""

import os
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.db import connection

from benchmarks.dashboard import NAVIGATIONS, lines, measure


def test_the_page_and_a_bare_view_are_asked_in_turn(
    transactional_db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright runs an event loop
    name = connection.settings_dict["NAME"]
    address = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()
    # DEBUG: pages do not depend on which static files were collected last.
    measured = measure(60, 3, tmp_path, {"DATABASE_URL": address, "DEBUG": "1"})
    assert len(measured.page) == len(measured.bare) == 3
    assert measured.size > 20_000
    assert len(measured.first_plots) in (0, NAVIGATIONS)
    table = "\n".join(lines(measured))
    assert "The dashboard of 60 people from stored results" in table
    assert ("first plot in Chromium" in table) == bool(measured.first_plots)
    measured.first_plots = []
    assert "No Chromium was found" in "\n".join(lines(measured))
