"""From the announcement of a task to the log of what came of it."""

from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from measurement import drafting, leaving, recording, timing
from measurement.models import Participant, TaskLog, Timer
from tests.measurement.pages.announced.announcing import (
    announced,
    announcement,
    filled_in,
    later,
    pause_elsewhere,
    press,
)
from tests.measurement.pages.drafts import save, shown
from tests.measurement.pages.page import Page
from tests.people import TASK_TYPES, make_participant, make_user

pytestmark = pytest.mark.django_db


def test_from_the_announcement_to_the_log(client: Client, dot: Participant) -> None:
    answer = client.post("/log/announce/", announcement(client, forecast_minutes_with_ai="22.5"))
    assert answer["Location"] == "/log/timer/?trial=coin"
    log = TaskLog.objects.get()
    assert (log.status, log.forecast_minutes, log.forecast_minutes_with_ai) == (
        "withheld",
        40.0,
        22.5,
    )
    coin = "Do this task with AI" if log.ai_assigned else "Do this task without AI"
    page = Page(client.get("/log/timer/"))
    assert coin in page.text
    assert page.title.startswith("The timer is running")
    with later(17):
        answer = press(client, "stop")
        path = answer["Location"]
        assert path == f"/log/announced/{log.pk}/"
        page = Page(client.get(path))
        assert coin.replace("Do this task", "Chance said:") in page.text
        assert "The timer says 17 minutes" in page.text
        for name in ("task_type", "date_day", "novel", "key"):
            assert name not in page.all("name")
        sent = filled_in(client, log, ai="tool:Wordmill", quality="4")
        answer = client.post(path, sent)
    assert answer["Location"] == f"/log/{log.pk}/stored/"
    stored = TaskLog.objects.get()
    assert (stored.status, stored.minutes, stored.source) == ("logged", 17.0, "timer")
    assert (stored.ai_used, stored.ai_assigned) == (True, log.ai_assigned)
    assert stored.tool
    assert (stored.tool.name, stored.quality) == ("Wordmill", 4)
    assert stored.task_type == log.task_type
    assert not Timer.objects.exists()


def test_a_task_that_is_left_can_be_logged_later(client: Client, dot: Participant) -> None:
    log = announced(client)
    assert press(client, "discard")["Location"] == "/log/timer/?trial=coin"
    page = Page(client.get("/my-logs/"))
    path = f"/log/announced/{log.pk}/"
    assert path in page.all("href")
    assert "Not logged" in page.text
    assert "The timer says" not in Page(client.get(path)).text
    with later(60):
        client.post(path, {"ai": "no", "minutes": "12"})
    stored = TaskLog.objects.get()
    assert (stored.status, stored.minutes, stored.source) == ("logged", 12.0, "recall")
    assert stored.started_at is None
    assert path not in Page(client.get("/my-logs/")).all("href")


def test_a_task_that_is_left_stays_withheld(client: Client, dot: Participant) -> None:
    announced(client)
    press(client, "discard")
    announced(client)
    assert list(TaskLog.objects.values_list("status", flat=True)) == ["withheld"] * 2


def test_a_running_timer_is_stopped_first(client: Client, dot: Participant) -> None:
    log = announced(client)
    assert client.get(f"/log/announced/{log.pk}/")["Location"] == "/log/timer/?trial=coin"


def test_a_timer_that_runs_again_loses_no_answers(client: Client, dot: Participant) -> None:
    log = announced(client)
    path = f"/log/announced/{log.pk}/"
    with later(10):
        press(client, "stop")
        sent = filled_in(client, log, ai="yes", minutes="9", quality="3")
        press(client, "resume")
        answer = client.post(path, sent)
        page = Page(answer)
        assert answer.status_code == 409
        assert "The timer is running again. Stop it in the other window" in page.text
        assert 'value="9"' in page.text
        assert TaskLog.objects.get().status == "withheld"
        press(client, "stop")
        assert shown(client, path) == sent
        client.post(path, sent)
    stored = TaskLog.objects.get()
    assert (stored.minutes, stored.ai_used, stored.quality) == (9.0, True, 3)


def test_a_timer_that_went_on_elsewhere_is_looked_at_again(
    client: Client, dot: Participant
) -> None:
    log = announced(client)
    path = f"/log/announced/{log.pk}/"
    with later(10):
        press(client, "stop")
    sent = filled_in(client, log)
    pause_elsewhere(log, resumed=20, paused=35)
    answer = client.post(path, sent)
    page = Page(answer)
    assert answer.status_code == 409
    assert "says 25 minutes now" in page.text
    assert page.all("value").count("25") == 2
    # What somebody typed in place of the proposal is theirs.
    kept = Page(client.post(path, sent | {"minutes": "11"}))
    assert {"11", "25"} <= set(kept.all("value"))
    assert TaskLog.objects.get().status == "withheld"
    client.post(path, sent | {"minutes": "25", "proposed": "25"})
    stored = TaskLog.objects.get()
    assert (stored.minutes, stored.source) == (25.0, "timer")


def test_the_minutes_of_a_timer_that_ended_elsewhere_are_checked(
    client: Client, dot: Participant
) -> None:
    log = announced(client)
    path = f"/log/announced/{log.pk}/"
    with later(10):
        press(client, "stop")
    sent = filled_in(client, log)
    press(client, "discard")
    answer = client.post(path, sent)
    page = Page(answer)
    assert answer.status_code == 409
    assert "This timer was ended in another window" in page.text
    assert page.all("value").count("10") == 1  # the minutes; nothing is proposed
    assert client.post(path, sent | {"proposed": ""})["Location"] == f"/log/{log.pk}/stored/"
    stored = TaskLog.objects.get()
    assert (stored.minutes, stored.source) == (10.0, "recall")


def test_other_minutes_than_the_timers_count_as_recalled(client: Client, dot: Participant) -> None:
    log = announced(client)
    with later(10):
        press(client, "stop")
        client.post(f"/log/announced/{log.pk}/", filled_in(client, log, minutes="9"))
    assert TaskLog.objects.get().source == "recall"


def test_faults_of_the_log_are_explained(client: Client, dot: Participant) -> None:
    log = announced(client)
    press(client, "stop")
    path = f"/log/announced/{log.pk}/"
    answer = client.post(path, {"ai": "", "minutes": "1441"})
    assert answer.status_code == 422
    assert "Select whether you used AI" in Page(answer).text
    answer = client.post(path, filled_in(client, log, minutes="1441"))
    assert answer.status_code == 422
    assert "Minutes must be more than 0 and no more than 1,440" in Page(answer).text
    assert TaskLog.objects.get().status == "withheld"


def test_a_log_sent_twice_is_stored_once_and_another_is_asked_about(
    client: Client, dot: Participant
) -> None:
    log = announced(client)
    press(client, "stop")
    path = f"/log/announced/{log.pk}/"
    sent = filled_in(client, log, minutes="30")
    for _ in range(2):
        assert client.post(path, sent)["Location"] == f"/log/{log.pk}/stored/"
    answer = client.post(path, sent | {"minutes": "45"}, follow=True)
    assert answer.redirect_chain == [(f"/my-logs/{log.pk}/correct/", 302)]
    assert "This task was logged before" in Page(answer).text
    assert TaskLog.objects.get().minutes == 30.0


def test_two_windows_that_send_different_answers_keep_the_first(
    client: Client, dot: Participant, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The other window stores its answer after this one has read the log.
    log = announced(client)
    press(client, "stop")
    real = timing.record

    def after_the_other(found: timing.Reading, said: Any, actor: Any) -> TaskLog:
        other = recording.NewTaskLog(**vars(said) | {"minutes": 8.0})
        recording.complete(task_log=TaskLog.objects.get(), log=other, actor=None)
        return real(found, said, actor)

    monkeypatch.setattr(timing, "record", after_the_other)
    answer = client.post(f"/log/announced/{log.pk}/", filled_in(client, log, minutes="30"))
    assert answer["Location"] == f"/my-logs/{log.pk}/correct/"
    assert TaskLog.objects.get().minutes == 8.0


@pytest.mark.parametrize(("minutes", "to"), [("30", "/log/{}/stored/"), ("8", "/my-logs/{}/corr")])
def test_a_timer_does_not_outlive_its_log(
    client: Client, dot: Participant, monkeypatch: pytest.MonkeyPatch, minutes: str, to: str
) -> None:
    log = announced(client)
    press(client, "stop")
    sent = filled_in(client, log, minutes="30")
    with monkeypatch.context() as dying:
        # The process dies between the two commits.
        dying.setattr(timing, "discard", lambda *_: None)
        client.post(f"/log/announced/{log.pk}/", sent)
    assert Timer.objects.exists()
    answer = client.post(f"/log/announced/{log.pk}/", sent | {"minutes": minutes})
    assert answer["Location"].startswith(to.format(log.pk))
    assert not Timer.objects.exists()
    assert TaskLog.objects.get().minutes == 30.0


def test_a_task_that_is_logged_is_corrected_instead(client: Client, dot: Participant) -> None:
    log = announced(client)
    press(client, "stop")
    client.post(f"/log/announced/{log.pk}/", filled_in(client, log, minutes="30"))
    path = f"/log/announced/{log.pk}/"
    assert client.get(path)["Location"] == f"/my-logs/{log.pk}/correct/"


@pytest.mark.parametrize(
    ("door", "name", "path"), [(recording, "complete", ""), (drafting, "keep", "draft/")]
)
def test_a_page_that_meets_an_erasure_says_so(
    client: Client,
    dot: Participant,
    monkeypatch: pytest.MonkeyPatch,
    door: Any,
    name: str,
    path: str,
) -> None:
    log = announced(client)
    press(client, "discard")
    real = getattr(door, name)

    def erased_first(*given: Any, **named: Any) -> Any:
        leaving.erase(dot)
        return real(*given, **named)

    monkeypatch.setattr(door, name, erased_first)
    answer = client.post(f"/log/announced/{log.pk}/{path}", {"ai": "no", "minutes": "12"})
    assert answer.status_code == 403
    assert "All that was kept about you is erased." in answer.content.decode()


def test_a_logged_task_is_corrected_but_for_what_was_said_before(
    client: Client, dot: Participant
) -> None:
    log = announced(client)
    recording.complete(
        task_log=log,
        log=recording.NewTaskLog(
            **vars(recording.said(log)) | {"status": "logged", "minutes": 20.0}
        ),
        actor=None,
    )
    page = Page(client.get(f"/my-logs/{log.pk}/correct/"))
    assert "task_type" not in page.all("name")
    version = next(
        attributes["value"] for _, attributes in page.tags if attributes.get("name") == "version"
    )
    sent = {"ai": "no", "minutes": "21", "version": version or "", "task_type": TASK_TYPES[2]}
    assert client.post(f"/my-logs/{log.pk}/correct/", sent).status_code == 302
    stored = TaskLog.objects.get()
    assert (stored.minutes, stored.task_type) == (21.0, log.task_type)
    assert (stored.announced_at, stored.date) == (log.announced_at, log.date)


def test_a_task_taken_out_is_logged_no_more(client: Client, dot: Participant) -> None:
    log = announced(client)
    recording.void(task_log=log, reason="announced twice", actor=None)
    assert client.get(f"/log/announced/{log.pk}/")["Location"] == "/my-logs/"


def test_another_persons_task_is_not_there(client: Client, dot: Participant) -> None:
    log = announced(client)
    other = make_user("pat.kettle@example.com")
    make_participant(dot.trial, other, "p2")
    client.force_login(other)
    path = f"/log/announced/{log.pk}/"
    assert client.get(path).status_code == 404
    assert client.post(path, {"ai": "no", "minutes": "5"}).status_code == 404


def test_a_forgotten_timer_of_an_announced_task_is_asked_about(
    client: Client, dot: Participant
) -> None:
    log = announced(client)
    with later(60 * 30):
        assert "Did you forget" in Page(client.get("/log/timer/")).title
        client.post(
            "/log/timer/", {"act": "estimate", "key": str(Timer.objects.get().key), "minutes": "15"}
        )
        client.post(f"/log/announced/{log.pk}/", filled_in(client, log))
    stored = TaskLog.objects.get()
    assert (stored.minutes, stored.source) == (15.0, "recall")


def test_pages_ask_the_database_little(
    client: Client, dot: Participant, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(8):
        client.get("/log/announce/")
    log = announced(client)
    with django_assert_max_num_queries(8):
        client.get("/log/timer/")
    press(client, "stop")
    save(client, filled_in(client, log), f"/log/announced/{log.pk}/draft/")
    with django_assert_max_num_queries(8):
        client.get(f"/log/announced/{log.pk}/")


@pytest.mark.parametrize("path", ["/log/announce/", "/log/timer/"])
def test_pages_are_kept_nowhere(client: Client, dot: Participant, path: str) -> None:
    assert "no-store" in client.get(path).headers["Cache-Control"]
