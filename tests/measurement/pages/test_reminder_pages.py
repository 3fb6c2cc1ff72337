"""The pages of reminders: what is chosen, and the link that needs no sign-in."""

import re
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from measurement import reminder_choices
from measurement.models import AuditEvent, Participant, ReminderChoice, Role, Trial, User
from measurement.pages.reminder_form import hour_words
from measurement.reminding import remind
from tests.measurement.pages.page import Page
from tests.measurement.reminded import at, utc
from tests.people import make_log, make_participant, make_trial, make_user

pytestmark = pytest.mark.django_db
CHOSEN = {"wanted": "yes", "earliest": "7", "latest": "12"}


def user_of(participant: Participant) -> User:
    assert participant.user
    return participant.user


def test_strangers_are_sent_to_sign_in(client: Client) -> None:
    for answer in (client.get("/reminders/"), client.post("/reminders/", CHOSEN)):
        assert answer.headers["Location"] == "/account/login/code/?next=/reminders/"


def test_only_participants_choose(client: Client, trial: Trial) -> None:
    client.force_login(make_user("sam.spoon@example.com", (Role.LEAD, trial)))
    assert client.get("/reminders/").status_code == 403
    assert client.post("/reminders/", CHOSEN).status_code == 403
    assert not ReminderChoice.objects.exists()


def test_the_page_shows_what_holds_and_stores_what_is_chosen(
    client: Client, robin: Participant
) -> None:
    def shown() -> list[tuple[str, str | None]]:
        page = Page(client.get("/reminders/"))
        return [
            (tag, attributes["value"])
            for tag, attributes in page.tags
            if {"checked", "selected"} & set(attributes)
        ]

    assert shown() == [("input", "yes"), ("option", "8"), ("option", "18")]
    assert not ReminderChoice.objects.exists()
    answer = client.post("/reminders/", CHOSEN, follow=True)
    assert answer.redirect_chain == [("/reminders/", 302)]
    assert "Your choice is stored." in Page(answer).text
    assert shown() == [("input", "yes"), ("option", "7"), ("option", "12")]
    client.post("/reminders/", CHOSEN | {"wanted": "no"})
    assert shown() == [("input", "no"), ("option", "7"), ("option", "12")]
    assert AuditEvent.objects.filter(act="change_reminders", actor=robin.user).count() == 2


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"wanted": ""}, "Select yes if you want reminders by email"),
        ({"wanted": "perhaps"}, "Select yes if you want reminders by email"),
        ({"earliest": ""}, "Select the hour from which emails may come"),
        ({"earliest": "24"}, "Select the hour from which emails may come"),
        ({"latest": "0"}, "Select the hour until which emails may come"),
        ({"latest": "\x00"}, "Select the hour until which emails may come"),
        ({"latest": "7"}, "Select an hour after the one from which emails may come"),
        ({"latest": "6"}, "Select an hour after the one from which emails may come"),
    ],
)
def test_what_is_wrong_is_said(
    client: Client, robin: Participant, changes: dict[str, str], error: str
) -> None:
    answer = client.post("/reminders/", CHOSEN | changes)
    page = Page(answer)
    assert answer.status_code == 422
    assert page.title == "Error: Reminders - Trialsite"
    assert error in page.text
    links = {href[1:] for href in page.all("href") if href.startswith("#id_")}
    assert links
    assert links <= set(page.all("id"))
    assert not ReminderChoice.objects.exists()


@pytest.mark.parametrize(
    ("hour", "words"),
    [(0, "midnight"), (1, "1am"), (11, "11am"), (12, "midday"), (13, "1pm"), (24, "midnight")],
)
def test_hours_are_said_in_words(hour: int, words: str) -> None:
    assert hour_words(hour) == words


def stop_address(user: User) -> str:
    return reminder_choices.stop_path(user)


def test_the_link_asks_first_and_stops_then(client: Client, robin: Participant) -> None:
    client.logout()
    address = stop_address(user_of(robin))
    for ask in (client.get, client.head):
        answer: Any = ask(address)
        assert answer.status_code == 200
    page = Page(client.get(address))
    assert page.title == "Stop reminders? - Trialsite"
    assert reminder_choices.choice_of(user_of(robin)).wanted
    assert not AuditEvent.objects.exists()
    answer = client.post(address)
    assert answer.status_code == 200
    assert Page(answer).title == "Reminders are stopped - Trialsite"
    assert not reminder_choices.choice_of(user_of(robin)).wanted
    assert AuditEvent.objects.get().act == "stop_reminders"
    assert client.post(address).status_code == 200
    assert AuditEvent.objects.count() == 1


def test_nothing_of_the_person_is_on_the_pages_of_the_link(
    client: Client, robin: Participant
) -> None:
    client.logout()
    address = stop_address(user_of(robin))
    for answer in (client.get(address), client.post(address)):
        text = Page(answer).text
        assert user_of(robin).email not in text
        assert robin.trial.title not in text
        assert "no-store" in answer.headers["Cache-Control"]
        assert not answer.cookies


def test_a_mail_program_stops_reminders_by_one_click(robin: Participant) -> None:
    """As RFC 8058 has it: a POST from elsewhere, without cookie, token of a form, or redirect."""
    robin.trial.starts_on = utc(3).date()
    robin.trial.save()
    with at(utc(6, 9)):
        assert remind() == 1
        header = re.fullmatch(
            r"<http://[^/]+(/.+)>", mail.outbox[0].extra_headers["List-Unsubscribe"]
        )
        assert header
        client = Client(enforce_csrf_checks=True)
        answer = client.post(
            header.group(1),
            "List-Unsubscribe=One-Click",
            content_type="application/x-www-form-urlencoded",
            headers={"Origin": "https://mail.example"},
        )
        assert answer.status_code == 200
        assert not answer.cookies
    with at(utc(7, 9)):
        assert remind() == 0


def test_the_page_itself_takes_no_form_from_elsewhere(robin: Participant) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(user_of(robin))
    assert client.post("/reminders/", CHOSEN).status_code == 403


def test_a_link_that_stops_nothing_tells_nothing(client: Client, robin: Participant) -> None:
    client.logout()
    good = stop_address(user_of(robin))
    nobody = make_user("lee.ladle@example.com")
    gone = stop_address(nobody)
    nobody.delete()
    with at(utc(3)):
        old = stop_address(user_of(robin))
    seen = {
        (answer.status_code, answer.content)
        for address in (gone, old, good[:-2] + "/", "/reminders/stop/x/", "/reminders/stop/%00/")
        for answer in (client.get(address), client.post(address))
    }
    ((status, content),) = seen
    assert status == 404
    assert b"This link does not work" in content
    assert not ReminderChoice.objects.exists()


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_other_methods_are_refused(client: Client, robin: Participant, method: str) -> None:
    for path in ("/reminders/", stop_address(user_of(robin))):
        assert getattr(client, method)(path).status_code == 405


@pytest.fixture
def dated(robin: Participant) -> Participant:
    """Have a trial that began on Monday, 3 March 2025."""
    robin.trial.starts_on = utc(3).date()
    robin.trial.save()
    return robin


def texts(client: Client, path: str) -> list[str]:
    """Return the items that a page lists as left to do."""
    text = Page(client.get(path)).text
    _, _, rest = text.partition("Left to do</h2>")
    listed = rest.partition("</ul>")[0]
    return [re.sub(r"<[^>]+>", "", item).strip() for item in re.findall(r"<li>(.*?)</li>", listed)]


SURVEY = "This week&#39;s survey is open until 12 March 2025. Answer the survey"
LOGGING = "You have logged no task for 3 working days. Log a task"


def test_what_is_left_to_do_is_on_every_page_but_its_own(
    client: Client, dated: Participant
) -> None:
    with at(utc(3)):
        log = make_log(dated, "k")
    for path in ("/log/", "/my-logs/", "/reminders/", "/log/timer/", f"/log/{log.pk}/stored/"):
        with at(utc(6, 9)):
            assert texts(client, path) == [SURVEY], path
        with at(utc(7, 9)):
            expected = [SURVEY] if path == "/log/" else [SURVEY, LOGGING]
            assert texts(client, path) == expected, path
    with at(utc(6, 9)):
        assert texts(client, "/survey/") == []
        client.post("/log/timer/", {"act": "start"})
        running = "The timer is running. Go to the timer"
        assert texts(client, "/my-logs/") == [SURVEY, running]
        assert texts(client, "/log/timer/") == [SURVEY]
        client.post("/survey/", {"band": "0"})
        assert texts(client, "/survey/") == [running]


def test_things_of_several_trials_say_of_which(client: Client, dated: Participant) -> None:
    with at(utc(6, 9)):
        assert dated.trial.title not in Page(client.get("/my-logs/")).text
        make_participant(make_trial("kettle", starts_on=utc(3).date()), user_of(dated), "p2")
        for path in ("/my-logs/", "/reminders/"):
            kettle, teapot = [one for one in texts(client, path) if "survey" in one]
            assert kettle.endswith("The kettle trial"), path
            assert teapot.endswith("The teapot trial"), path
        assert texts(client, "/log/?trial=kettle")[0] == SURVEY


def test_the_log_page_has_queries_to_spare(
    client: Client, dated: Participant, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with at(utc(7, 9)):
        client.post("/log/timer/", {"act": "start"})
        # Session, user, participant, task types, tools, all that is left to do, roles for links.
        with django_assert_num_queries(7):
            assert len(texts(client, "/log/")) == 2
        with django_assert_num_queries(6):
            client.get("/reminders/")
