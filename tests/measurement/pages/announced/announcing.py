"""Announces tasks in the browser, times them, and fills in what came of them."""

import datetime
from typing import Any

import time_machine
from django.test import Client
from django.utils import timezone

from measurement import timing
from measurement.models import TaskLog, Timer
from tests.measurement.pages.drafts import shown
from tests.measurement.pages.page import Page
from tests.people import TASK_TYPES


def announcement(client: Client, **changes: str) -> dict[str, str]:
    page = Page(client.get("/log/announce/"))
    said = {"task_type": TASK_TYPES[1], "forecast_minutes": "40", "forecast_minutes_with_ai": ""}
    return {"key": page.key, **said, **changes}


def announced(client: Client, **changes: str) -> TaskLog:
    assert client.post("/log/announce/", announcement(client, **changes)).status_code == 302
    return TaskLog.objects.latest("pk")


def filled_in(client: Client, log: TaskLog, **typed: str) -> dict[str, str]:
    """Return the form of that task as a browser would send it."""
    return shown(client, f"/log/announced/{log.pk}/") | {"ai": "no"} | typed


def pause_elsewhere(log: TaskLog, *, resumed: float, paused: float) -> None:
    """Have another window let the timer go on for a while, so many minutes from now."""
    key = Timer.objects.get().key
    with later(resumed):
        timing.resume(log.participant, key)
    with later(paused):
        timing.pause(log.participant, key)


def press(client: Client, act: str) -> Any:
    key = str(Timer.objects.get().key)
    return client.post("/log/timer/", {"act": act, "key": key})


def later(minutes: float) -> time_machine.travel:
    return time_machine.travel(timezone.now() + datetime.timedelta(minutes=minutes), tick=False)
