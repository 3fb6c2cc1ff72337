"""The language of the pages: how it is chosen, where it is kept, and who is spoken to in it."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core import mail
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import path
from pytest_django import DjangoAssertNumQueries

from measurement import languages
from measurement.models import Language, Participant, Role, Trial, User
from tests.measurement.pages.page import Page, answers
from tests.people import make_participant, make_user
from trialsite import urls

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_no_earlier_tries")]
REQUEST, CONFIRM = "/account/login/code/", "/account/login/code/confirm/"


def broken(request: HttpRequest) -> HttpResponse:
    raise ValueError("planted")


urlpatterns = [path("broken/", broken), *urls.urlpatterns]
handler400, handler500 = urls.handler400, urls.handler500


def speak(client: Client, language: str = "cy", page: str = "/") -> str:
    """Choose a language on a page; return where that leads."""
    answer = client.post(f"/language/?next={page}", {"language": language})
    assert answer.status_code == 302
    return answer.headers["Location"]


def language_of(client: Client, page: str = "/privacy/") -> str | None:
    """Return the language that a page is said to be in, in its headers and itself."""
    answer = client.get(page)
    (html,) = (attributes for tag, attributes in Page(answer).tags if tag == "html")
    assert answer.headers["Content-Language"] == html["lang"]
    return html["lang"]


def sign_in(client: Client, user: User) -> None:
    client.post(REQUEST, {"email": user.email})
    code = re.search(r"^[0-9]{4}-[0-9]{4}$", str(mail.outbox[-1].body), re.MULTILINE)
    assert code
    assert client.post(CONFIRM, {"code": code.group()}).status_code == 302


def stored(user: User | None) -> str:
    assert user
    user.refresh_from_db()
    return user.language


def welsh(participant: Participant) -> Participant:
    """Have a participant's account speak Welsh."""
    User.objects.filter(participant=participant).update(language=Language.WELSH)
    return participant


def test_pages_are_in_english_until_another_language_is_chosen(client: Client) -> None:
    assert language_of(client) == "en"
    speak(client)
    assert language_of(client) == "cy"
    assert "Cwcis a phreifatrwydd" in client.get("/privacy/").content.decode()
    speak(client, "en")
    assert language_of(client) == "en"


def test_the_switch_names_the_other_language_in_itself(client: Client) -> None:
    for other, name in (("cy", "Cymraeg"), ("en", "English")):
        page = Page(client.get("/privacy/"))
        (button,) = (
            attributes for _, attributes in page.tags if attributes.get("name") == "language"
        )
        assert (button["value"], button["lang"]) == (other, other)
        assert f">{name}</button>" in page.text
        assert "/language/?next=/privacy/" in page.all("action")
        speak(client)


def test_looking_chooses_nothing(client: Client) -> None:
    assert client.get("/language/?language=cy&next=/").status_code == 405
    assert language_of(client) == "en"


def test_another_website_chooses_nothing() -> None:
    client = Client(enforce_csrf_checks=True)
    assert client.post("/language/", {"language": "cy"}).status_code == 403
    assert language_of(client) == "en"


@pytest.mark.parametrize("language", ["de", "CY", "", None])
def test_a_language_that_there_is_none_of_is_refused(client: Client, language: str | None) -> None:
    answer = client.post("/language/", {"language": language} if language is not None else {})
    assert answer.status_code == 400
    assert language_of(client) == "en"


@pytest.mark.parametrize(
    ("page", "leads_to"),
    [
        ("/log/%3Ftrial%3Dteapot", "/log/?trial=teapot"),
        ("https://elsewhere.example/", "/"),
        ("//elsewhere.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ],
)
def test_the_same_page_is_shown_again_and_none_of_elsewhere(
    client: Client, page: str, leads_to: str
) -> None:
    assert speak(client, page=page) == leads_to


def test_two_cookies_are_enough(client: Client) -> None:
    client.get("/")
    speak(client)
    client.get("/")
    assert set(client.cookies) == {settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME}


def test_the_choice_survives_sign_in_and_reaches_other_devices(participant: Participant) -> None:
    assert participant.user
    phone, desk = Client(), Client()
    speak(phone)
    sign_in(phone, participant.user)
    assert mail.outbox[-1].subject == "Eich cod i fewngofnodi i Trialsite"
    assert "Mae'n gweithio am 15 munud." in str(mail.outbox[-1].body)
    assert stored(participant.user) == "cy"
    assert language_of(phone, "/log/") == "cy"
    sign_in(desk, participant.user)
    assert language_of(desk, "/log/") == "cy"
    speak(desk, "en")
    assert language_of(phone, "/log/") == "en"


def test_who_chooses_nothing_before_sign_in_keeps_the_language(participant: Participant) -> None:
    sign_in(Client(), welsh(participant).user)  # type: ignore[arg-type]
    # The device speaks English still, but the email goes to somebody who reads Welsh.
    assert mail.outbox[-1].subject == "Eich cod i fewngofnodi i Trialsite"
    assert stored(participant.user) == "cy"


def test_a_choice_of_english_counts_too(client: Client, participant: Participant) -> None:
    speak(client, "en")
    sign_in(client, welsh(participant).user)  # type: ignore[arg-type]
    assert mail.outbox[-1].subject == "Your code to sign in to Trialsite"
    assert stored(participant.user) == "en"


@pytest.mark.parametrize(("language", "said"), [("cy", "Ni chafodd neb wahoddiad"), ("en", "code")])
def test_strangers_are_written_to_in_the_language_of_the_page(
    client: Client, language: str, said: str
) -> None:
    speak(client, language)
    client.post(REQUEST, {"email": "pat.nobody@example.com"})
    assert said in str(mail.outbox[-1].body)


def test_signing_out_keeps_the_language_but_leaves_it_to_nobody(
    client: Client, participant: Participant
) -> None:
    sign_in(client, welsh(participant).user)  # type: ignore[arg-type]
    page = Page(client.post("/account/logout/", follow=True))
    assert "Rydych wedi allgofnodi." in page.text
    assert language_of(client) == "cy"
    kim = make_user("kim.kettle@example.com")
    make_participant(participant.trial, kim, "p2")
    sign_in(client, kim)
    assert mail.outbox[-1].subject == "Your code to sign in to Trialsite"
    assert stored(kim) == "en"
    assert language_of(client, "/log/") == "en"
    client.post("/account/logout/")
    assert language_of(client) == "en"


def test_another_email_address_is_asked_for_in_the_chosen_language(
    client: Client, participant: Participant
) -> None:
    assert participant.user
    speak(client)
    client.post(REQUEST, {"email": "pat.nobody@example.com"})
    client.post("/account/logout/", {"next": REQUEST})
    sign_in(client, participant.user)
    assert stored(participant.user) == "cy"


@pytest.mark.parametrize("page", ["/trials/", "/api-guide/", "/api/docs/"])
def test_the_pages_of_staff_are_english_and_offer_no_other(
    client: Client, trial: Trial, page: str
) -> None:
    user = make_user("kim@example.com", (Role.LEAD, trial), (Role.ANALYST, trial))
    client.force_login(user)
    speak(client)
    assert language_of(client, "/") == "cy"
    assert language_of(client, page) == "en"
    text = client.get(page).content.decode()
    assert "Sign out" in text
    assert "Cymraeg" not in text


def test_programs_are_told_of_problems_in_english(client: Client, robin: Participant) -> None:
    welsh(robin)
    answer = client.get("/api/v1/trials/")
    assert answer.status_code == 401
    assert answer.json()["title"] == "Not authenticated"
    assert answer.headers["Content-Language"] == "en"


@pytest.mark.urls(__name__)
@pytest.mark.parametrize(
    ("page", "status", "said"),
    [
        ("/no-such-page/", 404, "Heb ddod o hyd i'r dudalen"),
        ("/my-logs/99/void/", 404, "Heb ddod o hyd i'r dudalen"),
        ("/broken/", 500, "mae problem wedi codi"),
    ],
)
def test_errors_are_told_in_the_language(
    client: Client, robin: Participant, page: str, status: int, said: str
) -> None:
    welsh(robin)
    client.raise_request_exception = False
    answer = client.get(page)
    assert answer.status_code == status
    assert said in answer.content.decode()
    assert language_of(client, page) == "cy"


def test_refusals_are_told_in_the_language(client: Client, robin: Participant) -> None:
    welsh(robin)
    Participant.objects.filter(pk=robin.pk).update(withdrawn_on="2025-01-01")
    answer = client.get("/log/")
    assert answer.status_code == 403
    assert "Rydych wedi gadael y treial" in answer.content.decode()
    assert client.post("/language/", {"language": "xx"}).status_code == 400
    assert "ni weithiodd hynny" in client.post("/language/").content.decode()
    other = Client(enforce_csrf_checks=True)
    other.cookies = client.cookies
    answer = other.post("/log/", answers())
    assert answer.status_code == 403
    assert "ar agor am ormod o amser" in answer.content.decode()


@pytest.mark.parametrize("page", ["/log/", "/my-logs/", "/log/timer/", "/privacy/", "/"])
def test_a_language_costs_no_query(
    client: Client,
    robin: Participant,
    django_assert_num_queries: DjangoAssertNumQueries,
    page: str,
) -> None:
    with CaptureQueriesContext(connection) as counted:
        client.get(page)
    welsh(robin)
    with django_assert_num_queries(len(counted)):
        client.get(page)


def test_the_probes_ask_no_database(
    client: Client, robin: Participant, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        assert client.get("/healthz").status_code == 200


def test_without_the_compiled_words_nothing_starts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(languages, "WORDS", tmp_path / "django.mo")
    with pytest.raises(ImproperlyConfigured, match="make install"):
        Client().get("/")


def test_the_languages_are_those_of_the_settings() -> None:
    assert Language.choices == settings.LANGUAGES
