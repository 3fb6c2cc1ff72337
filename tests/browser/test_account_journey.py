"""Signing in at an OpenID provider, a second factor, devices: in a real browser."""

import re
from collections.abc import Iterator

import pytest
from django.conf import settings as django_settings
from playwright.sync_api import expect
from pytest_django import Settings

from measurement.models import Role, User
from tests.authenticator import code_for
from tests.browser.test_participant_journey import Visit, robin, sign_in
from tests.browser.visitor import Visitor
from tests.openid_provider import CLIENT_ID, CLIENT_SECRET, Provider, running
from tests.people import make_trial, make_user

__all__ = ["robin"]
pytestmark = pytest.mark.django_db(transaction=True)
BOTH = pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "plain"])
WIDTHS = pytest.mark.parametrize("width", [1280, 375])


@pytest.fixture
def kim() -> User:
    """Somebody invented who leads a trial."""
    return make_user("kim.kettle@example.com", (Role.LEAD, make_trial(simulated=True)))


@pytest.fixture
def provider(settings: Settings) -> Iterator[Provider]:
    """Have an OpenID provider, and forms that may lead to it."""
    with running() as provider:
        settings.OIDC_SERVER_URL = provider.url
        settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = CLIENT_ID, CLIENT_SECRET
        settings.OIDC_NAME = "Kettle Pass"
        directives = django_settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
        allowed = {**directives, "form-action": ["'self'", provider.url]}
        settings.CONTENT_SECURITY_POLICY = {"DIRECTIVES": allowed}
        yield provider


@BOTH
@WIDTHS
def test_signing_in_at_a_provider(
    visit: Visit, provider: Provider, robin: User, width: int, javascript: bool
) -> None:
    visitor = visit(width=width, javascript=javascript)
    visitor.go("/my-logs/")
    visitor.look("^Sign in$")
    visitor.press("Sign in with Kettle Pass")
    visitor.look("My logs")

    provider.person["email"] = "pat.nobody@example.com"
    stranger = visit(width=width, javascript=javascript)
    stranger.go("/account/login/code/")
    stranger.press("Sign in with Kettle Pass")
    stranger.look("You need an invitation")
    provider.says_no = "access_denied"
    stranger.go("/account/login/code/")
    stranger.press("Sign in with Kettle Pass")
    stranger.look("You are not signed in")
    provider.says_no = "server_error"
    stranger.go("/account/login/code/")
    stranger.press("Sign in with Kettle Pass")
    stranger.look("You are not signed in")
    expect(stranger.page.get_by_text("did not work")).to_be_visible()
    for one in (visitor, stranger):  # that is where they were sent
        one.addresses = [each for each in one.addresses if not each.startswith(provider.url)]


def enter_code(visitor: Visitor, code: str, button: str) -> None:
    visitor.page.get_by_label("Code", exact=True).fill(code)
    visitor.press(button)


@BOTH
@WIDTHS
def test_a_second_factor_from_setting_up_to_turning_off(
    visit: Visit, kim: User, width: int, javascript: bool
) -> None:
    visitor = visit(width=width, javascript=javascript)
    page = visitor.page
    sign_in(visitor, kim.email)
    visitor.look("Trials")
    visitor.follow("Your account")
    visitor.look("Your account")
    visitor.follow("Set up a second factor")
    visitor.look("Set up a second factor")
    picture = page.get_by_role("img", name=re.compile("QR code"))
    expect(picture).to_be_visible()
    if javascript:
        assert picture.evaluate("image => image.naturalWidth") > 0
    visitor.press("Set up")
    visitor.look("Set up a second factor", error=True)
    page.get_by_role("alert").get_by_role("link").click()
    expect(page.get_by_label("Code", exact=True)).to_be_focused()
    secret = re.sub(r"\s", "", page.locator("code.site-secret").inner_text())
    enter_code(visitor, code_for(secret), "Set up")
    visitor.look("Recovery codes")
    codes = page.locator(".site-recovery-codes code").all_inner_texts()
    assert len(codes) == 10
    visitor.follow("Make new recovery codes")
    visitor.look("Make new recovery codes")
    visitor.press("Make new codes")
    visitor.look("Recovery codes")
    codes = page.locator(".site-recovery-codes code").all_inner_texts()
    visitor.press("Continue")
    visitor.look("Trials")

    other = visit(width=width, javascript=javascript)
    sign_in(other, kim.email)
    other.look("Enter the code from your app")
    enter_code(other, "0", "Sign in")
    other.look("Enter the code from your app", error=True)
    enter_code(other, codes[0], "Sign in")
    other.look("Trials")

    other.go("/account/")
    other.look("Your account")
    other.follow("Turn off")
    other.look("Show that it is you")
    enter_code(other, "", "Continue")
    other.look("Show that it is you", error=True)
    enter_code(other, codes[1], "Continue")
    other.look("Turn off your second factor")
    other.press("Turn it off")
    other.look("Your account")
    expect(other.page.get_by_text("Your second factor is off.")).to_be_visible()


@pytest.mark.parametrize("width", [1280, 320])
def test_a_secure_site_sends_staff_to_set_one_up(
    visit: Visit, kim: User, settings: Settings, width: int
) -> None:
    settings.SITE_IS_SECURE = True
    visitor = visit(width=width, user=kim)
    visitor.go("/trials/teapot/")
    visitor.look("Set up a second factor")
    expect(visitor.page.get_by_text("Until you have set up a second factor")).to_be_visible()
    visitor.follow("Your account")
    visitor.look("Your account")


@BOTH
@WIDTHS
def test_signing_out_a_lost_phone(visit: Visit, robin: User, width: int, javascript: bool) -> None:
    phone, desk = visit(width=375), visit(width=width, javascript=javascript)
    for visitor in (phone, desk):
        sign_in(visitor, robin.email)
        visitor.look("Log a task")
    desk.go("/account/")
    desk.look("Your account")
    desk.follow("See where you are signed in")
    desk.look("Where you are signed in")
    expect(desk.page.get_by_text("This device")).to_have_count(1)
    desk.press("Sign out all other devices")
    desk.look("Where you are signed in")
    expect(desk.page.get_by_text("You are signed in on no other device")).to_be_visible()
    phone.go("/log/")
    phone.look("^Sign in$")
