"""`/healthz` and `/readyz`: what each says when a part of the site is missing."""

from __future__ import annotations

import pytest
import redis
from django.db import connection
from django.test import Client
from pytest_django import Settings

from trialsite import heartbeat

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def no_heartbeat(broker: str) -> None:
    with redis.Redis.from_url(broker) as client:
        client.delete(heartbeat.KEY)


def readiness(client: Client) -> tuple[int, dict[str, bool]]:
    answer = client.get("/readyz")
    assert "no-store" in answer["Cache-Control"]
    return answer.status_code, answer.json()


def test_the_process_is_up_whatever_else_is_not(client: Client, settings: Settings) -> None:
    settings.REDIS_URL = "unix:///nowhere"
    answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok\n")


def test_ready_when_all_are_well(client: Client) -> None:
    heartbeat.heartbeat()
    assert readiness(client) == (
        200,
        {"ready": True, "database": True, "broker": True, "worker": True},
    )


def test_no_heartbeat(client: Client) -> None:
    status, parts = readiness(client)
    assert status == 503
    assert parts == {"ready": False, "database": True, "broker": True, "worker": False}


def test_no_broker(client: Client, settings: Settings) -> None:
    settings.REDIS_URL = "unix:///nowhere"
    status, parts = readiness(client)
    assert status == 503
    assert parts == {"ready": False, "database": True, "broker": False, "worker": False}


def test_no_database(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    heartbeat.heartbeat()
    with monkeypatch.context() as patch:
        connection.close()
        patch.setitem(connection.settings_dict["OPTIONS"], "host", "/nowhere")
        status, parts = readiness(client)
    assert status == 503
    assert parts == {"ready": False, "database": False, "broker": True, "worker": True}


def test_a_heartbeat_is_fresh_for_a_minute(broker: str) -> None:
    heartbeat.heartbeat()
    with redis.Redis.from_url(broker) as client:
        assert 50 <= client.ttl(heartbeat.KEY) <= 60
        assert heartbeat.is_fresh(broker)
        client.expire(heartbeat.KEY, 0)
    assert not heartbeat.is_fresh(broker)


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_nothing_can_be_sent_to_them(client: Client, path: str) -> None:
    assert client.post(path).status_code == 405
