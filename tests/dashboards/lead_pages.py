"""What a lead's pages say, and checks to show on them."""

import re
from typing import Any

from django.test import Client

from measurement.models import Snapshot
from tests.dashboards.conftest import Led
from tests.dashboards.test_spreadsheet import sheets_of

QUERIES_PER_PAGE = 12


def client_of(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def content_of(led: Led, path: str = "") -> bytes:
    response = client_of(led.lead).get(f"/trials/{led.trial.slug}/{path}")
    assert response.status_code == 200
    return response.content


def text_of(led: Led, path: str = "") -> str:
    return content_of(led, path).decode("utf-8-sig")


def cells_of(led: Led, path: str) -> list[list[Any]]:
    """Return the values of every row of every sheet."""
    sheets = sheets_of(content_of(led, path))
    return [[value for _, value in row] for sheet in sheets.values() for row in sheet]


def visible(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def publish_checks(led: Led, checks: list[dict[str, Any]]) -> None:
    """Put a snapshot with these checks in the place of the stored one."""
    snapshot = Snapshot.objects.get(trial=led.trial)
    snapshot.delete()
    snapshot.document["checks"] = checks
    snapshot.save(force_insert=True)
