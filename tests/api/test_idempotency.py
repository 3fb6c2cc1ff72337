"""Fifty requests at once, over real HTTP, each on a connection of its own."""

import http.client
import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Thread
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler

from measurement import tokens
from measurement.models import AuditEvent, DirtyMark, Role, TaskLog
from tests.api.conftest import LOGS, Team, make_team

AT_ONCE = 50
BODY = {"key": "one", "minutes": 12, "ai_used": True, "date": "2024-10-01"}

pytestmark = pytest.mark.django_db(transaction=True)


class Server(ThreadedWSGIServer):
    request_queue_size = 2 * AT_ONCE  # the usual ten would turn clients away


@pytest.fixture
def server() -> Iterator[str]:
    """Return where a server listens that has a thread and a connection for each request."""
    with Server(("127.0.0.1", 0), WSGIRequestHandler) as found:
        found.set_app(WSGIHandler())
        thread = Thread(target=found.serve_forever)
        thread.start()
        yield f"127.0.0.1:{found.server_port}"
        found.shutdown()
        thread.join()


def post_at_once(server: str, team: Team, bodies: list[dict[str, Any]]) -> list[Any]:
    token = tokens.issue(
        user=team.users[Role.PARTICIPANT], trial=team.trial, scopes=["write"], days=1
    )
    start = Barrier(len(bodies))

    def post(body: dict[str, Any]) -> tuple[int, Any]:
        connection = http.client.HTTPConnection(server, timeout=60)
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


def test_one_key_fifty_times_at_once_stores_one_row(server: str) -> None:
    answers = post_at_once(server, make_team("tea"), [BODY] * AT_ONCE)
    assert Counter(status for status, _ in answers) == {201: 1, 200: AT_ONCE - 1}
    assert len({json.dumps(row) for _, row in answers}) == 1
    assert TaskLog.objects.count() == 1
    assert DirtyMark.objects.count() == 1
    assert AuditEvent.objects.filter(act="record_task_log").count() == 1


def test_fifty_bodies_with_one_key_store_the_first_and_refuse_the_rest(server: str) -> None:
    bodies = [BODY | {"minutes": minutes} for minutes in range(1, AT_ONCE + 1)]
    answers = post_at_once(server, make_team("tea"), bodies)
    assert Counter(status for status, _ in answers) == {201: 1, 409: AT_ONCE - 1}
    (stored,) = (row for status, row in answers if status == 201)
    assert all(answer["stored"] == stored for status, answer in answers if status == 409)
    assert TaskLog.objects.get().minutes == stored["minutes"]
