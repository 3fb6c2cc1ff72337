"""Who may see the pages of a trial, and what is told when there is nothing to see."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from measurement import planning
from measurement.models import (
    Membership,
    Role,
)
from tests.dashboards.conftest import Led
from tests.dashboards.lead_pages import client_of, visible
from tests.people import make_log, make_participant, make_trial, make_user

pytestmark = pytest.mark.django_db


def test_nothing_is_kept_by_browsers(led: Led) -> None:
    client = client_of(led.lead)
    paths = [f"/trials/{led.trial.slug}/{name}" for name in ("", "grades.csv", "grades.ods")]
    for path in ("/trials/", *paths):
        assert "no-store" in client.get(path).headers["Cache-Control"]


@pytest.mark.parametrize(
    ("role", "status"),
    [
        (Role.LEAD, 200),
        (Role.ADMINISTRATOR, 200),
        (Role.ANALYST, 404),
        (Role.PARTICIPANT, 404),
        (None, 404),
    ],
)
def test_only_leads_and_administrators_see_a_trial(role: Role | None, status: int) -> None:
    trial, other = make_trial(), make_trial("kettle")
    user = make_user("sam.spoon@example.com", (Role.LEAD, other))
    if role:
        Membership.objects.create(user=user, trial=trial, role=role)
    client = client_of(user)
    assert client.get("/trials/teapot/").status_code == status
    assert ("The teapot trial" in client.get("/trials/").content.decode()) == (status == 200)


def test_others_are_asked_to_sign_in() -> None:
    make_trial()
    files = ("/trials/teapot/departments.csv", "/trials/teapot/departments.ods")
    for path in ("/trials/", "/trials/teapot/", *files):
        response = Client().get(path)
        assert response.status_code == 302
        assert response.headers["Location"].startswith("/account/login/code/?next=/trials/")


def test_what_is_not_there_is_not_found(led: Led) -> None:
    client = client_of(led.lead)
    for path in ("no-such-trial/", f"{led.trial.slug}/no-such-file", "x/departments"):
        for end in ("", ".csv", ".ods"):
            assert client.get(f"/trials/{path}{end}").status_code == 404
    assert client.post(f"/trials/{led.trial.slug}/").status_code == 405


def test_a_trial_without_results_says_so() -> None:
    trial = make_trial()
    client = client_of(make_user("sam.spoon@example.com", (Role.LEAD, trial)))
    page = visible(client.get("/trials/teapot/").content.decode())
    assert "There are no results yet." in page
    assert "being worked out now" not in page
    for name in ("departments.csv", "departments.ods", "all-tables.ods"):
        assert client.get(f"/trials/teapot/{name}").status_code == 404
    make_log(make_participant(trial, make_user("robin.teapot@example.com")), "k1")
    assert "being worked out now" in visible(client.get("/trials/teapot/").content.decode())


def test_the_list_says_where_each_trial_stands() -> None:
    today = timezone.localdate()
    dates: dict[str, dict[str, Any]] = {
        "teapot": {},
        "kettle": {"starts_on": today + timedelta(1)},
        "ladle": {"starts_on": today - timedelta(9), "ends_on": today},
        "spoon": {"ends_on": today - timedelta(1)},
    }
    trials = [make_trial(slug, **fields) for slug, fields in dates.items()]
    user = make_user("sam.spoon@example.com", *((Role.LEAD, trial) for trial in trials))
    for trial in trials[1:]:
        planning.lock(trial=trial, by=user)
    make_participant(trials[0], user)
    page = visible(client_of(user).get("/trials/").content.decode())
    assert "Being set up" not in page
    for words in ("Running, no end given", "Starts on", "Runs until", "Ended on", "None yet"):
        assert words in page


def test_a_trial_that_is_being_set_up_does_not_run() -> None:
    trial = make_trial(starts_on=timezone.localdate() - timedelta(9))
    user = make_user("sam.spoon@example.com", (Role.LEAD, trial))
    page = visible(client_of(user).get("/trials/").content.decode())
    assert "The teapot trial Being set up None yet" in page
    assert "Running" not in page


def test_a_name_that_is_one_long_word_is_broken() -> None:
    names = ("Tea and biscuits in every office of the land", "x" * 30)
    trials = [make_trial(f"t{number}", title=name) for number, name in enumerate(names)]
    user = make_user("sam.spoon@example.com", *((Role.LEAD, trial) for trial in trials))
    page = client_of(user).get("/trials/").content.decode()
    cells = re.findall(r'<th scope="row" class="([^"]*)">.*?</th>', page, re.DOTALL)
    assert ["site-breakable" in cell for cell in cells] == [False, True]


def test_somebody_without_a_trial_is_told_so() -> None:
    page = client_of(make_user("sam.spoon@example.com")).get("/trials/").content.decode()
    assert "You do not lead a trial at the moment." in page
