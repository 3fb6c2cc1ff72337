"""Setting up a second factor, signing in with it, and losing the phone."""

import base64
from threading import Thread
from typing import Any
from xml.etree import ElementTree

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from cryptography.fernet import InvalidToken
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import Client
from pytest_django import Settings

from measurement.models import AuditEvent, Role, User
from tests.authenticator import code_for
from tests.measurement.pages.page import Page
from tests.measurement.pages.staff import (
    CODES,
    CONFIRM,
    NEW_CODES,
    SECOND,
    SET_UP,
    TURN_OFF,
    has_to_confirm,
    recovery_codes,
    secret_on,
    set_up,
    sign_in_by_email,
)
from tests.people import make_trial, make_user

# What is told to the owner is told once it is stored.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def kim(clock: time_machine.Traveller) -> User:
    return make_user("kim.kettle@example.com", (Role.LEAD, make_trial()))


def acts() -> list[str]:
    return list(AuditEvent.objects.order_by("pk").values_list("act", flat=True))


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def ready(client: Client, user: User) -> str:
    """Have somebody signed in who has a second factor, and return its key."""
    sign_in_by_email(client, user)
    return set_up(client)


def test_setting_one_up(client: Client, kim: User) -> None:
    sign_in_by_email(client, kim)
    answer = client.get(SET_UP)
    page = Page(answer)
    assert page.title == "Set up a second factor - Trialsite"
    assert "no-store" in answer.headers["Cache-Control"]
    [picture] = [text for text in page.all("src") if text.startswith("data:")]
    kind, _, text = picture.partition(";base64,")
    assert kind == "data:image/svg+xml"
    assert ElementTree.fromstring(base64.b64decode(text)).tag.endswith("}svg")

    secret = secret_on(answer)
    wrong = client.post(SET_UP, {"code": "000000" if code_for(secret) != "000000" else "111111"})
    assert Page(wrong).title.startswith("Error: ")
    assert "Wait for the next one" in wrong.content.decode()
    assert secret_on(wrong) == secret
    assert "Enter the code from your authenticator app" in client.post(SET_UP).content.decode()
    assert not Authenticator.objects.exists()

    answer = client.post(SET_UP, {"code": code_for(secret)}, follow=True)
    assert "You have set up your second factor" in answer.content.decode()
    assert len(set(recovery_codes(client))) == 10
    assert acts() == ["set_up_second_factor"]
    assert mail.outbox[-1].to == [kim.email]
    assert mail.outbox[-1].subject == "You have set up a second factor for Trialsite"
    assert "3 March 2025 at 9:00am" in str(mail.outbox[-1].body)


def test_secrets_are_unreadable_in_the_database(
    client: Client, kim: User, settings: Settings, clock: time_machine.Traveller
) -> None:
    secret = ready(client, kim)
    codes = recovery_codes(client)
    for stored in Authenticator.objects.all():
        assert secret not in str(stored.data)
    app = Authenticator.objects.get(type="totp")
    assert app.wrap().validate_code(code_for(secret))

    clock.shift(30)
    former = settings.SECRET_KEY
    settings.SECRET_KEY = "a new key of fifty characters or more, for this test only"
    with pytest.raises(InvalidToken):
        app.wrap().validate_code(code_for(secret))
    settings.SECRET_KEY_FALLBACKS = [former]
    assert app.wrap().validate_code(code_for(secret))
    assert Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes() == codes


def test_a_double_click_sets_up_one(client: Client, kim: User) -> None:
    sign_in_by_email(client, kim)
    code = code_for(secret_on(client.get(SET_UP)))
    client.post(SET_UP, {"code": code})
    assert client.post(SET_UP, {"code": code}).headers["Location"] == "/account/"
    assert client.get(SET_UP).headers["Location"] == "/account/"
    assert acts() == ["set_up_second_factor"]


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


def test_of_two_forms_at_once_one_sets_it_up(client: Client, kim: User) -> None:
    sign_in_by_email(client, kim)
    code = code_for(secret_on(client.get(SET_UP)))
    answers: list[Any] = []

    def send() -> None:
        answers.append(client.post(SET_UP, {"code": code}))
        connection.close()

    second = Thread(target=send)
    with transaction.atomic():  # as the first form does
        User.objects.select_for_update().get(pk=kim.pk)
        second.start()
        while not somebody_waits():
            assert second.is_alive()
        Authenticator.objects.create(user=kim, type="totp", data={"secret": "of the first form"})
    second.join()
    assert answers[0].headers["Location"] == "/account/"
    assert Authenticator.objects.count() == 1
    assert acts() == []


def test_whoever_has_one_is_asked_at_sign_in(
    client: Client, kim: User, clock: time_machine.Traveller
) -> None:
    secret = ready(client, kim)
    clock.shift(30)
    other = Client()
    assert sign_in_by_email(other, kim).headers["Location"] == SECOND
    assert not is_signed_in(other)
    assert other.get("/account/").status_code == 302
    assert Page(other.get(SECOND)).title == "Enter the code from your app - Trialsite"

    before = other.session.session_key
    code = code_for(secret)
    assert other.post(SECOND, {"code": code}).headers["Location"] == "/"
    assert is_signed_in(other)
    assert other.session.session_key != before

    # A code works once.
    thief = Client()
    sign_in_by_email(thief, kim)
    assert "The code is not right" in thief.post(SECOND, {"code": code}).content.decode()
    assert not is_signed_in(thief)


def test_the_second_factor_alone_signs_nobody_in(client: Client, kim: User) -> None:
    secret = ready(client, kim)
    stranger = Client()
    assert stranger.get(SECOND).status_code == 302
    assert stranger.post(SECOND, {"code": code_for(secret)}).status_code == 302
    assert not is_signed_in(stranger)


def test_a_recovery_code_works_once(
    client: Client, kim: User, clock: time_machine.Traveller
) -> None:
    ready(client, kim)
    code = recovery_codes(client)[3]
    for works in (True, False):
        other = Client()
        sign_in_by_email(other, kim)
        other.post(SECOND, {"code": code})
        assert is_signed_in(other) == works
        clock.shift(61)  # codes by email are counted, too
    assert code not in recovery_codes(client)


def test_a_form_without_a_code_is_asked_for_one(client: Client, kim: User) -> None:
    ready(client, kim)
    other = Client()
    sign_in_by_email(other, kim)
    answer = other.post(SECOND, {})
    assert "Enter the code from your authenticator app" in answer.content.decode()
    assert not is_signed_in(other)


def test_too_many_wrong_codes_lock_the_second_factor(
    client: Client, kim: User, clock: time_machine.Traveller
) -> None:
    secret = ready(client, kim)
    clock.shift(30)
    thief = Client()
    sign_in_by_email(thief, kim)
    for _ in range(5):
        assert "The code is not right" in thief.post(SECOND, {"code": "0"}).content.decode()
    answer = thief.post(SECOND, {"code": code_for(secret)})
    assert "Too many wrong codes. Wait 5 minutes" in answer.content.decode()
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "300")
    # In another browser, too.
    other = Client()
    sign_in_by_email(other, kim)
    assert "Too many wrong codes" in other.post(SECOND, {"code": code_for(secret)}).content.decode()
    clock.shift(301)
    assert other.post(SECOND, {"code": code_for(secret)}).headers["Location"] == "/"


@pytest.mark.parametrize("path", [TURN_OFF, CODES, NEW_CODES])
def test_what_matters_is_confirmed_first(
    client: Client, kim: User, clock: time_machine.Traveller, path: str
) -> None:
    secret = ready(client, kim)
    clock.shift(301)
    assert has_to_confirm(client.get(path))
    form = {"code": "0", "next": path}
    assert "The code is not right" in client.post(CONFIRM, form).content.decode()
    assert has_to_confirm(client.get(path))
    form["code"] = code_for(secret)
    assert client.post(CONFIRM, form).headers["Location"] == path
    assert client.get(path).status_code == 200


@pytest.mark.parametrize("path", [TURN_OFF, NEW_CODES])
def test_a_form_waits_until_its_sender_has_confirmed(
    client: Client, kim: User, clock: time_machine.Traveller, path: str
) -> None:
    secret = ready(client, kim)
    clock.shift(301)
    before = list(Authenticator.objects.values_list("pk", "data"))
    assert has_to_confirm(client.post(path))
    assert list(Authenticator.objects.values_list("pk", "data")) == before
    client.post(CONFIRM, {"code": code_for(secret), "next": path})
    assert acts()[-1] in ("turn_off_second_factor", "make_recovery_codes")


def test_turning_it_off(client: Client, kim: User, settings: Settings) -> None:
    ready(client, kim)
    assert "An emailed code alone" in client.get(TURN_OFF).content.decode()
    settings.SITE_IS_SECURE = True
    assert "asked to set up another one" in client.get(TURN_OFF).content.decode()
    answer = client.post(TURN_OFF)
    assert answer.headers["Location"] == "/account/"
    assert not Authenticator.objects.exists()
    assert acts()[-1] == "turn_off_second_factor"
    assert mail.outbox[-1].subject == "Your second factor for Trialsite is off"
    assert "Your second factor is off." in client.get("/account/").content.decode()


def test_new_recovery_codes_replace_the_old(client: Client, kim: User) -> None:
    ready(client, kim)
    before = recovery_codes(client)
    assert client.get(NEW_CODES).status_code == 200
    answer = client.post(NEW_CODES, follow=True)
    assert "You have new recovery codes." in answer.content.decode()
    assert set(before).isdisjoint(recovery_codes(client))
    assert acts()[-1] == "make_recovery_codes"
    assert mail.outbox[-1].subject == "You have new recovery codes for Trialsite"


def test_without_a_second_factor_there_are_no_codes(client: Client, kim: User) -> None:
    client.force_login(kim)
    assert client.get(CODES).status_code == client.get(TURN_OFF).status_code == 404
    assert "Set up a second factor first" in client.post(NEW_CODES).content.decode()


def test_used_up_codes_are_made_anew(client: Client, kim: User) -> None:
    ready(client, kim)
    codes = Authenticator.objects.get(type="recovery_codes").wrap()
    for code in codes.get_unused_codes():
        assert codes.validate_code(code)
    assert "You have used all of them" in client.get(CODES).content.decode()


def test_lost_phone_and_codes(client: Client, kim: User) -> None:
    ready(client, kim)
    assert UserSession.objects.filter(user=kim).exists()
    call_command("reset_second_factor", kim.email.upper())
    assert not Authenticator.objects.exists()
    assert not is_signed_in(client)
    assert acts()[-1] == "reset_second_factor"
    assert AuditEvent.objects.latest("pk").subject == str(kim)
    with pytest.raises(CommandError, match="has no second factor"):
        call_command("reset_second_factor", kim.email)
    with pytest.raises(CommandError, match="email of somebody"):
        call_command("reset_second_factor", "pat.nobody@example.com")


@pytest.mark.parametrize("path", [SET_UP, TURN_OFF, CODES, NEW_CODES, CONFIRM, "/account/"])
def test_strangers_are_sent_to_sign_in(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/account/login/")


@pytest.mark.parametrize(
    "path",
    ["webauthn/", "recovery-codes/download/", "totp/activate/", "trust/", "authenticate/"],
)
def test_pages_that_the_second_factor_does_not_need_are_not_there(
    client: Client, path: str
) -> None:
    assert client.get(f"/account/second-factor/{path}").status_code == 404
    assert client.get(f"/account/2fa/{path}").status_code == 404


def test_whoever_has_none_has_nothing_to_confirm(client: Client, kim: User) -> None:
    client.force_login(kim)
    assert client.get(CONFIRM).status_code == 403
