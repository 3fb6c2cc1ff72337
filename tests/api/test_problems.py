from collections.abc import Callable

import pytest
from django.core.exceptions import PermissionDenied
from django.db import OperationalError, connection
from django.http import Http404
from django.test import Client
from rest_framework.exceptions import Throttled

from measurement.api.problems import problem_response, shown
from measurement.models import Role
from tests.api.conftest import Team, make_log

SURVEYS = "/api/v1/trials/tea/surveys/"


@pytest.mark.parametrize(
    "address",
    [
        "/api/",
        "/api/v1/",
        "/api/v2/trials/",
        "/api/v1/trials",
        "/api/v1/trials/tea/task-logs",
        "/api/v1/trials/tea/task-logs/1/",
        "/api/v1/trials/%00/",
        "/api/v1/trials/%ff/",
        "/api/v1/trials/t%C3%A9/",
        "/api/v1/trials/a b/",
        "/api/.env",
        "/api/.git/config",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_every_unknown_address_is_a_problem(db: None, address: str, method: str) -> None:
    response = Client(enforce_csrf_checks=True).generic(method, address)
    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"
    assert response.json() == {
        "type": "urn:trialsite:problem:not-found",
        "title": "Not found",
        "status": 404,
        "detail": "There is nothing at this address for you.",
    }


@pytest.mark.parametrize("method", ["POST", "PUT", "TRACE"])
@pytest.mark.parametrize("address", ["/api/docs/", "/api/schema/"])
def test_public_addresses_refuse_other_methods(db: None, address: str, method: str) -> None:
    response = Client(enforce_csrf_checks=True).generic(method, address)
    assert response.status_code == 405
    assert response["Content-Type"] == "application/problem+json"
    assert "GET" in response["Allow"]


def test_a_failure_of_ours_says_nothing_about_us(
    tea: Team, client_of: Callable[..., Client], caplog: pytest.LogCaptureFixture
) -> None:
    client = client_of(tea, Role.ANALYST, "records")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE measurement_surveyresponse RENAME TO mislaid")
    response = client.get(SURVEYS)
    assert response.status_code == 500
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["type"] == "urn:trialsite:problem:internal-error"
    for word in ("surveyresponse", "Traceback", "relation", "psycopg", "SELECT"):
        assert word not in response.content.decode()
    assert "surveyresponse" in caplog.text


def test_without_the_database_the_client_is_asked_to_come_back() -> None:
    response = problem_response(OperationalError("server closed the connection"), {})
    assert response.status_code == 503
    assert response["Retry-After"] == "5"
    assert b"closed" not in response.content


@pytest.mark.parametrize(
    ("exception", "status"),
    [
        (Http404("a secret name"), 404),
        (PermissionDenied("a secret reason"), 403),
        (Throttled(wait=17, detail="a secret limit"), 429),
        (ValueError("a secret"), 500),
    ],
)
def test_exceptions_keep_their_words_to_themselves(exception: Exception, status: int) -> None:
    response = problem_response(exception, {})
    assert response.status_code == status
    assert b"secret" not in response.content
    assert response.get("Retry-After") == ("17" if status == 429 else None)


def test_a_refusal_says_what_is_needed(tea: Team, client_of: Callable[..., Client]) -> None:
    detail = client_of(tea, Role.LEAD, "results").get(SURVEYS).json()["detail"]
    assert detail == "This needs a token with the scope records; this one has results."
    detail = client_of(tea, Role.LEAD, "records").get(SURVEYS).json()["detail"]
    assert detail == "This needs the role analyst in the trial; you are lead."


def test_a_wrong_host_is_a_problem(db: None) -> None:
    response = Client().get(SURVEYS, headers={"Host": "elsewhere.example"})
    assert response.status_code == 400
    assert response.json()["type"] == "urn:trialsite:problem:bad-request"


def test_a_large_body_is_refused_before_anything_else(db: None) -> None:
    response = Client().post(SURVEYS, b"a" * 10_000_000, content_type="text/plain")
    assert response.status_code == 413
    assert response["Content-Type"] == "application/problem+json"


def test_answers_carry_security_headers(tea: Team, client_of: Callable[..., Client]) -> None:
    make_log(tea.participant, "k")
    client = client_of(tea, Role.ANALYST, "records")
    for address in (SURVEYS, "/api/nowhere/", SURVEYS + "?a=1", "/api/docs/"):
        response = client.get(address)
        assert response["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in response["Content-Security-Policy"]
        assert response["X-Frame-Options"] == "DENY"


def test_what_was_given_is_shown_in_printable_ascii() -> None:
    assert shown("a\x00\u202e\ud800") == '"a\\u0000\\u202e\\ud800"'
    assert shown(float("nan")) == "NaN"
    assert shown(None) == "nothing"
    assert len(shown("x" * 1000)) < 110
