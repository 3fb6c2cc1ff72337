"""The timer's pages: what the buttons do, and what is asked before anything counts."""

import datetime
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.db.models import F
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from measurement import timing
from measurement.models import Participant, TaskLog, Timer, TimerSegment
from tests.measurement.pages.page import Page, answers
from tests.people import TASK_TYPES, make_participant, make_trial, make_user

pytestmark = pytest.mark.django_db
NOON = datetime.datetime(2025, 3, 3, 12, 0, tzinfo=datetime.UTC)


def later(minutes: float) -> time_machine.travel:
    """Be so many minutes after noon."""
    return time_machine.travel(NOON + datetime.timedelta(minutes=minutes), tick=False)


def press(client: Client, act: str, **fields: str) -> Any:
    """Press a button of the page as it is now."""
    page = Page(client.get("/log/timer/"))
    return client.post("/log/timer/", {"act": act, "key": page.key, **fields})


def form_of(client: Client, **changes: str) -> dict[str, str]:
    """Return the form of the timed task as a browser would send it, the questions answered."""
    page = Page(client.get("/log/timer/finish/"))
    held = {
        attributes["name"] or "": attributes.get("value") or ""
        for tag, attributes in page.tags
        if tag == "input" and attributes.get("type") in ("hidden", "text") and "name" in attributes
    }
    held.pop("csrfmiddlewaretoken", None)
    return held | {"task_type": TASK_TYPES[0], "ai": "no"} | changes


def timed(participant: Participant, minutes: float = 25) -> None:
    """Have a timer that is paused after so many minutes."""
    with later(0):
        timing.start(participant)
    with later(minutes):
        timing.pause(participant, Timer.objects.get(participant=participant).key)


@pytest.mark.parametrize("path", ["/log/timer/", "/log/timer/finish/"])
def test_strangers_are_sent_to_sign_in(client: Client, path: str) -> None:
    assert client.get(path).headers["Location"] == f"/account/login/code/?next={path}"
    assert client.post(path, {"act": "start"}).status_code == 302
    assert not Timer.objects.exists()


@pytest.mark.parametrize("path", ["/log/timer/", "/log/timer/finish/"])
def test_only_participants_time_tasks(client: Client, path: str) -> None:
    client.force_login(make_user("kim.kettle@example.com"))
    assert client.get(path).status_code == 403
    assert client.post(path, {"act": "start"}).status_code == 403


def test_the_buttons_follow_the_timer(client: Client, robin: Participant) -> None:
    with later(0):
        page = Page(client.get("/log/timer/"))
        assert page.title == "Time a task - Trialsite"
        assert page.all("value").count("start") == 1
        answer = press(client, "start")
        assert (answer.status_code, answer.headers["Location"]) == (302, "/log/timer/?trial=teapot")
    with later(1.5):
        page = Page(client.get("/log/timer/"))
        assert page.title == "The timer is running - Trialsite"
        assert "1 minute</strong> so far" in page.text
        assert "Started on 3 March 2025 at 12:00pm." in page.text
        assert page.all("data-running-seconds") == ["90.0"]
        assert {"stop", "pause", "discard"} <= set(page.all("value"))
        press(client, "pause")
    with later(60):
        page = Page(client.get("/log/timer/"))
        assert page.title == "The timer is paused - Trialsite"
        assert "/log/timer/finish/?trial=teapot" in page.all("href")
        assert {"resume", "discard"} <= set(page.all("value"))
        assert not page.all("data-running-seconds")
        press(client, "resume")
    with later(62):
        assert "3 minutes</strong> so far, pauses left out" in Page(client.get("/log/timer/")).text
        press(client, "discard")
        assert Page(client.get("/log/timer/")).title == "Time a task - Trialsite"


def test_stopping_leads_to_the_log(client: Client, robin: Participant) -> None:
    with later(0):
        press(client, "start")
    with later(23.44):
        answer = press(client, "stop")
        assert answer.headers["Location"] == "/log/timer/finish/?trial=teapot"
        page = Page(client.get(answer.headers["Location"]))
    assert page.title == "Log the task that you timed - Trialsite"
    assert "The timer says 23.4 minutes." in page.text
    assert 'value="23.4"' in page.text
    assert page.key == str(Timer.objects.get().key)


@pytest.mark.django_db(transaction=True)
def test_a_timed_task_is_logged_once(client: Client, robin: Participant) -> None:
    timed(robin)
    sent = form_of(client)
    first = client.post("/log/timer/finish/", sent)
    log = TaskLog.objects.get()
    assert first.headers["Location"] == f"/log/{log.pk}/stored/"
    assert (log.minutes, log.source) == (25.0, TaskLog.Source.TIMER)

    # The answer was lost, another task is timed, and the page is sent again.
    timed(robin, 40)
    again = client.post("/log/timer/finish/", sent)
    assert again.headers["Location"] == f"/log/{log.pk}/stored/"
    assert TaskLog.objects.count() == 1
    assert Timer.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_timer_does_not_outlive_its_log(
    client: Client, robin: Participant, monkeypatch: pytest.MonkeyPatch
) -> None:
    timed(robin)
    sent = form_of(client)
    with monkeypatch.context() as dying:
        # The process dies between the two commits.
        dying.setattr(timing, "discard", lambda *_: None)
        client.post("/log/timer/finish/", sent)
    assert Timer.objects.exists()
    log = TaskLog.objects.get()
    again = client.post("/log/timer/finish/", sent)
    assert again.headers["Location"] == f"/log/{log.pk}/stored/"
    assert not Timer.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_other_answers_to_the_same_page_are_not_lost(client: Client, robin: Participant) -> None:
    timed(robin)
    sent = form_of(client)
    client.post("/log/timer/finish/", sent)
    answer = client.post("/log/timer/finish/", sent | {"ai": "yes"})
    page = Page(answer)
    assert answer.status_code == 409
    assert "You have already logged this task, with 25 minutes." in page.text
    # Sent again, it is another task, and no timer's.
    assert "/log/?trial=teapot" in page.all("action")
    assert client.post("/log/", sent | {"ai": "yes", "key": page.key}).status_code == 302
    assert TaskLog.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_windows_that_send_at_once_store_one(
    client: Client, robin: Participant, monkeypatch: pytest.MonkeyPatch
) -> None:
    timed(robin)
    sent = form_of(client)
    record = timing.record

    def beaten(*given: Any) -> TaskLog:
        record(*given)
        return record(*given)

    monkeypatch.setattr(timing, "record", beaten)
    assert client.post("/log/timer/finish/", sent).status_code == 302
    assert TaskLog.objects.count() == 1

    timed(robin)
    other = form_of(client, minutes="30")

    def beaten_by_others(found: Any, log: Any, user: Any) -> TaskLog:
        record(found, replace(log, minutes=24.0), user)
        return record(found, log, user)

    monkeypatch.setattr(timing, "record", beaten_by_others)
    assert client.post("/log/timer/finish/", other).status_code == 409


@pytest.mark.django_db(transaction=True)
def test_a_timer_that_was_ended_elsewhere_loses_no_answers(
    client: Client, robin: Participant
) -> None:
    timed(robin)
    sent = form_of(client, minutes="20")
    press(client, "discard")
    for _ in range(2):  # without a timer, and with another one
        answer = client.post("/log/timer/finish/", sent)
        page = Page(answer)
        assert answer.status_code == 409
        assert "This timer was ended in another window" in page.text
        assert 'value="20"' in page.text
        assert "/log/?trial=teapot" in page.all("action")
        assert page.key != sent["key"]
        timed(robin, 40)
    assert client.post("/log/", sent | {"key": page.key}).status_code == 302
    log = TaskLog.objects.get()
    assert (log.minutes, log.source) == (20.0, TaskLog.Source.RECALL)


@pytest.mark.django_db(transaction=True)
def test_a_timer_that_went_on_elsewhere_is_looked_at_again(
    client: Client, robin: Participant
) -> None:
    timed(robin)
    sent = form_of(client)
    key = Timer.objects.get().key
    with later(30):
        timing.resume(robin, key)
    answer = client.post("/log/timer/finish/", sent)
    assert answer.status_code == 409
    assert "The timer is running again" in answer.content.decode()
    with later(45):
        timing.pause(robin, key)
    answer = client.post("/log/timer/finish/", sent)
    page = Page(answer)
    assert answer.status_code == 409
    assert "says 40 minutes now" in page.text
    assert page.all("value").count("40") == 2
    assert not [to for to in page.all("action") if to.startswith("/log/")]  # still the timer's form
    assert not TaskLog.objects.exists()
    # What somebody typed in place of the proposal is theirs.
    kept = Page(client.post("/log/timer/finish/", sent | {"minutes": "31"}))
    assert {"31", "40"} <= set(kept.all("value"))
    client.post("/log/timer/finish/", sent | {"minutes": "40", "proposed": "40"})
    log = TaskLog.objects.get()
    assert (log.minutes, log.source) == (40.0, TaskLog.Source.TIMER)


@pytest.mark.django_db(transaction=True)
def test_a_timer_whose_minutes_were_denied_elsewhere_says_so(
    client: Client, robin: Participant
) -> None:
    timed(robin)
    sent = form_of(client)
    TimerSegment.objects.update(ended_at=F("started_at"))
    Timer.objects.update(estimated=True)
    answer = client.post("/log/timer/finish/", sent)
    assert answer.status_code == 409
    assert "says 0 minutes now" in Page(answer).text


@pytest.mark.parametrize("key", ["", "no key", "\x00", "x" * 10_000])
@pytest.mark.parametrize("has_timer", [True, False])
def test_a_key_that_is_none_is_replaced(
    client: Client, robin: Participant, key: str, has_timer: bool
) -> None:
    if has_timer:
        timed(robin)
    answer = client.post("/log/timer/finish/", answers(key=key))
    page = Page(answer)
    assert answer.status_code == 422
    assert "The page was out of date" in page.text
    assert (page.key == str(Timer.objects.get().key)) if has_timer else UUID(page.key)
    assert client.post("/log/timer/", {"act": "discard", "key": key}).status_code == 302
    assert Timer.objects.exists() is has_timer


@pytest.mark.django_db(transaction=True)
def test_what_is_wrong_is_said_and_kept(client: Client, robin: Participant) -> None:
    timed(robin)
    answer = client.post("/log/timer/finish/", form_of(client, ai=""))
    page = Page(answer)
    assert answer.status_code == 422
    assert page.title == "Error: Log the task that you timed - Trialsite"
    assert "Select whether you used AI" in page.text
    tomorrow = timezone.localdate() + datetime.timedelta(days=1)
    parts = {"date_day": tomorrow.day, "date_month": tomorrow.month, "date_year": tomorrow.year}
    typed = {name: str(part) for name, part in parts.items()}
    answer = client.post("/log/timer/finish/", form_of(client, **typed))
    assert answer.status_code == 422
    assert "The date must be today or in the past" in Page(answer).text
    assert Timer.objects.exists()


def test_a_running_timer_is_stopped_before_it_is_logged(client: Client, robin: Participant) -> None:
    press(client, "start")
    answer = client.get("/log/timer/finish/")
    assert answer.headers["Location"] == "/log/timer/?trial=teapot"


def test_a_forgotten_timer_is_asked_about(client: Client, robin: Participant) -> None:
    with later(0):
        press(client, "start")
    with later(200):
        page = Page(client.get("/log/timer/"))
        assert page.title == "Did you forget to stop the timer? - Trialsite"
        assert "since 3 March 2025 at 12:00pm, for 3 hours." in page.text
        assert press(client, "stop").headers["Location"] == "/log/timer/?trial=teapot"
        for minutes, error in {
            "": "Enter how many minutes you worked on the task",
            "some": "Minutes must be a number, like 25",
            "201": "Minutes must be between 0 and 200",
            "-1": "Minutes must be between 0 and 200",
        }.items():
            answer = press(client, "estimate", minutes=minutes)
            assert answer.status_code == 422
            assert Page(answer).title.startswith("Error: Did you forget")
            assert error in answer.content.decode()
        assert timing.reading(robin).is_forgotten  # type: ignore[union-attr]
        assert press(client, "estimate", minutes="40").status_code == 302
        page = Page(client.get("/log/timer/"))
        assert page.title == "The timer is paused - Trialsite"
        assert "40 minutes</strong> so far" in page.text
        page = Page(client.get("/log/timer/finish/"))
        assert "The timer says" not in page.text
        assert 'value="40"' in page.text


def test_a_task_takes_no_more_than_a_day(client: Client, robin: Participant) -> None:
    with later(0):
        press(client, "start")
    with later(3_000):
        answer = press(client, "estimate", minutes="1441")
        assert "Minutes must be between 0 and 1,440" in answer.content.decode()
        assert press(client, "estimate", minutes="1440").status_code == 302


def test_a_timer_started_just_before_midnight_is_asked_about(
    client: Client, robin: Participant
) -> None:
    with time_machine.travel("2025-03-03T23:50:00+00:00", tick=False):
        press(client, "start")
    with time_machine.travel("2025-03-04T00:10:00+00:00", tick=False):
        assert "for 20 minutes." in Page(client.get("/log/timer/")).text


def test_who_was_not_asked_answers_nothing(client: Client, robin: Participant) -> None:
    assert press(client, "estimate", minutes="5").status_code == 302
    assert not Timer.objects.exists()
    timed(robin)
    assert press(client, "estimate", minutes="5").status_code == 302
    assert not Timer.objects.get().estimated


@pytest.mark.parametrize("act", ["", "fly"])
def test_unknown_buttons_are_refused(client: Client, robin: Participant, act: str) -> None:
    assert press(client, act).status_code == 400


def test_looking_changes_nothing(client: Client, robin: Participant) -> None:
    client.get("/log/timer/?act=start")
    client.get("/log/timer/finish/?act=start")
    assert not Timer.objects.exists()


def test_the_log_page_leads_to_the_timer(client: Client, robin: Participant) -> None:
    page = Page(client.get("/log/"))
    assert "/log/timer/?trial=teapot" in page.all("href")
    assert "Starting a task now?" in page.text
    press(client, "start")
    assert "The timer is running." in Page(client.get("/log/")).text
    assert "The timer is running." in Page(client.post("/log/", {})).text
    press(client, "pause")
    assert "The timer is paused." in Page(client.get("/log/")).text


def test_an_estimate_of_nothing_proposes_nothing(client: Client, robin: Participant) -> None:
    with later(0):
        press(client, "start")
    with later(400):
        press(client, "estimate", minutes="0")
        page = Page(client.get("/log/timer/finish/"))
    minutes = next(a for _, a in page.tags if a.get("name") == "minutes")
    assert not minutes.get("value")


def test_who_withdrew_times_no_more(client: Client, robin: Participant) -> None:
    timed(robin)
    robin.withdrawn_on = timezone.localdate()
    robin.save()
    for path in ("/log/timer/", "/log/timer/finish/"):
        assert client.get(path).status_code == 403
        assert client.post(path, {"act": "discard"}).status_code == 403


def test_each_trial_has_a_timer_of_its_own(client: Client, robin: Participant) -> None:
    assert robin.user
    make_participant(make_trial("kettle"), robin.user)
    page = Page(client.get("/log/timer/"))
    assert "/log/timer/?trial=kettle" in page.all("href")
    client.post("/log/timer/?trial=kettle", {"act": "start"})
    assert "/log/timer/finish/?trial=kettle" in Page(client.get("/log/timer/finish/")).all("href")
    assert Timer.objects.get().participant.trial.slug == "kettle"
    assert timing.reading(robin) is None
    assert client.get("/log/timer/?trial=saucer").status_code == 404


def test_nobody_sees_anothers_timer(client: Client, robin: Participant) -> None:
    other = make_participant(robin.trial, make_user("sal.saucer@example.com"), "p2")
    timing.start(other)
    assert Page(client.get("/log/timer/")).title == "Time a task - Trialsite"
    press(client, "discard")
    assert Timer.objects.get().participant == other


def test_pages_of_the_timer_ask_the_database_little(
    client: Client, robin: Participant, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    timed(robin)
    for path in ("/log/timer/", "/log/timer/finish/", "/log/"):
        with django_assert_max_num_queries(8):
            client.get(path)
