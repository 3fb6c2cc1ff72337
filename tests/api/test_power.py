"""`/api/v1/power/`: answers, and what is wrong with a question, by name."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from measurement.estimation.power import answer
from measurement.estimation.power_inputs import ASKED, NUMBERS, PowerInputs
from measurement.models import Membership, Role
from tests.api.conftest import Team
from tests.api.test_schema import assert_described, schema

POWER = "/api/v1/power/"


@pytest.fixture
def client(tea: Team, client_of: Callable[..., Client]) -> Client:
    return client_of(tea, Role.PARTICIPANT, "write")


@pytest.mark.parametrize(
    "question",
    [
        {"design": "parallel", "saving": "0.1"},
        {"design": "stepped_wedge", "participants": "400", "weeks": "16"},
        {"design": "task_randomised", "participants": "40", "time_ratio": "0.9", "power": "0.9"},
    ],
)
def test_the_engine_answers(client: Client, question: dict[str, str]) -> None:
    numbers = {
        name: float(text) if "." in text else int(text)
        for name, text in question.items()
        if name != "design"
    }
    asked: dict[str, Any] = {name: numbers.pop(name) for name in ASKED if name in numbers}
    assumed: dict[str, Any] = numbers
    response = client.get(POWER, question)
    assert response.status_code == 200
    expected = answer(PowerInputs(design=question["design"], **assumed), **asked)
    assert response.json() == expected.as_json()
    assert_described(response, POWER)


def test_every_parameter_is_described_with_its_bounds(db: None) -> None:
    described = {item["name"]: item for item in schema()["paths"][POWER]["get"]["parameters"]}
    assert set(described) == {"design", *ASKED, *NUMBERS}
    assert described["design"]["required"]
    assert described["arms"]["schema"] == {
        "type": "integer",
        "minimum": 2,
        "maximum": 20,
        "default": 2,
    }
    assert "default" not in described["participants"]["schema"]
    assert described["weeks"]["description"] == NUMBERS["weeks"].in_designs


@pytest.mark.parametrize(
    ("question", "field", "given", "allowed"),
    [
        ({"saving": "0.1"}, "design", '""', "one of task_randomised, "),
        ({"design": "parallel"}, "participants", '"nothing"', "participants, an effect or both"),
        ({"design": "parallel", "saving": "1e-1"}, "saving", '"1e-1"', "a number from 0.001 to"),
        ({"design": "parallel", "saving": "NaN"}, "saving", '"NaN"', "a number from 0.001 to"),
        ({"design": "parallel", "arms": "2.0"}, "arms", "2.0", "a whole number from 2 to 20"),
        ({"design": "parallel", "power": "1"}, "power", "1", "a number from 0.5 to 0.999"),
        (
            {"design": "parallel", "participants": "4"},
            "participants",
            "4",
            "no answer: 4 clusters, at least 6 are needed",
        ),
    ],
)
def test_what_is_wrong_is_named(
    client: Client, question: dict[str, str], field: str, given: str, allowed: str
) -> None:
    response = client.get(POWER, question)
    assert response.status_code == 400
    assert response.json()["type"].endswith(":invalid-parameter")
    (fault,) = response.json()["errors"]
    assert (fault["field"], fault["given"]) == (field, given)
    assert fault["allowed"].startswith(allowed)
    assert_described(response, POWER)


def test_every_number_that_is_none_is_named(client: Client) -> None:
    response = client.get(POWER, {"design": "parallel", "saving": "much", "weeks": "\u0665"})
    assert [fault["field"] for fault in response.json()["errors"]] == ["saving", "weeks"]


def test_unknown_parameters_are_refused(client: Client) -> None:
    response = client.get(POWER, {"design": "parallel", "particpants": "40"})
    assert response.status_code == 400
    assert response.json()["errors"][0]["allowed"].endswith("participants")


def test_a_token_without_a_role_may_ask(client: Client, tea: Team) -> None:
    Membership.objects.all().delete()
    response = client.get(reverse("api_power"), {"design": "parallel", "saving": "0.1"})
    assert response.status_code == 200
