"""The page that sets trials side by side: whose trials, how many, what it says."""

import datetime
import re
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from measurement import analysis, bundles
from measurement.estimation.simulate import simulate
from measurement.models import Role, User
from tests.people import make_trial, make_user
from tests.small_trials import SHORT

pytestmark = pytest.mark.django_db
PAGE = "/compare-trials/"


def simulated(slug: str, design: str, lead: User, **changes: Any) -> None:
    """Store a trial with results that `lead` leads."""
    recipe = replace(SHORT, slug=slug, title=f"The {slug} trial", **changes)
    drawn = simulate(participants=30, logs_per_participant=8, design=design, seed=3, recipe=recipe)
    trial = bundles.load(drawn.bundle)
    analysis.analyse(trial)
    lead.membership_set.create(trial=trial, role=Role.ADMINISTRATOR)


@pytest.fixture
def kim() -> User:
    return make_user("kim.kettle@example.com", (Role.LEAD, make_trial("new")))


@pytest.fixture
def visitor(client: Client, kim: User) -> Client:
    client.force_login(kim)
    return client


def words(client: Client, query: str, status: int = 200) -> str:
    response = client.get(f"{PAGE}{query}")
    assert response.status_code == status
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_trials_are_chosen_and_compared(
    visitor: Client, kim: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    simulated("tea", "crossover", kim)
    simulated("coffee", "observational", kim)
    assert "Compare trials" in visitor.get("/trials/").content.decode()
    assert "Which trials?" in words(visitor, "")
    with django_assert_max_num_queries(14):
        page = words(visitor, "?trial=tea&trial=coffee&compare=yes")
    assert "What keeps these figures from being alike" in page
    raw = visitor.get(f"{PAGE}?trial=tea&trial=coffee").content.decode()
    assert "site-wide" in raw, "eight columns need more room than a page of text"
    assert "nobody: there is no comparison group (The coffee trial)" in page
    assert "Working days a year, at 225 days of 7.5 hours" in page
    assert "Simulated data" in page
    assert "There are none yet of The new trial" in words(visitor, "?trial=tea&trial=new", 422)
    assert "Not compared" not in page
    page = words(visitor, "?trial=tea&trial=coffee&trial=new")
    assert "Not compared, because there are no results yet: The new trial." in page
    kim.membership_set.exclude(trial__slug="tea").delete()
    simulated("cake", "crossover", kim)
    assert "These trials count in the same way" in words(visitor, "?trial=tea&trial=cake")


def test_the_choice_says_which_trials_are_simulated(visitor: Client, kim: User) -> None:
    kim.membership_set.create(trial=make_trial("tea", simulated=True), role=Role.LEAD)
    assert "Which trials? The new trial The tea trial Simulated data Compare" in words(visitor, "")


def test_a_trial_before_its_read_out_is_not_final(visitor: Client, kim: User) -> None:
    days = {"starts_on": datetime.date(2090, 1, 2), "ends_on": datetime.date(2090, 3, 24)}
    simulated("tea", "crossover", kim)
    simulated("coffee", "crossover", kim, **days)
    page = words(visitor, "?trial=tea&trial=coffee")
    assert "Not final, as the read-out is still to come: The coffee trial." in page


@pytest.mark.parametrize("query", ["?compare=yes", "?trial=new", "?trial=new&trial=new"])
def test_one_trial_is_not_enough(visitor: Client, query: str) -> None:
    assert "Select two or more trials" in words(visitor, query, 422)


def test_more_than_a_reader_can_hold_is_refused(visitor: Client, kim: User) -> None:
    for number in range(10):
        kim.membership_set.create(trial=make_trial(f"t{number}"), role=Role.LEAD)
    query = "&".join(f"trial=t{number}" for number in range(10))
    assert "Select 10 trials or fewer" in words(visitor, f"?{query}&trial=new", 422)


def test_the_trials_of_others_do_not_exist(visitor: Client) -> None:
    make_trial("secret")
    assert "Select two or more trials" in words(visitor, "?trial=new&trial=secret", 422)
    assert "secret" not in words(visitor, "")


def test_who_leads_no_two_trials_is_told(client: Client) -> None:
    client.force_login(make_user("amy.anybody@example.com"))
    assert "You need two or more trials to compare" in words(client, "")
