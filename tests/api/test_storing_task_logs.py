import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from measurement import notices
from measurement.models import AuditEvent, Participant, Refusal, Role, TaskLog
from measurement.recording import NewTaskLog
from tests.api.conftest import LOGS, Team
from tests.people import publish_notice

MINIMAL: dict[str, Any] = {"key": "a-1", "minutes": 30, "ai_used": True}
FULL: dict[str, Any] = MINIMAL | {
    "date": "2024-10-01",
    "task_type": "drafting",
    "tool": "assistant",
    "ai_assigned": False,
    "period": "1",
    "forecast_minutes": 60,
    "forecast_minutes_with_ai": 0.1,
    "quality": 4,
    "novel": True,
    "censored": True,
    "source": "timer",
    "status": "logged",
    "announced_at": "2024-10-01T09:00:00Z",
    "started_at": "2024-10-01T10:01:00.25+01:00",
    "ended_at": "2024-10-01T09:31:00Z",
}


@pytest.fixture
def participant(tea: Team, client_of: Callable[..., Client]) -> Client:
    return client_of(tea, Role.PARTICIPANT, "write", "records")


def post(client: Client, body: Any, **options: Any) -> Any:
    data = body if isinstance(body, bytes) else json.dumps(body)
    return client.post(LOGS, data, **{"content_type": "application/json"} | options)


def errors(response: Any) -> dict[str, dict[str, str]]:
    assert response["Content-Type"] == "application/problem+json"
    return {fault["field"]: fault for fault in response.json().get("errors", [])}


def test_a_full_log_is_stored_as_sent(participant: Client, tea: Team) -> None:
    response = post(participant, FULL)
    assert response.status_code == 201
    row = response.json()
    expected = FULL | {"started_at": "2024-10-01T09:01:00.250000Z"}
    assert row | expected == row
    assert row["participant"] == "p-1"
    stored = TaskLog.objects.get(task_type__name="drafting", tool__name="assistant")
    assert (stored.pk, stored.participant) == (row["id"], tea.participant)
    assert stored.forecast_minutes_with_ai == 0.1
    assert AuditEvent.objects.get(act="record_task_log").actor == tea.users[Role.PARTICIPANT]


def test_every_field_of_a_log_was_tried() -> None:
    assert set(FULL) == set(NewTaskLog.__dataclass_fields__)


def test_sending_again_stores_nothing_and_returns_the_row(participant: Client) -> None:
    first, second = post(participant, FULL), post(participant, FULL)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert TaskLog.objects.count() == 1


def test_another_body_with_the_key_conflicts_and_shows_the_stored_row(participant: Client) -> None:
    stored = post(participant, FULL).json()
    response = post(participant, FULL | {"minutes": 31})
    assert response.status_code == 409
    assert response.json()["type"] == "urn:trialsite:problem:key-conflict"
    assert response.json()["stored"] == stored
    assert TaskLog.objects.get().minutes == 30


def test_another_participant_may_use_the_key(
    participant: Client, coffee: Team, client_of: Callable[..., Client]
) -> None:
    post(participant, MINIMAL)
    other = client_of(coffee, Role.PARTICIPANT, "write")
    response = other.post(LOGS.replace("tea", "coffee"), MINIMAL, "application/json")
    assert response.status_code == 201


def test_an_analyst_stores_a_log_of_the_participant_named(
    tea: Team, client_of: Callable[..., Client]
) -> None:
    analyst = client_of(tea, Role.ANALYST, "write")
    body = MINIMAL | {"participant": tea.colleague.pseudonym}
    assert [post(analyst, body).status_code for _ in range(2)] == [201, 200]
    assert TaskLog.objects.get().participant == tea.colleague
    assert AuditEvent.objects.get(act="record_task_log").actor == tea.users[Role.ANALYST]


@pytest.mark.parametrize("named", [None, "p-99", "P-1", 1, True, ["p-1"], "p-1\x00"])
def test_an_analyst_must_name_a_participant_of_the_trial(
    named: Any, tea: Team, client_of: Callable[..., Client]
) -> None:
    response = post(client_of(tea, Role.ANALYST, "write"), MINIMAL | {"participant": named})
    assert response.status_code == 400
    assert set(errors(response)) == {"participant"}
    assert not TaskLog.objects.exists()


def test_a_participant_may_name_nobody_else(participant: Client, tea: Team) -> None:
    response = post(participant, MINIMAL | {"participant": tea.colleague.pseudonym})
    assert response.status_code == 400
    assert errors(response)["participant"]["allowed"] == "your own pseudonym, or nothing"
    own = post(participant, MINIMAL | {"participant": tea.participant.pseudonym})
    assert own.status_code == 201


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *[
            (field, value)
            for field in ("minutes", "forecast_minutes", "forecast_minutes_with_ai")
            for value in (
                *("NaN", "Infinity", "-Infinity", "-1", "0", "-0.0", "1e308", "1e999", "1440.01"),
                *("true", '"30"', '"1_000"', '"\u0661"', '""', "[30]", "{}", "9" * 400, "9" * 5000),
            )
        ],
        *[("quality", value) for value in ("0", "6", "4.0", "4.5", "true", "NaN", '"4"', "1e0")],
        *[("ai_used", value) for value in ("null", "1", "0", '"true"', "NaN", "[]")],
        *[
            (field, value)
            for field in ("novel", "censored", "ai_assigned")
            for value in ("1", '""')
        ],
        *[("key", value) for value in ("null", '""', '" "', "5", '"\\u0000"', '"\\ud800"')],
        ("key", json.dumps("k" * 201)),
        *[("task_type", value) for value in ('"cooking"', '""', "1", '"\\u0000"', '"\\udfff"')],
        ("tool", '"hammer"'),
        ("period", '"\\u0000"'),
        ("source", '"telepathy"'),
        *[
            ("date", value)
            for value in ('"2024-02-30"', '"01/10/2024"', '"9999-12-31"', "20241001")
        ],
        *[("started_at", value) for value in ('"2024-10-01T09:00:00"', '"2024-10-01"', "1")],
        ("ended_at", '"0001-01-01T00:00:00+05:00"'),
    ],
)
def test_the_impossible_is_refused_by_field(participant: Client, field: str, value: str) -> None:
    fields = {name: json.dumps(given) for name, given in MINIMAL.items()} | {field: value}
    body = "{" + ", ".join(f'"{name}": {text}' for name, text in fields.items()) + "}"
    response = post(participant, body.encode())
    assert response.status_code == 400
    assert set(errors(response)) == {field}
    assert errors(response)[field]["allowed"]
    assert not TaskLog.objects.exists()


def test_minutes_belong_to_logged_tasks_alone(participant: Client) -> None:
    withheld = MINIMAL | {"status": "withheld"}
    assert "minutes" in errors(post(participant, withheld))
    assert post(participant, withheld | {"minutes": None}).status_code == 201


def test_an_unknown_status_is_refused(participant: Client) -> None:
    assert "status" in errors(post(participant, MINIMAL | {"status": "lost"}))


def test_missing_fields_are_named(participant: Client) -> None:
    assert set(errors(post(participant, {}))) == {"key", "ai_used", "minutes"}


def test_what_is_given_is_shown(participant: Client) -> None:
    fault = errors(post(participant, MINIMAL | {"minutes": 2000}))["minutes"]
    assert fault["given"] == "2000"
    assert fault["allowed"] == "a number above 0 and at most 1440"
    fault = errors(post(participant, MINIMAL | {"tool": "x" * 10_000}))["tool"]
    assert len(fault["given"]) < 200


def test_a_date_in_the_future_is_refused_and_today_is_not(participant: Client) -> None:
    today = timezone.localdate()
    tomorrow = (today + timedelta(days=1)).isoformat()
    assert "date" in errors(post(participant, MINIMAL | {"date": tomorrow}))
    assert post(participant, MINIMAL | {"date": today.isoformat()}).status_code == 201


def test_a_time_in_the_future_is_refused(participant: Client) -> None:
    fault = errors(post(participant, MINIMAL | {"ended_at": "2999-01-01T00:00:00Z"}))["ended_at"]
    assert fault["allowed"] == "a time up to today"


def test_a_refused_log_is_counted(participant: Client, tea: Team) -> None:
    post(participant, MINIMAL | {"minutes": -1})
    refusal = Refusal.objects.get()
    assert (refusal.trial, refusal.rule) == (tea.trial, "minutes_impossible")


@pytest.mark.parametrize("field", ["participant", "id", "recorded_at", "user", "trial"])
def test_what_the_sender_does_not_decide_is_refused(participant: Client, field: str) -> None:
    response = post(participant, MINIMAL | {field: "p-2"})
    assert response.status_code == 400
    assert set(errors(response)) == {field}


def test_unknown_fields_name_the_nearest(participant: Client) -> None:
    fault = errors(post(participant, MINIMAL | {"ai_user": True}))["ai_user"]
    assert fault["allowed"] == "the nearest known field is ai_used"


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "'; DROP TABLE x; --", "=1+1", "\u202e", "\U0001f600"]
)
def test_odd_texts_are_stored_as_texts(participant: Client, text: str) -> None:
    response = post(participant, MINIMAL | {"key": text})
    assert response.status_code == 201
    assert response.json()["key"] == text
    assert TaskLog.objects.get().key == text


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"\xff\xfe", "application/json", 400),
        (b'{"key": "a", "key": "b"}', "application/json", 400),
        (b"[" * 60_000, "application/json", 400),
        (b'{"minutes": ' + b"[" * 400 + b"]" * 400 + b"}", "application/json", 400),
        (b'{"minutes": ' + b"[" * 30_000 + b"]" * 30_000 + b"}", "application/json", 400),
        (b'{"\\ud800": 1}', "application/json", 400),
        (b"[]", "application/json", 400),
        (b"", "application/json", 400),
        (b"key=a&minutes=3", "application/x-www-form-urlencoded", 415),
        (b'{"key": "a"}', "text/plain", 415),
        (b"key,minutes\na,3", "text/csv", 415),
        (b" " * 65_537, "application/json", 413),
        (b"a" * 10_000_000, "application/json", 413),
    ],
)
def test_bodies_that_cannot_be_used(
    participant: Client, body: bytes, content_type: str, status: int
) -> None:
    response = post(participant, body, content_type=content_type)
    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["status"] == status


def test_somebody_who_has_left_stores_nothing(participant: Client, tea: Team) -> None:
    Participant.objects.filter(pk=tea.participant.pk).update(withdrawn_on="2024-10-02")
    assert post(participant, MINIMAL).status_code == 403
    assert not TaskLog.objects.exists()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=4,
)
NAMES = st.sampled_from(sorted(FULL))


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(body=st.dictionaries(NAMES, JSON | st.sampled_from(list(FULL.values())), max_size=17))
def test_no_body_is_an_error_of_ours(participant: Client, body: dict[str, Any]) -> None:
    response = post(participant, FULL | body)
    assert response.status_code in {200, 201, 400, 409}


def of_design(tea: Team, kind: str) -> None:
    tea.trial.design = tea.trial.design | {"kind": kind}
    tea.trial.save()


def test_a_participant_cannot_go_round_the_coin(
    participant: Client, tea: Team, client_of: Callable[..., Client]
) -> None:
    of_design(tea, "task_randomised")
    for body in (MINIMAL, MINIMAL | {"ai_assigned": True}):
        response = post(participant, body)
        assert response.status_code == 403
        assert "announced on the page" in response.json()["detail"]
    assert not TaskLog.objects.exists()
    analyst = client_of(tea, Role.ANALYST, "write")
    assert post(analyst, MINIMAL | {"participant": "p-1", "ai_assigned": True}).status_code == 201


@pytest.mark.parametrize(
    ("field", "said"), [("ai_assigned", True), ("ai_assigned", False), ("period", "1")]
)
def test_a_participant_cannot_choose_a_period(
    participant: Client, tea: Team, field: str, said: object
) -> None:
    of_design(tea, "crossover")
    response = post(participant, MINIMAL | {field: said})
    assert response.status_code == 400
    assert list(errors(response)) == [field]
    assert post(participant, MINIMAL).status_code == 201


def test_a_new_privacy_notice_is_read_before_logs_are_sent(participant: Client, tea: Team) -> None:
    notice = publish_notice(tea.trial)
    response = post(participant, MINIMAL)
    assert response.status_code == 403
    assert "privacy notice" in response.json()["detail"]
    assert tea.participant.user
    notices.accept(participant=tea.participant, notice=notice, actor=tea.participant.user)
    assert post(participant, MINIMAL).status_code == 201
