import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoDbBlocker

from measurement import analysis, stored_results
from measurement.estimation.disclosure import published
from measurement.models import Participant, Role, Snapshot
from tests.api.conftest import RESULTS, Team, make_log, make_participant, make_team
from tests.api.test_schema import assert_described
from tests.freezes import change_logs, weeks_later
from tests.stored_once import stored_once

COFFEES = "/api/v1/trials/coffee/results/"
PEOPLE = 24


def analysed_team() -> Team:
    """Somebody with AI takes about two thirds of the time that somebody without takes."""
    tea = make_team("tea")
    for number in range(PEOPLE):
        arm = ("control", "ai")[number % 2]
        participant = make_participant(tea.trial, f"r-{number:02}", arm=arm)
        for task in range(3):
            minutes = (30 if arm == "control" else 20) + (7 * number + 5 * task) % 11 / 3
            make_log(participant, f"k-{task}", minutes=minutes)
    analysis.analyse(tea.trial)
    return tea


@pytest.fixture(scope="module")
def stored(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Team]:
    with stored_once(django_db_blocker, analysed_team) as team:
        yield team


@pytest.fixture
def tea(db: None, stored: Team) -> Team:
    return stored


@pytest.fixture
def analysed(tea: Team) -> Team:
    return tea


@pytest.fixture
def analyst(tea: Team, client_of: Callable[..., Client]) -> Client:
    return client_of(tea, Role.ANALYST, "results")


def found(team: Team) -> stored_results.StoredResults:
    results = stored_results.latest_results(team.trial)
    assert results is not None
    return results


def row_of(document: dict[str, Any], estimand: str, dimension: str = "all") -> dict[str, Any]:
    rows = [
        row
        for row in document["estimates"]
        if (row["estimand"], row["dimension"], row["sample"]) == (estimand, dimension, "primary")
    ]
    return dict(rows[0])


def test_before_the_first_analysis_there_is_nothing(
    coffee: Team, client_of: Callable[..., Client]
) -> None:
    analyst = client_of(coffee, Role.ANALYST, "results")
    response = analyst.get(COFFEES)
    assert response.status_code == 404
    assert response.json()["type"] == "urn:trialsite:problem:not-analysed"


def test_analysts_get_what_is_stored_to_the_last_bit(analysed: Team, analyst: Client) -> None:
    document = analyst.get(RESULTS).json()
    stored = found(analysed)
    assert document.pop("snapshot_at") == stored.as_of.isoformat()
    assert json.dumps(document) == json.dumps(stored.results.as_json())
    assert document["last_log"] == 3 * PEOPLE
    assert document["logs"]["analysed"] == 3 * PEOPLE
    ratio = row_of(document, "time_ratio")
    assert 0.6 < ratio["ci_low"] < ratio["value"] < ratio["ci_high"] < 0.8


@pytest.mark.parametrize("role", [Role.LEAD, Role.PARTICIPANT, Role.ADMINISTRATOR])
def test_everybody_else_gets_the_published_form(
    analysed: Team, analyst: Client, client_of: Callable[..., Client], role: Role
) -> None:
    document = client_of(analysed, role, "results").get(RESULTS).json()
    assert document == analyst.get(RESULTS, {"published": "1"}).json()
    snapshot = Snapshot.objects.get(trial=analysed.trial)
    assert document.pop("snapshot_at") == found(analysed).as_of.isoformat()
    assert document.pop("frozen_at") == snapshot.frozen_at.isoformat()
    assert document.pop("next_freeze_on") == (snapshot.week + timedelta(days=7)).isoformat()
    expected = published(found(analysed).results, minimum_people=10).as_json()
    assert document == json.loads(json.dumps(expected))
    ratio = row_of(document, "time_ratio")
    assert ratio["value"] == round(ratio["value"], 2)
    assert ratio["std_error"] is None


def test_small_groups_are_suppressed_in_the_published_form_alone(
    coffee: Team, client_of: Callable[..., Client]
) -> None:
    for number in range(8):
        arm = ("control", "ai")[number % 2]
        participant = make_participant(coffee.trial, f"r-{number}", arm=arm)
        make_log(participant, "k", minutes=20 + number)
    analysis.analyse(coffee.trial)
    analyst = client_of(coffee, Role.ANALYST, "results")
    full = analyst.get(COFFEES).json()
    assert not any(row["suppressed"] for row in full["estimates"])
    row = row_of(analyst.get(COFFEES, {"published": "1"}).json(), "time_ratio")
    assert row["suppressed"] is True
    assert row["value"] is row["ci_low"] is row["ci_high"] is row["participants"] is None


def test_answers_are_as_described(analysed: Team, analyst: Client) -> None:
    assert_described(analyst.get(RESULTS), RESULTS)
    assert_described(analyst.get(RESULTS, {"published": "1"}), RESULTS)
    assert_described(analyst.get(RESULTS, {"published": "yes"}), RESULTS)


def test_nothing_is_sent_twice_to_whoever_has_it(analysed: Team, analyst: Client) -> None:
    first = analyst.get(RESULTS)
    again = analyst.get(RESULTS, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    weak = f'"another", W/{first["ETag"]}'
    assert analyst.get(RESULTS, headers={"If-None-Match": weak}).status_code == 304
    shown = analyst.get(RESULTS, {"published": "1"}, headers={"If-None-Match": first["ETag"]})
    assert shown.status_code == 200
    make_log(analysed.participant, "new")
    analysis.analyse(analysed.trial)
    assert analyst.get(RESULTS, headers={"If-None-Match": first["ETag"]}).status_code == 200
    assert first["Cache-Control"] == "private, no-cache"


def test_the_number_of_queries_is_constant(analysed: Team, analyst: Client) -> None:
    with CaptureQueriesContext(connection) as queries:
        analyst.get(RESULTS)
    assert len(queries) == 4  # the token, the roles, the analysis, its estimates
    with CaptureQueriesContext(connection) as queries:
        analyst.get(RESULTS, {"published": "1"})
    assert len(queries) == 4  # the token, the roles, the snapshot, a lock since then


def test_what_is_published_moves_with_the_week_alone(analysed: Team, analyst: Client) -> None:
    first = analyst.get(RESULTS, {"published": "1"})
    full = analyst.get(RESULTS)
    change_logs(Participant.objects.filter(trial=analysed.trial), minutes=20)
    analysis.analyse(analysed.trial)
    assert analyst.get(RESULTS, {"published": "1"}).content == first.content
    assert analyst.get(RESULTS).content != full.content
    with weeks_later():
        analysis.analyse(analysed.trial)
        later = found(analysed)
    document = analyst.get(RESULTS, {"published": "1"}).json()
    for name in ("snapshot_at", "frozen_at", "next_freeze_on"):
        del document[name]
    expected = json.loads(json.dumps(published(later.results, minimum_people=10).as_json()))
    # In some weeks nobody logs, before as after: these rows are still of their own day.
    silent = [row for row in expected["estimates"] if row["estimand"] == "logging_rate"]
    silent = [row for row in silent if row["value"] == 0]
    assert {row["dimension"] for row in silent} == {"week"}
    for row in silent:
        row["as_of"] = first.json()["as_of"]
    assert document == expected
