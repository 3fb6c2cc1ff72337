"""The page on which a task is announced, and the coin that it flips."""

import pytest
from django.test import Client

from measurement import recording
from measurement.models import Participant, Refusal, TaskLog, Timer
from tests.measurement.pages.announced.announcing import announced, announcement
from tests.measurement.pages.page import Page, answers
from tests.people import TASK_TYPES, make_log, make_participant, make_trial, make_user

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/log/announce/", "/log/announced/1/"])
def test_strangers_are_sent_to_sign_in(client: Client, path: str) -> None:
    assert client.get(path)["Location"].startswith("/account/login/code/")


def test_a_trial_that_flips_no_coin_announces_nothing(client: Client, robin: Participant) -> None:
    assert client.get("/log/announce/")["Location"] == "/log/?trial=teapot"
    assert client.post("/log/announce/", {"key": "k"})["Location"] == "/log/?trial=teapot"
    log = make_log(robin, "k")
    assert client.get(f"/log/announced/{log.pk}/").status_code == 404


@pytest.mark.parametrize("path", ["/log/", "/log/timer/"])
def test_a_trial_that_flips_coins_starts_with_the_announcement(
    client: Client, dot: Participant, path: str
) -> None:
    assert client.get(path)["Location"] == "/log/announce/?trial=coin"


def test_nothing_is_logged_or_timed_past_the_coin(client: Client, dot: Participant) -> None:
    assert client.post("/log/", answers())["Location"] == "/log/announce/?trial=coin"
    client.post("/log/timer/", {"act": "start"})
    client.post("/log/timer/finish/", answers())
    assert not TaskLog.objects.exists()
    assert not Timer.objects.exists()


def test_one_task_at_a_time(client: Client, dot: Participant) -> None:
    announced(client)
    assert client.get("/log/announce/")["Location"] == "/log/timer/?trial=coin"


def test_a_second_window_is_led_to_the_first_ones_task(client: Client, dot: Participant) -> None:
    first, second = announcement(client), announcement(client)
    client.post("/log/announce/", first)
    answer = client.post("/log/announce/", second, follow=True)
    assert answer.redirect_chain == [("/log/timer/?trial=coin", 302)]
    assert "You are at this task already" in Page(answer).text
    assert TaskLog.objects.count() == 1


def test_the_timer_of_a_logged_task_leads_to_the_next_announcement(
    client: Client, dot: Participant
) -> None:
    log = announced(client)
    said = recording.NewTaskLog(**vars(recording.said(log)) | {"status": "logged", "minutes": 5.0})
    recording.complete(task_log=log, log=said, actor=None)
    assert Timer.objects.exists()
    assert client.get("/log/timer/")["Location"] == "/log/announce/?trial=coin"
    assert client.get("/log/announce/").status_code == 200


def test_the_page_sent_twice_flips_one_coin(client: Client, dot: Participant) -> None:
    sent = announcement(client)
    for _ in range(5):
        assert client.post("/log/announce/", sent).status_code == 302
    assert TaskLog.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"task_type": ""}, "Select what kind of task it is"),
        ({"task_type": "Juggling"}, "Select what kind of task it is"),
        ({"forecast_minutes": ""}, "Enter how many minutes the task would take without AI"),
        ({"forecast_minutes": "soon"}, "Minutes must be a number, like 25"),
        ({"forecast_minutes": "1441"}, "Minutes must be more than 0 and no more than 1,440"),
        ({"forecast_minutes_with_ai": "0"}, "Minutes must be more than 0"),
        ({"forecast_minutes_with_ai": "9" * 30}, "Minutes must be a number, like 25"),
        ({"key": "none"}, "The page was out of date"),
    ],
)
def test_what_cannot_be_is_explained_and_flips_no_coin(
    client: Client, dot: Participant, changes: dict[str, str], message: str
) -> None:
    answer = client.post("/log/announce/", announcement(client, **changes))
    page = Page(answer)
    assert answer.status_code == 422
    assert page.title.startswith("Error: ")
    assert message in page.text
    assert not TaskLog.objects.exists()
    links = [href[1:] for href in page.all("href") if href.startswith("#id")]
    assert all(link in page.all("id") for link in links)
    sent = announcement(client, **changes | {"task_type": TASK_TYPES[0]}) | {"key": page.key}
    sent |= {"forecast_minutes": "30", "forecast_minutes_with_ai": ""}
    assert client.post("/log/announce/", sent).status_code == 302


def test_a_kind_that_was_taken_off_the_list_is_refused(client: Client, dot: Participant) -> None:
    sent = announcement(client)
    page_was_made = TASK_TYPES[1]
    dot.trial.tasktype_set.filter(name=page_was_made).delete()
    assert "Select what kind of task it is" in Page(client.post("/log/announce/", sent)).text
    assert not Refusal.objects.exists()


def test_a_trial_without_kinds_asks_for_none(client: Client) -> None:
    trial = make_trial("plain", task_types=(), design={"kind": "task_randomised"})
    user = make_user("dot.teaspoon@example.com")
    make_participant(trial, user)
    client.force_login(user)
    assert "task_type" not in Page(client.get("/log/announce/")).all("name")
    assert announced(client).task_type is None
