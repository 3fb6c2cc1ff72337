"""What chance gave is said in plain words where tasks are logged and timed."""

import datetime
from typing import Any

import pytest
import time_machine
from django.test import Client

from measurement import enrolment
from measurement.models import Arm
from tests.measurement.pages.page import Page
from tests.people import make_participant, make_trial, make_user

pytestmark = pytest.mark.django_db
PERIODS = [
    {"name": "1", "starts_on": datetime.date(2025, 3, 3), "ends_on": datetime.date(2025, 3, 14)},
    {"name": "2", "starts_on": datetime.date(2025, 3, 24), "ends_on": datetime.date(2025, 4, 4)},
]
ARMS = [{"name": "paper", "ai": False}, {"name": "machine", "ai": True}]


@pytest.mark.parametrize("path", ["/log/", "/log/timer/"])
@pytest.mark.parametrize(
    ("design", "assignment", "day", "words"),
    [
        (
            {"kind": "crossover", "periods": PERIODS},
            {"sequence": "AB"},
            10,
            ["Do your tasks without AI until 14 March 2025.", "From 24 March 2025 you can use AI."],
        ),
        (
            {"kind": "crossover", "periods": PERIODS},
            {"sequence": "BA"},
            20,
            ["From 24 March 2025: without AI."],
        ),
        (
            {"kind": "stepped_wedge"},
            {"ai_from": datetime.date(2025, 3, 17)},
            10,
            ["Do your tasks without AI until 16 March 2025.", "From 17 March 2025 you can use AI."],
        ),
        (
            {"kind": "parallel", "arms": ARMS},
            {"arm": "machine"},
            10,
            ["You can use AI for your tasks."],
        ),
    ],
    ids=["first period", "between periods", "before access", "arm"],
)
def test_the_page_says_what_holds_today(
    client: Client,
    path: str,
    design: dict[str, Any],
    assignment: dict[str, Any],
    day: int,
    words: list[str],
) -> None:
    trial = make_trial(design=design)
    for arm in design.get("arms", []):
        Arm.objects.create(trial=trial, **arm)
    user = make_user("dot.teaspoon@example.com")
    enrolment.assign(participant=make_participant(trial, user), actor=None, **assignment)
    with time_machine.travel(datetime.datetime(2025, 3, day, 12, tzinfo=datetime.UTC)):
        client.force_login(user)
        text = Page(client.get(path)).words
    for sentence in words:
        assert sentence in text


@pytest.mark.parametrize("path", ["/log/", "/log/timer/"])
def test_where_chance_gives_nothing_the_page_says_nothing(client: Client, path: str) -> None:
    user = make_user("dot.teaspoon@example.com")
    make_participant(make_trial(), user)
    client.force_login(user)
    assert "govuk-inset-text" not in Page(client.get(path)).text
