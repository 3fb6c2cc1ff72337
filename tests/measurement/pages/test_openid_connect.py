"""Signing in at a real little OpenID provider, and whom that does not sign in."""

import datetime
import logging
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import time_machine
from allauth.socialaccount.models import SocialAccount
from django.conf import settings as django_settings
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from measurement.models import User
from tests.measurement.pages.page import Page
from tests.openid_provider import CLIENT_ID, CLIENT_SECRET, Provider, new_key, running
from tests.people import make_user

pytestmark = pytest.mark.django_db
START, CALLBACK = "/account/oidc/start/", "/account/oidc/callback/"
SIGN_IN = "/account/login/code/"


@pytest.fixture
def provider(settings: Settings) -> Iterator[Provider]:
    cache.clear()
    with running() as provider:
        settings.OIDC_SERVER_URL = provider.url
        settings.OIDC_CLIENT_ID = CLIENT_ID
        settings.OIDC_CLIENT_SECRET = CLIENT_SECRET
        settings.OIDC_NAME = "Kettle Pass"
        yield provider


@pytest.fixture
def robin() -> User:
    return make_user("robin.teapot@example.com")


def go_to_provider(client: Client, **form: str) -> str:
    """Return the address at which the provider sends the browser back."""
    away = client.post(START, form)
    assert away.status_code == 302
    back = requests.get(away.headers["Location"], allow_redirects=False, timeout=5)
    address: str = back.headers["Location"]
    assert address.startswith(f"http://testserver{CALLBACK}?")
    return address.removeprefix("http://testserver")


def sign_in(client: Client, **form: str) -> Any:
    return client.get(go_to_provider(client, **form))


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def assert_refused(client: Client, answer: Any, heading: str, status: int) -> None:
    assert not is_signed_in(client)
    assert answer.status_code == status
    page = Page(answer)
    assert page.title == f"{heading} - Trialsite"
    assert SIGN_IN in page.all("href")
    assert not SocialAccount.objects.exists()


def test_whoever_was_invited_signs_in(client: Client, provider: Provider, robin: User) -> None:
    assert "Sign in with Kettle Pass" in client.get(SIGN_IN).content.decode()
    answer = sign_in(client)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert client.session["_auth_user_id"] == str(robin.pk)
    assert User.objects.count() == 1
    # Nothing of what the provider said is kept.
    assert not SocialAccount.objects.exists()
    assert provider.asked.count("/keys") == 1


def test_the_session_is_another_one_after_signing_in(
    client: Client, provider: Provider, robin: User
) -> None:
    address = go_to_provider(client)
    name = django_settings.SESSION_COOKIE_NAME
    before = client.cookies[name].value
    client.get(address)
    assert client.cookies[name].value != before


def test_addresses_are_known_in_any_case(client: Client, provider: Provider, robin: User) -> None:
    provider.person["email"] = "Robin.Teapot@Example.com"
    sign_in(client)
    assert is_signed_in(client)


@pytest.mark.parametrize(
    ("wanted", "reached"), [("/my-logs/", "/my-logs/"), ("https://elsewhere.example/", "/")]
)
def test_signing_in_leads_back_to_the_page_but_not_to_another_site(
    client: Client, provider: Provider, robin: User, wanted: str, reached: str
) -> None:
    page = Page(client.get(f"{SIGN_IN}?next={wanted}"))
    forms = [attributes for tag, attributes in page.tags if tag == "form"]
    assert {"method": "post", "action": START} in forms
    assert sign_in(client, next=wanted).headers["Location"] == reached


@pytest.mark.parametrize("verified", [False, None, "false", 1.5, "yes"])
def test_an_address_that_the_provider_did_not_verify_counts_for_nothing(
    client: Client, provider: Provider, robin: User, verified: object
) -> None:
    provider.person["email_verified"] = verified
    assert_refused(client, sign_in(client), "You need an invitation", 200)


def test_some_say_that_it_is_verified_in_a_string(
    client: Client, provider: Provider, robin: User
) -> None:
    provider.person["email_verified"] = "true"
    sign_in(client)
    assert is_signed_in(client)


def test_address_and_verification_come_from_the_same_source(
    client: Client, provider: Provider, robin: User
) -> None:
    provider.change["claims"] = lambda said: {**said, "email": "pat.nobody@example.com"}
    provider.change["userinfo"] = lambda said: {
        "sub": said["sub"],
        "email": "robin.teapot@example.com",
    }
    assert_refused(client, sign_in(client), "You need an invitation", 200)


@pytest.mark.parametrize("endpoint", ["", None])
def test_a_provider_without_userinfo_has_said_it_with_its_signature(
    client: Client, provider: Provider, robin: User, endpoint: str | None
) -> None:
    provider.change["description"] = lambda said: {**said, "userinfo_endpoint": endpoint}
    sign_in(client)
    assert is_signed_in(client)
    assert "/userinfo" not in provider.asked


def test_a_provider_with_one_key_need_not_name_it(
    client: Client, provider: Provider, robin: User
) -> None:
    provider.header = {}
    sign_in(client)
    assert is_signed_in(client)


def test_nobody_can_sign_up(client: Client, provider: Provider, robin: User) -> None:
    provider.person["email"] = "pat.nobody@example.com"
    assert_refused(client, sign_in(client), "You need an invitation", 200)
    assert User.objects.count() == 1


def test_a_closed_account_stays_closed(client: Client, provider: Provider, robin: User) -> None:
    robin.is_active = False
    robin.save()
    assert sign_in(client).headers["Location"] == "/account/inactive/"
    assert not is_signed_in(client)


def test_nobody_can_tie_another_identity_to_an_account(
    client: Client, provider: Provider, robin: User
) -> None:
    client.force_login(make_user("kim.kettle@example.com"))
    sign_in(client, process="connect")
    assert not SocialAccount.objects.exists()
    # Whoever the provider names is signed in, and nobody else.
    assert client.session["_auth_user_id"] == str(robin.pk)


UNREADABLE = {
    "a description without what is needed": (
        "description",
        lambda said: {"issuer": said["issuer"]},
    ),
    "a description that is a list": ("description", lambda said: [said]),
    "keys that are none": ("keys", lambda said: {"keys": []}),
    "keys of another name": (
        "keys",
        lambda said: {
            "keys": [{**said["keys"][0], "kid": "key-2"}, said["keys"][0] | {"kid": "3"}]
        },
    ),
    "another issuer": ("claims", lambda said: {**said, "iss": "https://elsewhere.example"}),
    "a statement for another site": ("claims", lambda said: {**said, "aud": "another"}),
    "a statement that has run out": ("claims", lambda said: {**said, "exp": said["iat"] - 60}),
    "a statement without an end": (
        "claims",
        lambda said: {name: value for name, value in said.items() if name != "exp"},
    ),
    "nobody's name": ("claims", lambda said: {**said, "sub": ""}),
    "another person's page": ("userinfo", lambda said: {**said, "sub": "person-2"}),
    "a page that is a list": ("userinfo", lambda said: [said]),
    "an address that is no text": ("userinfo", lambda said: {**said, "email": ["robin"]}),
    "no statement": ("token", lambda said: {"access_token": said["access_token"]}),
    "no token": ("token", lambda said: {"error": "invalid_grant"}),
}


@pytest.mark.parametrize("fault", UNREADABLE)
def test_what_the_provider_must_not_say_signs_nobody_in(
    client: Client, provider: Provider, robin: User, fault: str
) -> None:
    address = go_to_provider(client)
    what, change = UNREADABLE[fault]
    provider.change[what] = change
    assert_refused(client, client.get(address), "You are not signed in", 401)


def test_somebody_elses_signature_does_not_hold(
    client: Client, provider: Provider, robin: User
) -> None:
    provider.signing_key = new_key()
    assert_refused(client, sign_in(client), "You are not signed in", 401)


@pytest.mark.parametrize(("algorithm", "key"), [("none", None), ("HS256", "k" * 32)])
def test_a_weaker_signature_does_not_hold(
    client: Client, provider: Provider, robin: User, algorithm: str, key: str | None
) -> None:
    provider.algorithm, provider.signing_key = algorithm, key
    assert_refused(client, sign_in(client), "You are not signed in", 401)


@pytest.mark.parametrize("what", ["description", "token", "keys", "userinfo"])
def test_a_provider_that_breaks_on_the_way_is_a_plain_page(
    client: Client, provider: Provider, robin: User, what: str
) -> None:
    address = go_to_provider(client)
    provider.broken.add(what)
    assert_refused(client, client.get(address), "You are not signed in", 401)


def test_an_answer_without_a_type_is_a_plain_page(
    client: Client, provider: Provider, robin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = go_to_provider(client)

    class Typeless(set[str]):
        """Not an error, yet without the header that errors lack, too."""

        asked = 0

        def __contains__(self, what: object) -> bool:
            self.asked += what == "token"
            return what == "token" and self.asked == 2

    provider.broken = Typeless()
    assert_refused(client, client.get(address), "You are not signed in", 401)


def test_a_provider_that_is_down_is_a_plain_page(
    client: Client, provider: Provider, caplog: pytest.LogCaptureFixture, settings: Settings
) -> None:
    settings.OIDC_SERVER_URL = "http://127.0.0.1:9"
    with caplog.at_level(logging.WARNING, "measurement.pages.openid_connect"):
        answer = client.post(START)
    assert_refused(client, answer, "You are not signed in", 401)
    assert "Sign-in at the OpenID provider failed: unknown ConnectionError" in caplog.text


def test_a_wrong_or_missing_state_signs_nobody_in(
    client: Client, provider: Provider, robin: User
) -> None:
    address = go_to_provider(client)
    code = parse_qs(urlsplit(address).query)["code"][0]
    for query in (f"?code={code}&state=guessed", f"?code={code}", ""):
        answer = client.get(CALLBACK + query)
        assert_refused(client, answer, "You are not signed in", 401)


def test_a_state_works_in_its_browser_only_and_once(
    client: Client, provider: Provider, robin: User
) -> None:
    address = go_to_provider(client)
    victim = Client()
    assert_refused(victim, victim.get(address), "You are not signed in", 401)
    client.get(address)
    assert is_signed_in(client)
    assert client.get(address).status_code == 401


def test_a_state_runs_out(client: Client, provider: Provider, robin: User) -> None:
    address = go_to_provider(client)
    with time_machine.travel(datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=11)):
        assert_refused(client, client.get(address), "You are not signed in", 401)


@pytest.mark.parametrize("error", ["access_denied", "server_error"])
def test_whoever_gives_up_at_the_provider_can_go_on_without(
    client: Client, provider: Provider, error: str
) -> None:
    provider.says_no = error
    answer = client.get(go_to_provider(client), follow=True)
    status = 200 if error == "access_denied" else 401
    assert_refused(client, answer, "You are not signed in", status)


def test_it_begins_with_a_form_of_this_site(provider: Provider) -> None:
    assert Client().get(START).status_code == 405
    assert Client(enforce_csrf_checks=True).post(START).status_code == 403


@pytest.mark.parametrize("path", [START, CALLBACK, "/account/oidc/cancelled/"])
def test_without_a_provider_nothing_of_it_is_there(client: Client, path: str) -> None:
    assert client.get(path).status_code == client.post(path).status_code == 404
    assert "oidc" not in client.get(SIGN_IN).content.decode()
