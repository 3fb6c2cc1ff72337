"""Fifty requests at once, over real HTTP, each on a connection of its own."""

import http.client
import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from urllib.parse import urlsplit

import pytest
from pytest_django.live_server_helper import LiveServer

from measurement.api import tokens
from measurement.models import AuditEvent, DirtyMark, Role, TaskLog
from tests.api.conftest import LOGS, Team, make_team

AT_ONCE = 50
BODY = {"key": "one", "minutes": 12, "ai_used": True, "date": "2024-10-01"}

pytestmark = pytest.mark.django_db(transaction=True)


def post_at_once(server: LiveServer, team: Team, bodies: list[dict[str, Any]]) -> list[Any]:
    token = tokens.issue(
        user=team.users[Role.PARTICIPANT], trial=team.trial, scopes=["write"], days=1
    )
    start = Barrier(len(bodies))

    def post(body: dict[str, Any]) -> tuple[int, Any]:
        connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=60)
        connection.connect()
        start.wait()
        connection.request(
            "POST",
            LOGS,
            json.dumps(body),
            {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        )
        response = connection.getresponse()
        answer = response.status, json.load(response)
        connection.close()
        return answer

    with ThreadPoolExecutor(len(bodies)) as pool:
        return list(pool.map(post, bodies))


def test_one_key_fifty_times_at_once_stores_one_row(live_server: LiveServer) -> None:
    answers = post_at_once(live_server, make_team("tea"), [BODY] * AT_ONCE)
    assert Counter(status for status, _ in answers) == {201: 1, 200: AT_ONCE - 1}
    assert len({json.dumps(row) for _, row in answers}) == 1
    assert TaskLog.objects.count() == 1
    assert DirtyMark.objects.count() == 1
    assert AuditEvent.objects.filter(act="record_task_log").count() == 1


def test_fifty_bodies_with_one_key_store_the_first_and_refuse_the_rest(
    live_server: LiveServer,
) -> None:
    bodies = [BODY | {"minutes": minutes} for minutes in range(1, AT_ONCE + 1)]
    answers = post_at_once(live_server, make_team("tea"), bodies)
    assert Counter(status for status, _ in answers) == {201: 1, 409: AT_ONCE - 1}
    (stored,) = (row for status, row in answers if status == 201)
    assert all(answer["stored"] == stored for status, answer in answers if status == 409)
    assert TaskLog.objects.get().minutes == stored["minutes"]
