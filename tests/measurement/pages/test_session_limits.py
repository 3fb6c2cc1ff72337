"""How long somebody stays signed in."""

import datetime

import pytest
import time_machine
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client

from measurement.models import User
from measurement.pages import session_limits
from tests.measurement.pages.staff import START, sign_in_by_email
from tests.people import make_participant, make_trial, make_user

pytestmark = pytest.mark.django_db
DAY = 86_400


@pytest.fixture
def robin() -> User:
    user = make_user("robin.teapot@example.com")
    make_participant(make_trial(), user)
    return user


def is_signed_in(client: Client) -> bool:
    return client.get("/my-logs/").status_code == 200


def test_a_phone_that_is_used_stays_signed_in_for_thirty_days(
    client: Client, robin: User, clock: time_machine.Traveller
) -> None:
    sign_in_by_email(client, robin)
    for _ in range(6):
        clock.shift(5 * DAY)
        assert is_signed_in(client)
    clock.shift(1)
    assert not is_signed_in(client)


def test_a_session_that_is_too_old_is_gone_from_the_server(
    client: Client, robin: User, clock: time_machine.Traveller
) -> None:
    sign_in_by_email(client, robin)
    stolen = client.cookies[settings.SESSION_COOKIE_NAME].value
    for _ in range(3):
        clock.shift(10 * DAY)
        is_signed_in(client)
    clock.shift(1)
    assert not is_signed_in(client)
    thief = Client()
    thief.cookies[settings.SESSION_COOKIE_NAME] = stolen
    clock.move_to(START)
    assert not is_signed_in(thief)


def test_a_visit_gives_it_fourteen_days_more(
    client: Client, robin: User, clock: time_machine.Traveller
) -> None:
    sign_in_by_email(client, robin)
    clock.shift(13 * DAY)
    assert is_signed_in(client)
    clock.shift(13 * DAY)
    assert is_signed_in(client)
    assert client.cookies[settings.SESSION_COOKIE_NAME]["max-age"] == 14 * DAY


def test_the_server_forgets_an_idle_session_whatever_the_browser_keeps(
    client: Client, robin: User, clock: time_machine.Traveller
) -> None:
    client.force_login(robin)
    clock.shift(14 * DAY + 1)
    assert not is_signed_in(client)


def test_signing_in_anew_begins_anew(
    client: Client, robin: User, clock: time_machine.Traveller
) -> None:
    sign_in_by_email(client, robin)
    clock.shift(10 * DAY)
    client.post("/account/logout/")
    sign_in_by_email(client, robin)
    assert client.session[session_limits.BEGAN] == clock_now()


def clock_now() -> float:
    return datetime.datetime.now(datetime.UTC).timestamp()


def test_a_visit_is_noted_once_a_day(
    client: Client, robin: User, clock: time_machine.Traveller
) -> None:
    sign_in_by_email(client, robin)
    clock.shift(DAY)
    is_signed_in(client)
    assert client.session[session_limits.SEEN] == START.timestamp()
    assert UserSession.objects.get().last_seen_at == START
    clock.shift(1)
    is_signed_in(client)
    assert client.session[session_limits.SEEN] == clock_now()
    assert UserSession.objects.get().last_seen_at.timestamp() == clock_now()


def test_a_session_from_before_limits_were_kept_begins_now(
    client: Client, robin: User, clock: time_machine.Traveller
) -> None:
    client.force_login(robin)
    session = client.session
    del session[session_limits.BEGAN], session[session_limits.SEEN]
    session.save()
    assert is_signed_in(client)
    assert client.session[session_limits.BEGAN] == clock_now()


def test_a_session_of_nobody_is_left_alone(client: Client) -> None:
    client.post("/account/login/code/", {"email": "pat.nobody@example.com"})
    assert client.get("/privacy/").status_code == 200
    assert session_limits.BEGAN not in client.session


def test_what_has_ended_is_forgotten_with_its_device(
    client: Client, robin: User, clock: time_machine.Traveller
) -> None:
    sign_in_by_email(client, robin)
    clock.shift(10 * DAY)
    phone = Client()
    sign_in_by_email(phone, robin)
    assert UserSession.objects.count() == 2
    clock.shift(5 * DAY)
    session_limits.forget_ended()
    assert UserSession.objects.get().session_key == phone.session.session_key
    assert Session.objects.count() == 1
    assert is_signed_in(phone)
    phone.get("/account/logout/")
    phone.post("/account/logout/")
    session_limits.forget_ended()
    assert not UserSession.objects.exists()
