"""Every page of participants and for the public, in Welsh: no English is left."""

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.utils import translation

from measurement import reminder_choices, urls
from measurement.models import Participant, Role
from tests.measurement.pages.in_welsh.dates import THURSDAY
from tests.measurement.pages.in_welsh.welsh import (
    assert_welsh,
    english_in,
    english_in_email,
    read_welsh,
)
from tests.measurement.pages.page import Page
from tests.people import TASK_TYPES, make_log, make_participant, make_trial, make_user

pytestmark = pytest.mark.django_db
HERE = {
    "start",
    "log",
    "timer",
    "log_timed",
    "announce",
    "log_announced",
    "logged",
    "survey",
    "reminders",
    "stop_reminders",
    "my_logs",
    "correct_log",
    "void_log",
    "log_history",
    "my_time",
    "accessibility",
    "privacy",
    "account_request_login_code",
    "account_confirm_login_code",
    "account_logout",
    "account_inactive",
    "account_signup",
}
IN_TEST_WELSH_JOINING = {"join", "notice", "baseline", "my_data", "withdraw", "withdrawn"}
IN_TEST_WELSH_ACCOUNT = {
    "account",
    "usersessions_list",
    "openid_connect_callback",
    "socialaccount_login_cancelled",
    "mfa_authenticate",
    "mfa_reauthenticate",
    "mfa_activate_totp",
    "mfa_deactivate_totp",
    "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes",
}
WALKED = HERE | IN_TEST_WELSH_JOINING | IN_TEST_WELSH_ACCOUNT
NOT_FOR_READING = {
    "api_guide",
    "choose_language",
    "account_login",
    "draft_of_log",
    "draft_of_timed",
    "draft_of_announced",
    "download_my_data",
    "oidc_start",
}
"""For staff, or leading elsewhere at once."""


def test_every_page_is_walked_or_not_for_reading() -> None:
    names = {pattern.name for pattern in urls.urlpatterns}
    assert names == WALKED | NOT_FOR_READING, "walk the new page in Welsh"


def test_english_is_found() -> None:
    assert english_in("<p>Save</p>") == ["Save"]
    assert english_in("<p>12 minutes <strong>so far</strong></p>") == ["12 minutes so far"]
    assert english_in('<nav aria-label="Back">Yn ôl</nav>') == ["Back"]
    assert english_in("<p>Something that is not in the catalogue</p>") != []
    assert english_in("<p>Cadw</p>") == []


def test_the_survey(client: Client, robin: Participant) -> None:
    assert_welsh(client.post("/survey/", {"satisfaction": "11", "recommend": "x"}))
    done = client.post("/survey/", {"band": "1"}, follow=True)
    assert "Diolch." in assert_welsh(done).text
    assert_welsh(client.get("/survey/"))
    assert_welsh(client.post("/survey/", {"band": "1"}, follow=True))
    robin.trial.starts_on = None
    robin.trial.save()
    assert_welsh(client.get("/survey/"))


def test_choices_of_trial_and_role(client: Client, robin: Participant) -> None:
    user = robin.user
    assert user
    make_participant(make_trial("kettle", tools=(), task_types=map(str, range(13))), user)
    for path in ("/log/", "/log/?trial=kettle", "/my-logs/"):
        assert_welsh(client.get(path))
    for role in ("lead", "analyst"):
        user.membership_set.create(trial=robin.trial, role=role)
    assert_welsh(client.get("/"))
    user.membership_set.all().delete()
    assert_welsh(client.get("/"))
    assert_welsh(client.get("/log/"))


def test_signing_in(client: Client, participant: Participant) -> None:
    client.post("/language/", {"language": "cy"})
    assert_welsh(client.get("/"))
    assert_welsh(client.get("/account/login/code/"))
    for email in ("", "no address"):
        page = assert_welsh(client.post("/account/login/code/", {"email": email}))
        assert page.title == "Gwall: Mewngofnodi - Trialsite"
    assert participant.user
    client.post("/account/login/code/", {"email": participant.user.email})
    assert_welsh(client.get("/account/login/code/confirm/"))
    for code in ("", "0000-0000"):
        page = assert_welsh(client.post("/account/login/code/confirm/", {"code": code}))
    for path in ("/account/signup/", "/account/inactive/"):
        assert_welsh(client.get(path))


def test_signing_in_too_often(client: Client, participant: Participant) -> None:
    client.post("/language/", {"language": "cy"})
    assert participant.user
    for one in (Client(), Client(), Client(), client):
        answer = one.post("/account/login/code/", {"email": participant.user.email})
    assert "Gormod o gynigion" in assert_welsh(answer).text


def test_the_demo_shows_where_the_codes_are(
    client: Client, participant: Participant, settings: object
) -> None:
    settings.DEMO = True  # type: ignore[attr-defined]
    client.post("/language/", {"language": "cy"})
    client.post("/account/login/code/", {"email": "pat.nobody@example.com"})
    assert "Arddangosiad" in assert_welsh(client.get("/account/login/code/confirm/")).text


def test_own_time(client: Client, robin: Participant) -> None:
    assert "yn gyntaf" in assert_welsh(client.get("/my-time/")).text
    client.post("/survey/", {"band": "1"})
    assert_welsh(client.get("/my-time/"))
    made = iter(range(99))
    for task_type in (None, TASK_TYPES[0]):
        for ai_used in (False, True, False, True, False, True):
            make_log(robin, f"k{next(made)}", ai_used=ai_used, task_type=task_type)
            assert_welsh(client.get("/my-time/"))
    page = assert_welsh(client.get("/my-time/"))
    assert "3 tasg" in page.text
    assert "Tasgau heb fath" in page.text


def test_what_is_still_missing_is_counted_with_its_mutation(
    client: Client, robin: Participant
) -> None:
    client.post("/survey/", {"band": "1"})
    make_log(robin, "k1")
    make_log(robin, "k2", ai_used=True)
    make_log(robin, "k3", ai_used=True)
    text = assert_welsh(client.get("/my-time/")).text
    assert "Mae angen eto:" in text
    assert "<li>2 dasg arall heb AI</li>" in text
    assert "<li>1 dasg arall gydag AI</li>" in text


CHOSEN = {"wanted": "yes", "earliest": "7", "latest": "12"}


def test_reminders(client: Client, robin: Participant) -> None:
    page = assert_welsh(client.get("/reminders/"))
    for said in ("Ydw", "Nac ydw", "8yb", "6yh", "hanner dydd", "hanner nos", "diwrnod gwaith"):
        assert said in page.text
    for changes in (
        {"wanted": "", "earliest": "", "latest": ""},
        {"earliest": "24", "latest": "0"},
        {"latest": "6"},
    ):
        page = assert_welsh(client.post("/reminders/", CHOSEN | changes))
        assert page.title.startswith("Gwall: ")
    page = assert_welsh(client.post("/reminders/", CHOSEN, follow=True))
    assert "Mae eich dewis wedi&#39;i storio." in page.text


def test_the_link_that_stops_reminders(client: Client, participant: Participant) -> None:
    """It speaks the language of the email, whatever the browser knows."""
    assert participant.user
    read_welsh(participant.user)
    path = reminder_choices.stop_path(participant.user)
    answer = client.get(path)
    assert_welsh(answer)
    assert answer.headers["Content-Language"] == "cy"
    assert assert_welsh(client.post(path)).title.startswith("Mae negeseuon atgoffa wedi")
    client.post("/language/", {"language": "cy"})
    assert_welsh(client.get("/reminders/stop/x/"))


def test_pages_that_are_not_for_analysts(client: Client, participant: Participant) -> None:
    analyst = make_user("ann.ladle@example.com", (Role.ANALYST, participant.trial))
    read_welsh(analyst)
    client.force_login(analyst)
    for path in ("/log/", "/reminders/", "/my-data/", "/my-data/withdraw/"):
        assert "pobl sy" in assert_welsh(client.get(path, follow=True)).text


@pytest.mark.parametrize("code", ["400", "403", "403_csrf", "404", "429", "500", "503"])
def test_error_pages(code: str) -> None:
    with translation.override("cy"):
        text = render_to_string(f"{code}.html")
    assert '<html lang="cy"' in text
    assert english_in(text) == []


@pytest.mark.parametrize(
    "mail",
    [
        "account/email/login_code",
        "account/email/unknown_account",
        "mfa/email/recovery_codes_generated",
        "mfa/email/totp_activated",
        "mfa/email/totp_deactivated",
    ],
)
def test_emails(mail: str) -> None:
    known = {"code": "1234-5678", "timestamp": THURSDAY}
    with translation.override("cy"):
        for part in ("subject", "message"):
            text = render_to_string(f"{mail}_{part}.txt", known)
            assert text.strip()
            assert english_in_email(text) == []


def test_the_next_request_begins_in_no_language(client: Client, robin: Participant) -> None:
    client.get("/log/")
    assert translation.get_language() == "en-gb"
    assert '<html lang="en"' in Page(Client().get("/account/login/code/")).text
