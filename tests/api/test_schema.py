import json
from collections.abc import Callable, Iterator
from dataclasses import fields
from functools import cache
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from jsonschema import Draft202012Validator

from measurement.api.results_document import (
    CheckDocument,
    EstimateDocument,
    LogCountsDocument,
    ResultsDocument,
)
from measurement.estimation.results import Check, EstimateRow, LogCounts, Results
from measurement.models import Role
from tests.api.conftest import LOGS, Team, make_log, make_survey_response


@cache
def schema() -> dict[str, Any]:
    document: dict[str, Any] = Client().get("/api/schema/").json()
    return document


def operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in schema()["paths"].items():
        for method, operation in methods.items():
            yield f"{method} {path}", operation


def test_the_schema_is_valid_and_without_warnings(
    db: None, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("spectacular", "--validate", "--fail-on-warn", "--format", "openapi-json")
    assert json.loads(capsys.readouterr().out)["openapi"].startswith("3.")


def test_every_address_is_described(db: None) -> None:
    trial = "/api/v1/trials/{slug}/"
    assert set(schema()["paths"]) == {
        "/api/v1/trials/",
        trial,
        *(f"{trial}{name}/" for name in ("results", "task-logs", "participants", "surveys")),
        f"{trial}bundle/",
        "/api/v1/power/",
    }


def test_every_operation_says_what_it_does_and_answers(db: None) -> None:
    for name, operation in operations():
        assert operation["summary"], name
        assert operation["description"], name
        assert operation["security"] == [{"token": []}], name
        assert {"400", "401", "403", "404", "500", "503"} <= set(operation["responses"]), name
        for status, response in operation["responses"].items():
            assert response["description"], (name, status)
            if int(status) >= 400:
                assert set(response["content"]) == {"application/problem+json"}, (name, status)
        for parameter in operation.get("parameters", []):
            assert parameter["description"], (name, parameter)
    assert {"409", "413", "415"} <= set(schema()["paths"][path_of(LOGS)]["post"]["responses"])


def test_every_field_is_described(db: None) -> None:
    bodies = [
        operation["requestBody"] for _, operation in operations() if "requestBody" in operation
    ]
    assert bodies
    checked = 0
    for part in (schema()["components"]["schemas"], bodies):
        for field in described_fields(part):
            assert field.get("description"), field
            checked += 1
    assert checked > 100


def described_fields(part: Any) -> Iterator[dict[str, Any]]:
    if isinstance(part, list):
        for item in part:
            yield from described_fields(item)
    elif isinstance(part, dict):
        if isinstance(part.get("properties"), dict):
            yield from part["properties"].values()
        for value in part.values():
            yield from described_fields(value)


@pytest.mark.parametrize(
    ("document", "dataclass", "more"),
    [
        (ResultsDocument, Results, {"snapshot_at", "frozen_at", "next_freeze_on"}),
        (EstimateDocument, EstimateRow, set()),
        (LogCountsDocument, LogCounts, set()),
        (CheckDocument, Check, set()),
    ],
)
def test_results_are_described_as_they_are(document: Any, dataclass: Any, more: set[str]) -> None:
    assert set(document().fields) == {field.name for field in fields(dataclass)} | more


def path_of(address: str) -> str:
    return address.replace("tea", "{slug}")


def assert_described(response: Any, address: str, method: str = "get") -> None:
    described = schema()["paths"][path_of(address)][method]["responses"][str(response.status_code)]
    content = described["content"][response["Content-Type"]]
    whole = content["schema"] | {"components": schema()["components"]}
    Draft202012Validator(whole).validate(response.json())


@pytest.mark.parametrize("name", ["", "task-logs/", "participants/", "surveys/"])
def test_answers_are_as_described(name: str, tea: Team, client_of: Callable[..., Client]) -> None:
    make_log(tea.participant, "k")
    make_survey_response(tea.participant)
    address = f"/api/v1/trials/tea/{name}"
    client = client_of(tea, Role.ANALYST, "records")
    assert_described(client.get(address), address)
    assert_described(client.get(address, {"nonsense": "1"}), address)
    assert_described(Client().get(address), address)


def test_stored_logs_and_conflicts_are_as_described(
    tea: Team, client_of: Callable[..., Client]
) -> None:
    client = client_of(tea, Role.PARTICIPANT, "write")
    body = {"key": "k", "minutes": 5, "ai_used": False}
    for minutes, status in ((5, 201), (5, 200), (6, 409), (-1, 400)):
        response = client.post(LOGS, body | {"minutes": minutes}, "application/json")
        assert response.status_code == status
        assert_described(response, LOGS, "post")
