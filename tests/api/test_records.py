from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from measurement.models import BaselineAnswer, Participant, Role, SurveyResponse
from tests.api.conftest import (
    LOGS,
    Team,
    make_log,
    make_participant,
    make_survey_response,
)

LISTS = ["task-logs", "participants", "surveys"]


def address(name: str) -> str:
    return f"/api/v1/trials/tea/{name}/"


def fill(team: Team, people: int) -> None:
    for number in range(people):
        participant = make_participant(team.trial, f"q-{number}")
        make_log(participant, f"k-{number}")
        make_survey_response(participant)


@pytest.fixture
def analyst(tea: Team, client_of: Callable[..., Client]) -> Client:
    return client_of(tea, Role.ANALYST, "records")


@pytest.fixture
def participant(tea: Team, client_of: Callable[..., Client]) -> Client:
    return client_of(tea, Role.PARTICIPANT, "records")


def rows_of(client: Client, path: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = client.get(path).json()["results"]
    return rows


def test_analysts_get_everybodys_logs_of_the_trial(
    tea: Team, coffee: Team, analyst: Client
) -> None:
    for participant in (tea.participant, tea.colleague, coffee.participant):
        make_log(participant, "k")
    rows = rows_of(analyst, LOGS)
    assert [row["participant"] for row in rows] == ["p-1", "p-2"]
    assert rows[0]["minutes"] == 25.5
    assert rows[0]["task_type"] == "drafting"
    assert rows[0]["period"] is None


def test_participants_get_their_own_logs(tea: Team, participant: Client) -> None:
    make_log(tea.colleague, "theirs")
    make_log(tea.participant, "mine")
    assert [row["key"] for row in rows_of(participant, LOGS)] == ["mine"]


def test_participants_come_with_their_assignment(tea: Team, analyst: Client) -> None:
    Participant.objects.create(trial=tea.trial, pseudonym="bare")
    BaselineAnswer.objects.create(
        participant=tea.participant, ai_use_before="weekly", answered_at=timezone.now()
    )
    assigned, _, bare = rows_of(analyst, address("participants"))
    assert assigned == {
        "participant": "p-1",
        "department": "Ministry of Tea",
        "team": "Kettle",
        "grade": None,
        "profession": None,
        "arm": "ai",
        "sequence": None,
        "ai_from": None,
        "enrolled_on": None,
        "withdrawn_on": None,
        "baseline_minutes": None,
        "ai_use_before": "weekly",
    }
    assert bare == dict.fromkeys(assigned) | {"participant": "bare"}


def test_surveys_show_the_band(tea: Team, analyst: Client) -> None:
    make_survey_response(tea.participant)
    (row,) = rows_of(analyst, address("surveys"))
    assert (row["participant"], row["wave"]) == ("p-1", "1")
    assert (row["minutes_saved_low"], row["minutes_saved_high"]) == (11, 20)


def test_surveys_show_comments_to_analysts_of_the_trial(
    tea: Team, coffee: Team, analyst: Client
) -> None:
    make_survey_response(tea.participant)
    make_survey_response(tea.colleague)
    make_survey_response(coffee.participant)
    SurveyResponse.objects.filter(participant=tea.colleague).update(comment="It helps. <b>&")
    SurveyResponse.objects.filter(participant=coffee.participant).update(comment="Elsewhere")
    comments = [row["comment"] for row in rows_of(analyst, address("surveys"))]
    assert comments == [None, "It helps. <b>&"]


def test_analysts_see_no_name_email_or_user(tea: Team, analyst: Client) -> None:
    make_log(tea.participant, "k")
    make_survey_response(tea.participant)
    for name in LISTS:
        text = analyst.get(address(name)).content.decode()
        assert "@" not in text
        assert "user" not in text.replace("ai_used", "")


@pytest.mark.parametrize("name", LISTS)
def test_pages_hold_every_row_once_in_order(name: str, tea: Team, analyst: Client) -> None:
    fill(tea, 7)
    everything = rows_of(analyst, address(name))
    seen: list[dict[str, Any]] = []
    path = address(name) + "?limit=3"
    while path:
        page = analyst.get(path).json()
        assert len(page["results"]) <= 3
        seen += page["results"]
        path = page["next"]
    assert seen == everything


def test_a_page_is_not_moved_by_rows_stored_meanwhile(tea: Team, analyst: Client) -> None:
    fill(tea, 4)
    first = analyst.get(LOGS + "?limit=2").json()
    make_log(tea.participant, "late")
    second = analyst.get(first["next"]).json()
    keys = [row["key"] for page in (first, second) for row in page["results"]]
    assert keys == ["k-0", "k-1", "k-2", "k-3"]
    assert [row["key"] for row in rows_of(analyst, second["next"])] == ["late"]


@pytest.mark.parametrize("name", LISTS)
def test_the_number_of_queries_does_not_grow(name: str, tea: Team, analyst: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert analyst.get(address(name)).status_code == 200
        return len(captured)

    fill(tea, 1)
    before = queries()
    for number in range(20):
        participant = make_participant(tea.trial, f"r-{number}")
        make_log(participant, "k")
        make_survey_response(participant)
    assert queries() == before <= 4


@pytest.mark.parametrize(
    "query",
    [
        *["limit=1000000000000000000000", "limit=0", "limit=1001", "limit=-1", "limit=ten"],
        *["limit=1_0", "limit=%D9%A1", "limit=%00", "limit=", "limit=1&limit=2"],
        *["cursor=9223372036854775808", "cursor=-1", "cursor=abc", "cursor=%00", "cursor=%FF"],
        *["offset=1", "page=2", "format=json", "%00=1", "%FF=1"],
        "&".join(f"a{number}=1" for number in range(1_500)),
    ],
)
def test_parameters_that_cannot_be_used(query: str, analyst: Client) -> None:
    response = analyst.get(f"{LOGS}?{query}")
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["type"] == "urn:trialsite:problem:invalid-parameter"


def test_records_are_kept_out_of_caches(analyst: Client) -> None:
    for name in LISTS:
        assert analyst.get(address(name))["Cache-Control"] == "no-store"


def test_a_trial_names_what_logs_may_name(analyst: Client) -> None:
    trial = analyst.get("/api/v1/trials/tea/").json()
    assert trial["task_types"] == ["drafting"]
    assert trial["tools"] == ["assistant"]
    assert [arm["name"] for arm in trial["arms"]] == ["control", "ai"]
    assert trial["design"] == "parallel"
    assert "seed" not in str(trial)


def test_the_list_of_trials_holds_the_tokens_trial(
    tea: Team, coffee: Team, analyst: Client
) -> None:
    (trial,) = analyst.get("/api/v1/trials/").json()["results"]
    assert (trial["slug"], trial["title"]) == ("tea", "Trial of tea")
    assert (trial["starts_on"], trial["simulated"]) == ("2024-09-30", False)
