"""The door before the pages of staff: whom it stops, where, and what it costs."""

import datetime
import re
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLResolver
from pytest_django import DjangoAssertNumQueries, Settings

from measurement.models import Role, TaskLog, Trial, User
from measurement.pages import staff_door
from tests.authenticator import code_for
from tests.measurement.pages.page import answers
from tests.measurement.pages.staff import (
    CONFIRM,
    SECOND,
    SET_UP,
    has_to_confirm,
    set_up,
    sign_in_by_email,
)
from tests.people import make_participant, make_trial, make_user
from trialsite.urls import urlpatterns as all_patterns

pytestmark = pytest.mark.django_db(transaction=True)
STAFF_PAGES = ("/trials/", "/trials/teapot/", "/trials/teapot/departments.csv", "/api-guide/")
FOR_EVERYBODY = {
    "",
    "accessibility/",
    "join/<str:token>/",
    "language/",
    "privacy/",
    "reminders/stop/<str:token>/",
    "reports/",
    "reports/<slug:slug>/",
    "reports/<slug:slug>/<int:number>/",
    "reports/<slug:slug>/<int:number>/<str:name>",
}
EXAMPLES = {
    "slug": "teapot",
    "int": "1",
    "str": "teapot",
    "uuid": "52ce1a04-9b7f-4f5b-9b3e-6f2d7ab1d6c0",
}
START = datetime.datetime(2025, 3, 3, 9, 0, tzinfo=datetime.UTC)


@pytest.fixture(autouse=True)
def clock(settings: Settings) -> Iterator[time_machine.Traveller]:
    """Have a secure site, and a time that stands still until tests move it on."""
    settings.SITE_IS_SECURE = True
    with time_machine.travel(START, tick=False) as clock:
        cache.clear()
        yield clock


@pytest.fixture
def trial() -> Trial:
    return make_trial()


@pytest.fixture
def kim(trial: Trial) -> User:
    return make_user("kim.kettle@example.com", (Role.LEAD, trial), (Role.ANALYST, trial))


def is_sent_to_set_up(answer: Any) -> bool:
    return bool(answer.status_code == 302 and answer.headers["Location"] == SET_UP)


@pytest.mark.parametrize("role", [Role.LEAD, Role.ANALYST, Role.ADMINISTRATOR])
@pytest.mark.parametrize("address", STAFF_PAGES)
def test_staff_without_a_second_factor_are_sent_to_set_one_up(
    client: Client, trial: Trial, role: Role, address: str
) -> None:
    client.force_login(make_user("sam.spoon@example.com", (role, trial)))
    assert is_sent_to_set_up(client.get(address))
    assert is_sent_to_set_up(client.post(address))
    assert "Until you have set up a second factor" in client.get(SET_UP).content.decode()


@pytest.mark.parametrize("address", STAFF_PAGES)
def test_a_site_on_the_laptop_asks_nobody(
    client: Client, kim: User, settings: Settings, address: str
) -> None:
    settings.SITE_IS_SECURE = False
    client.force_login(kim)
    assert client.get(address).status_code in (200, 404)


def test_who_has_set_one_up_comes_in(client: Client, kim: User) -> None:
    sign_in_by_email(client, kim)
    set_up(client)
    assert client.get("/trials/").status_code == client.get("/api-guide/").status_code == 200


def walk(patterns: list[Any], before: str = "") -> Iterator[str]:
    """Yield the route of every page of the site."""
    for each in patterns:
        route = before + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from walk(each.url_patterns, route)
        else:
            yield route


def some_address(route: str) -> str:
    """Return an address that leads to a page."""
    for kind, value in EXAMPLES.items():
        route = re.sub(f"<{kind}:[a-z_]+>", value, route)
    assert "<" not in route, f"say in EXAMPLES how {route} is reached"
    return f"/{route}"


def answer_to(client: Client, address: str) -> Any:
    answer = client.get(address)
    return client.post(address) if answer.status_code == 405 else answer


def test_every_page_stops_staff_but_for_those_named_here_and_participants(
    client: Client, kim: User
) -> None:
    """A new page is behind the door, whoever forgets it; no page is before it by accident."""
    client.force_login(kim)
    stopped = set()
    for route in walk(all_patterns):
        if route.startswith(staff_door.OPEN_ROUTES) or route in FOR_EVERYBODY:
            continue
        answer = answer_to(client, some_address(route))
        if is_sent_to_set_up(answer):
            stopped.add(route)
        else:
            # A page of one's own: who takes no part is turned away, at once or where it leads.
            if answer.status_code == 302:
                answer = client.get(answer["Location"])
            assert answer.status_code in (403, 404), route
    assert {"trials/", "trials/<slug:slug>/", "api-guide/"} <= stopped
    assert not {route for route in stopped if route.startswith(("log/", "my-logs/"))}


@pytest.mark.parametrize("address", ["/accessibility/", "/privacy/", "/account/", SET_UP])
def test_staff_reach_what_is_for_everybody(client: Client, kim: User, address: str) -> None:
    client.force_login(kim)
    assert client.get(address).status_code == 200


def test_a_session_does_not_open_the_api(client: Client, kim: User) -> None:
    client.force_login(kim)
    assert client.get("/api/v1/trials/").status_code == 401


def test_participants_are_never_asked(client: Client, trial: Trial) -> None:
    robin = make_user("robin.teapot@example.com")
    make_participant(trial, robin)
    sign_in_by_email(client, robin)
    for address in ("/log/", "/my-logs/", "/log/timer/", "/survey/", "/account/"):
        assert client.get(address).status_code == 200
    assert "Second factor" not in client.get("/account/").content.decode()
    # Nor is there a way around what they may not see.
    assert client.get("/trials/teapot/").status_code == 404
    assert client.get("/api-guide/").status_code == 403


def test_staff_who_take_part_log_without_being_asked(
    client: Client, trial: Trial, kim: User
) -> None:
    make_participant(trial, kim)
    client.force_login(kim)
    assert client.post("/log/", answers()).status_code == 302
    assert TaskLog.objects.count() == 1


def test_participants_pages_pay_nothing_for_it(
    client: Client,
    trial: Trial,
    settings: Settings,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    robin = make_user("robin.teapot@example.com")
    make_participant(trial, robin)
    client.force_login(robin)
    for address in ("/log/", "/my-logs/"):
        settings.SITE_IS_SECURE = False
        with CaptureQueriesContext(connection) as plain:
            client.get(address)
        settings.SITE_IS_SECURE = True
        with django_assert_num_queries(len(plain)):
            client.get(address)


def test_strangers_go_to_sign_in(client: Client) -> None:
    assert client.get("/trials/").headers["Location"] == "/account/login/code/?next=/trials/"


def test_after_an_hour_without_a_page_staff_are_asked_again(
    client: Client, kim: User, clock: time_machine.Traveller
) -> None:
    sign_in_by_email(client, kim)
    secret = set_up(client)
    for minutes in (59, 59, 59):  # each page counts
        clock.shift(60 * minutes)
        assert client.get("/trials/").status_code == 200
    clock.shift(3601)
    assert has_to_confirm(client.get("/trials/"))
    answer = client.post(CONFIRM, {"code": code_for(secret), "next": "/trials/"})
    assert answer.headers["Location"] == "/trials/"
    assert client.get("/trials/").status_code == 200


def test_visits_are_noted_every_five_minutes_only(
    client: Client, kim: User, clock: time_machine.Traveller
) -> None:
    sign_in_by_email(client, kim)
    set_up(client)
    client.get("/trials/")
    noted = client.session[staff_door.SEEN]
    clock.shift(299)
    client.get("/trials/")
    assert client.session[staff_door.SEEN] == noted
    clock.shift(2)
    client.get("/trials/")
    assert client.session[staff_door.SEEN] == noted + 301


def test_after_twelve_hours_staff_sign_in_again(
    client: Client, kim: User, clock: time_machine.Traveller
) -> None:
    sign_in_by_email(client, kim)
    set_up(client)
    for _ in range(14):
        clock.shift(3000)
        client.get("/trials/")
    assert client.get("/trials/").status_code == 200
    clock.shift(1201)
    answer = client.get("/trials/")
    assert answer.headers["Location"] == "/account/login/code/?next=/trials/"
    assert "_auth_user_id" not in client.session


def test_another_session_without_the_factor_is_asked(
    client: Client, kim: User, clock: time_machine.Traveller
) -> None:
    older = Client()
    sign_in_by_email(older, kim)
    sign_in_by_email(client, kim)
    secret = set_up(client)
    assert client.get("/trials/").status_code == 200
    assert has_to_confirm(older.get("/trials/"))
    older.post(CONFIRM, {"code": code_for(secret)})
    assert older.get("/trials/").status_code == 200


def test_a_factor_that_was_replaced_proves_nothing(
    client: Client, kim: User, clock: time_machine.Traveller
) -> None:
    sign_in_by_email(client, kim)
    secret = set_up(client)
    clock.shift(30)
    other = Client()
    sign_in_by_email(other, kim)
    other.post(SECOND, {"code": code_for(secret)})
    assert other.get("/trials/").status_code == 200
    client.post("/account/second-factor/turn-off/")
    assert is_sent_to_set_up(other.get("/trials/"))
    set_up(client)
    assert has_to_confirm(other.get("/trials/"))
    assert client.get("/trials/").status_code == 200


def test_a_new_role_asks_for_a_factor_at_once(client: Client, trial: Trial) -> None:
    robin = make_user("robin.teapot@example.com")
    client.force_login(robin)
    assert client.get("/trials/").status_code == 200
    robin.membership_set.create(trial=trial, role=Role.LEAD)
    assert is_sent_to_set_up(client.get("/trials/"))
