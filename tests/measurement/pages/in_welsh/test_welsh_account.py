"""The pages of an account, of its second factor, and of an OpenID provider, in Welsh."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.test import Client
from pytest_django import Settings

from measurement.models import Role, User
from tests.authenticator import code_for
from tests.measurement.pages.in_welsh.dates import THURSDAY
from tests.measurement.pages.in_welsh.welsh import assert_welsh, english_in_email, read_welsh
from tests.measurement.pages.page import Page
from tests.measurement.pages.staff import (
    CODES,
    CONFIRM,
    NEW_CODES,
    SECOND,
    SET_UP,
    TURN_OFF,
    secret_on,
    set_up,
    sign_in_by_email,
)
from tests.people import make_trial, make_user

# What is told to the owner is told once it is stored.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """Have the time stand still; tests move it on."""
    with time_machine.travel(THURSDAY, tick=False) as clock:
        yield clock


@pytest.fixture
def kim(clock: time_machine.Traveller) -> User:
    """Have somebody who reads Welsh and may have a second factor."""
    kim = make_user("kim.kettle@example.com", (Role.LEAD, make_trial()))
    read_welsh(kim)
    return kim


@pytest.mark.parametrize("secure", [False, True])
def test_setting_up_and_turning_off(
    client: Client, kim: User, settings: Settings, secure: bool, mailoutbox: list[Any]
) -> None:
    sign_in_by_email(client, kim)
    settings.SITE_IS_SECURE = secure
    assert "Heb ei sefydlu" in assert_welsh(client.get("/account/", secure=secure)).text
    shown = client.get(SET_UP, secure=secure)
    assert assert_welsh(shown).title == "Sefydlu ail ffactor - Trialsite"
    for code in ("", "0"):
        page = assert_welsh(client.post(SET_UP, {"code": code}, secure=secure))
        assert page.title.startswith("Gwall: ")
    code = code_for(secret_on(shown))
    page = assert_welsh(client.post(SET_UP, {"code": code}, secure=secure, follow=True))
    assert "Cadwch y codau adfer isod" in page.text
    for path in ("/account/", NEW_CODES, TURN_OFF):
        assert_welsh(client.get(path, secure=secure))
    assert_welsh(client.post(NEW_CODES, secure=secure, follow=True))
    assert_welsh(client.post(TURN_OFF, secure=secure, follow=True))
    assert [email.subject for email in mailoutbox[1:]] == [
        "Rydych wedi sefydlu ail ffactor ar gyfer Trialsite",
        "Mae gennych godau adfer newydd ar gyfer Trialsite",
        "Mae eich ail ffactor ar gyfer Trialsite wedi'i ddiffodd",
    ]
    assert [english_in_email(str(email.body)) for email in mailoutbox] == [[]] * 4


def test_recovery_codes(client: Client, kim: User) -> None:
    client.force_login(kim)
    assert "Sefydlwch ail ffactor yn gyntaf" in assert_welsh(client.post(NEW_CODES)).text
    set_up(client)
    codes = Authenticator.objects.get(type="recovery_codes").wrap()
    for code in codes.get_unused_codes():
        assert codes.validate_code(code)
    assert "pob un ohonynt" in assert_welsh(client.get(CODES)).text


def test_signing_in_and_confirming(
    client: Client, kim: User, clock: time_machine.Traveller
) -> None:
    sign_in_by_email(client, kim)
    secret = set_up(client)
    clock.shift(301)
    assert_welsh(client.get(TURN_OFF, follow=True))
    for code in ("", "0"):
        page = assert_welsh(client.post(CONFIRM, {"code": code, "next": TURN_OFF}))
        assert page.title.startswith("Gwall: ")
    other = Client()
    other.post("/language/", {"language": "cy"})
    sign_in_by_email(other, kim)
    assert assert_welsh(other.get(SECOND)).title == "Rhowch y cod o'ch ap - Trialsite"
    assert_welsh(other.post(SECOND, {"code": ""}))
    for _ in range(5):
        page = assert_welsh(other.post(SECOND, {"code": "0"}))
    page = assert_welsh(other.post(SECOND, {"code": code_for(secret)}))
    assert "Gormod o godau anghywir. Arhoswch 5 munud" in page.text


def test_devices(client: Client, kim: User) -> None:
    phone = Client()
    sign_in_by_email(phone, kim)
    sign_in_by_email(client, kim)
    page = assert_welsh(client.get("/account/devices/"))
    assert "Dyfais anhysbys" in page.text
    assert "Y ddyfais hon" in page.text
    page = assert_welsh(client.post("/account/devices/", follow=True))
    assert "Rydych wedi allgofnodi ar bob dyfais arall." in page.text


def test_an_openid_provider(client: Client, settings: Settings) -> None:
    settings.OIDC_SERVER_URL = "http://127.0.0.1:9"  # nobody answers there
    settings.OIDC_CLIENT_ID = settings.OIDC_CLIENT_SECRET = "of this test only"
    settings.OIDC_NAME = "Kettle Pass"
    client.post("/language/", {"language": "cy"})
    page = assert_welsh(client.get("/account/login/code/"))
    assert "Mewngofnodi gyda Kettle Pass" in page.text
    assert_welsh(client.get("/account/oidc/cancelled/"))
    page = assert_welsh(client.get("/account/oidc/callback/"))
    assert "Ni weithiodd mewngofnodi gyda Kettle Pass." in page.text
    page = Page(client.post("/account/oidc/start/", follow=True))
    assert "Ni weithiodd" in page.text
