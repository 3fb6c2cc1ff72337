"""One's own account: what it shows, and signing out other devices."""

import re

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from measurement.models import AuditEvent, Role, User
from measurement.pages.device_names import device_name
from tests.measurement.pages.page import Page
from tests.measurement.pages.staff import SET_UP, set_up, sign_in_by_email
from tests.people import make_trial, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_no_earlier_tries")]
PHONE = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/125.0.0.0 Mobile Safari/537.36"
)


@pytest.fixture
def robin() -> User:
    return make_user("robin.teapot@example.com")


@pytest.fixture
def kim() -> User:
    return make_user("kim.kettle@example.com", (Role.ANALYST, make_trial()))


def test_everybody_sees_address_and_devices(client: Client, robin: User) -> None:
    client.force_login(robin)
    answer = client.get("/account/")
    assert "no-store" in answer.headers["Cache-Control"]
    page = Page(answer)
    assert robin.email in page.text
    assert "/account/devices/" in page.all("href")
    assert "Second factor" not in page.text


def test_the_page_is_found_from_every_page(client: Client, robin: User) -> None:
    assert "/account/" not in Page(client.get("/privacy/")).all("href")
    client.force_login(robin)
    assert "/account/" in Page(client.get("/privacy/")).all("href")


@pytest.mark.parametrize(
    ("secure", "said"), [(False, "Not set up"), (True, "You need one to see a trial’s results")]
)
def test_staff_can_set_a_second_factor_up(
    client: Client, kim: User, settings: Settings, secure: bool, said: str
) -> None:
    settings.SITE_IS_SECURE = secure
    client.force_login(kim)
    page = Page(client.get("/account/"))
    assert said in page.text
    assert SET_UP in page.all("href")
    assert ("Until you have set up" in client.get(SET_UP).content.decode()) == secure
    set_up(client)
    page = Page(client.get("/account/"))
    assert "An authenticator app" in page.text
    assert "/account/second-factor/turn-off/" in page.all("href")


def test_the_account_costs_few_queries(
    client: Client, kim: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client.force_login(kim)
    client.get("/account/")
    with django_assert_num_queries(5):  # session, user, factor, staff, navigation
        client.get("/account/")


def test_devices_are_listed_and_the_others_signed_out(client: Client, robin: User) -> None:
    phone = Client(headers={"user-agent": PHONE})
    sign_in_by_email(phone, robin)
    sign_in_by_email(client, robin)
    stranger = Client()
    sign_in_by_email(stranger, make_user("kim.kettle@example.com"))

    answer = client.get("/account/devices/")
    assert "no-store" in answer.headers["Cache-Control"]
    rows = re.findall(r"<dt[^>]*>(.*?)</dt>", answer.content.decode(), re.DOTALL)
    assert ["Unknown device" in rows[0], "Chrome, Android" in rows[1]] == [True, True]
    assert ["This device" in row for row in rows] == [True, False]

    answer = client.post("/account/devices/", follow=True)
    assert "You are signed out on all other devices" in answer.content.decode()
    assert "You are signed in on no other device" in answer.content.decode()
    assert phone.get("/account/").status_code == 302
    assert client.get("/account/").status_code == stranger.get("/account/").status_code == 200
    assert AuditEvent.objects.get().act == "sign_out_other_devices"
    assert AuditEvent.objects.get().actor == robin


def test_a_device_that_signed_out_is_not_listed(client: Client, robin: User) -> None:
    phone = Client(headers={"user-agent": PHONE})
    sign_in_by_email(phone, robin)
    sign_in_by_email(client, robin)
    phone.post("/account/logout/")
    assert "Android" not in client.get("/account/devices/").content.decode()
    assert UserSession.objects.count() == 1


def test_signing_out_others_needs_the_form_of_this_site(robin: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(robin)
    assert client.post("/account/devices/").status_code == 403


def test_strangers_are_sent_to_sign_in(client: Client) -> None:
    answer = client.get("/account/devices/")
    assert answer.headers["Location"] == "/account/login/code/?next=/account/devices/"


WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) "


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (PHONE, "Chrome, Android"),
        (f"{WINDOWS}AppleWebKit/537.36 Chrome/125.0 Safari/537.36 Edg/125.0", "Edge, Windows"),
        (f"{WINDOWS}Gecko/20100101 Firefox/126.0", "Firefox, Windows"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 "
            "Version/17.5 Mobile/15E148 Safari/604.1",
            "Safari, iPhone",
        ),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) Version/17.5 Safari/605", "Safari, Mac"),
        ("curl/8.5", "Unknown device"),
        ("", "Unknown device"),
    ],
)
def test_devices_have_names_that_people_know(user_agent: str, name: str) -> None:
    assert device_name(user_agent) == name
