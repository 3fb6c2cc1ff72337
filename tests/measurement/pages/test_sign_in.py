"""Signing in with an emailed code, and what strangers cannot find out."""

import datetime
import re

import pytest
import time_machine
from django.conf import settings
from django.core import mail
from django.test import Client

from measurement.models import User
from tests.people import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_no_earlier_tries")]
REQUEST, CONFIRM = "/account/login/code/", "/account/login/code/confirm/"
CODE = re.compile(r"^[0-9]{4}-[0-9]{4}$", re.MULTILINE)


@pytest.fixture
def robin() -> User:
    return make_user("robin.teapot@example.com")


def ask_for_code(client: Client, email: str) -> str:
    """Return the code that was emailed, or nothing."""
    answer = client.post(REQUEST, {"email": email})
    assert (answer.status_code, answer.headers["Location"]) == (302, CONFIRM)
    found = CODE.search(str(mail.outbox[-1].body))
    return found.group() if found else ""


def is_signed_in(client: Client) -> bool:
    return client.get("/my-logs/").status_code != 302


def session_key(client: Client) -> str:
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def test_the_emailed_code_signs_in(client: Client, robin: User) -> None:
    code = ask_for_code(client, robin.email)
    assert mail.outbox[0].to == [robin.email]
    assert mail.outbox[0].subject == "Your code to sign in to Trialsite"
    before = session_key(client)
    answer = client.post(CONFIRM, {"code": code})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert is_signed_in(client)
    assert session_key(client) != before


@pytest.mark.parametrize("typed", ["{}", " {} ", "\t{}"])
def test_a_code_is_read_however_it_is_pasted(client: Client, robin: User, typed: str) -> None:
    code = ask_for_code(client, robin.email)
    client.post(CONFIRM, {"code": typed.format(code.replace("-", ""))})
    assert is_signed_in(client)


def test_emails_are_known_in_any_case(client: Client, robin: User) -> None:
    client.post(CONFIRM, {"code": ask_for_code(client, robin.email.upper())})
    assert is_signed_in(client)


def test_signing_out_ends_the_session(client: Client, robin: User) -> None:
    client.post(CONFIRM, {"code": ask_for_code(client, robin.email)})
    stolen = session_key(client)
    assert client.get("/account/logout/").status_code == 200
    assert is_signed_in(client)
    assert client.post("/account/logout/").status_code == 302
    assert not is_signed_in(client)
    thief = Client()
    thief.cookies[settings.SESSION_COOKIE_NAME] = stolen
    assert not is_signed_in(thief)


def pages_of(client: Client, email: str) -> list[tuple[int, str]]:
    """Return status and text of what somebody sees, without what differs for everybody."""
    answers = [
        client.post(REQUEST, {"email": email}),
        client.get(CONFIRM),
        client.post(CONFIRM, {"code": "0000-0000"}),
        client.post(CONFIRM, {"action": "resend"}, follow=True),
        client.post(CONFIRM, {"code": "0000-0000"}),
        client.post(CONFIRM, {"code": "0000-0000"}, follow=True),
    ]
    token = re.compile(r'name="csrfmiddlewaretoken" value="\w+"')
    return [
        (answer.status_code, token.sub("", answer.content.decode()).replace(email, "EMAIL"))
        for answer in answers
    ]


def test_strangers_cannot_tell_who_was_invited(robin: User) -> None:
    closed = make_user("kim.kettle@example.com")
    closed.is_active = False
    closed.save()
    seen = [
        pages_of(Client(REMOTE_ADDR=f"10.0.0.{place}"), email)
        for place, email in enumerate([robin.email, closed.email, "pat.nobody@example.com"])
    ]
    assert seen[0] == seen[1] == seen[2]
    # One email each at first, so that the answers take equally long.
    assert {message.to[0] for message in mail.outbox} >= {robin.email, "pat.nobody@example.com"}


def test_strangers_get_an_email_without_a_code(client: Client) -> None:
    assert ask_for_code(client, "pat.nobody@example.com") == ""
    assert "Nobody was invited" in str(mail.outbox[0].body)
    assert "/account/" not in str(mail.outbox[0].body)


def test_nobody_can_sign_up(client: Client) -> None:
    answer = client.post("/account/signup/", {"email": "pat.nobody@example.com"})
    assert "You need an invitation" in answer.content.decode()
    assert not User.objects.exists()


def test_three_wrong_codes_end_the_try(client: Client, robin: User) -> None:
    code = ask_for_code(client, robin.email)
    for _ in range(3):
        client.post(CONFIRM, {"code": "0000-0000"})
    client.post(CONFIRM, {"code": code})
    assert not is_signed_in(client)


def test_a_code_works_in_the_browser_that_asked_only(client: Client, robin: User) -> None:
    code = ask_for_code(client, robin.email)
    thief = Client()
    thief.post(CONFIRM, {"code": code})
    assert not is_signed_in(thief)


def test_a_code_expires(client: Client, robin: User) -> None:
    code = ask_for_code(client, robin.email)
    with time_machine.travel(datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=16)):
        client.post(CONFIRM, {"code": code})
        assert not is_signed_in(client)


def test_too_many_codes_are_not_sent(client: Client, robin: User) -> None:
    for _ in range(3):
        ask_for_code(Client(), robin.email)
    answer = client.post(REQUEST, {"email": robin.email})
    assert "Too many tries" in answer.content.decode()
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "60")
    assert len(mail.outbox) == 3


def test_an_address_from_which_too_many_codes_are_asked_for_is_told_to_wait(
    client: Client, robin: User
) -> None:
    for number in range(20):
        assert Client().post(REQUEST, {"email": f"{number}@teapot.example"}).status_code == 302
    answer = client.post(REQUEST, {"email": robin.email})
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "60")


def test_another_mistake_is_no_try_too_many(client: Client) -> None:
    answer = client.post(REQUEST, {"email": "robin"})
    assert answer.status_code == 200
    assert "Retry-After" not in answer.headers


def test_signing_in_leads_back_to_the_page_but_not_to_another_site(robin: User) -> None:
    for wanted, reached in {"/my-logs/": "/my-logs/", "https://elsewhere.example/": "/"}.items():
        client = Client()
        answer = client.post(f"{REQUEST}?next={wanted}", {"email": robin.email, "next": wanted})
        code = CODE.search(str(mail.outbox[-1].body))
        assert code
        answer = client.post(answer.headers["Location"], {"code": code.group(), "next": wanted})
        assert answer.headers["Location"] == reached


@pytest.mark.parametrize(
    ("typed", "said"),
    [("", "Enter your email address"), ("robin", "right form"), ("a@b\x00.example", "right form")],
)
def test_what_is_wrong_with_an_address_is_said(client: Client, typed: str, said: str) -> None:
    assert said in client.post(REQUEST, {"email": typed}).content.decode()


@pytest.mark.parametrize("path", ["email", "password/reset", "password/change", "reauthenticate"])
def test_pages_that_sign_in_by_code_does_not_need_are_not_there(client: Client, path: str) -> None:
    assert client.get(f"/account/{path}/").status_code == 404


def test_the_old_address_of_signing_in_still_leads_there(client: Client) -> None:
    answer = client.get("/account/login/?next=/log/")
    assert answer.headers["Location"] == f"{REQUEST}?next=/log/"
