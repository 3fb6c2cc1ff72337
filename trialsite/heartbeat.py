"""The heartbeat: proof that timetable, broker and worker work together.

It goes the way of every task: the timetable sends it through the broker, a worker leaves it in
Redis, and it vanishes there by itself when no other follows. `python -m trialsite.heartbeat`
exits 0 while it is fresh, else 1. A worker leaves one at its start, too, so that nobody has to
wait for the timetable's first.
"""

from __future__ import annotations

import os
import sys
from typing import Any

import redis
from celery import shared_task
from celery.signals import worker_ready
from django.conf import settings

KEY = "trialsite:heartbeat"
FRESH_SECONDS = 60


@shared_task(name="trialsite.heartbeat")
def heartbeat() -> None:
    """Leave a heartbeat; the timetable in trialsite.settings sends this."""
    with redis_client(settings.REDIS_URL) as client:
        client.set(KEY, 1, ex=FRESH_SECONDS)


@worker_ready.connect
def first_heartbeat(**signal: Any) -> None:
    """Leave a heartbeat when a worker has started."""
    heartbeat()


def is_fresh(redis_url: str) -> bool:
    """Whether a worker left a heartbeat in the last minute."""
    with redis_client(redis_url) as client:
        return bool(client.exists(KEY))


def redis_client(redis_url: str) -> redis.Redis:
    """Return a client that gives up after 2 seconds: somebody waits for the answer."""
    return redis.Redis.from_url(redis_url, socket_timeout=2, socket_connect_timeout=2)


if __name__ == "__main__":
    sys.exit(0 if is_fresh(os.environ["REDIS_URL"]) else 1)
