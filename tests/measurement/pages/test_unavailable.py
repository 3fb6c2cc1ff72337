"""A database that cannot be reached: every page says so, and what was typed is not lost."""

from collections.abc import Callable, Iterator

import pytest
from django.db import connection
from django.test import Client

from measurement.models import Participant, TaskLog
from tests.measurement.pages.page import answers

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def database_is(robin: Participant) -> Iterator[Callable[[str], None]]:
    """Let the database be "down", as nobody listens where it is looked for, and "up" again."""
    where = str(connection.settings_dict["HOST"])

    def set_to(state: str) -> None:
        connection.close()
        connection.settings_dict["HOST"] = where if state == "up" else "/nowhere"

    yield set_to
    set_to("up")


@pytest.fixture
def visitor(client: Client, robin: Participant) -> Client:
    assert robin.user
    client.force_login(robin.user)
    client.raise_request_exception = False
    return client


@pytest.mark.parametrize("page", ["/", "/log/", "/my-logs/", "/trials/", "/reports/", "/nowhere/"])
def test_pages_say_when_to_come_back(
    visitor: Client, database_is: Callable[[str], None], page: str
) -> None:
    database_is("down")
    answer = visitor.get(page)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "Sorry, the service is not available" in answer.content.decode()
    database_is("up")
    assert visitor.get(page).status_code in (200, 302, 404)


def test_what_was_typed_is_stored_by_a_reload(
    visitor: Client, database_is: Callable[[str], None]
) -> None:
    typed = answers()
    database_is("down")
    assert visitor.post("/log/", typed).status_code == 503
    database_is("up")
    assert [visitor.post("/log/", typed).status_code for _ in range(2)] == [302, 302]
    assert TaskLog.objects.count() == 1


def test_programs_that_a_browser_runs_get_a_problem(
    visitor: Client, database_is: Callable[[str], None]
) -> None:
    """The session is read before the API is reached."""
    database_is("down")
    answer = visitor.get("/api/v1/trials/")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.json()["type"] == "urn:trialsite:problem:unavailable"
