"""The pages on which tasks are announced and what came of them is logged."""

import datetime
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from measurement import recording, timing
from measurement.models import Participant, Refusal, TaskLog, Timer
from tests.measurement.pages.page import Page, answers
from tests.people import TASK_TYPES, make_log, make_participant, make_trial, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def dot(client: Client) -> Participant:
    """Have somebody signed in who takes part in a trial that flips coins."""
    trial = make_trial("coin", design={"kind": "task_randomised"})
    participant = make_participant(trial, make_user("dot.teaspoon@example.com"))
    assert participant.user
    client.force_login(participant.user)
    return participant


def announcement(client: Client, **changes: str) -> dict[str, str]:
    page = Page(client.get("/log/announce/"))
    said = {"task_type": TASK_TYPES[1], "forecast_minutes": "40", "forecast_minutes_with_ai": ""}
    return {"key": page.key, **said, **changes}


def announced(client: Client, **changes: str) -> TaskLog:
    assert client.post("/log/announce/", announcement(client, **changes)).status_code == 302
    return TaskLog.objects.latest("pk")


def press(client: Client, act: str) -> Any:
    key = str(Timer.objects.get().key)
    return client.post("/log/timer/", {"act": act, "key": key})


def later(minutes: float) -> time_machine.travel:
    return time_machine.travel(timezone.now() + datetime.timedelta(minutes=minutes), tick=False)


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
        answer = client.post(path, {"ai": "tool:Wordmill", "minutes": "17", "quality": "4"})
    assert answer["Location"] == f"/log/{log.pk}/stored/"
    stored = TaskLog.objects.get()
    assert (stored.status, stored.minutes, stored.source) == ("logged", 17.0, "timer")
    assert (stored.ai_used, stored.ai_assigned) == (True, log.ai_assigned)
    assert stored.tool
    assert (stored.tool.name, stored.quality) == ("Wordmill", 4)
    assert stored.task_type == log.task_type
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
    path = f"/log/announced/{log.pk}/"
    assert client.get(path)["Location"] == "/log/timer/?trial=coin"
    assert client.post(path, {"ai": "no", "minutes": "12"})["Location"] == "/log/timer/?trial=coin"
    assert TaskLog.objects.get().status == "withheld"


def test_other_minutes_than_the_timers_count_as_recalled(client: Client, dot: Participant) -> None:
    log = announced(client)
    with later(10):
        press(client, "stop")
        client.post(f"/log/announced/{log.pk}/", {"ai": "no", "minutes": "9"})
    assert TaskLog.objects.get().source == "recall"


def test_faults_of_the_log_are_explained(client: Client, dot: Participant) -> None:
    log = announced(client)
    press(client, "stop")
    path = f"/log/announced/{log.pk}/"
    answer = client.post(path, {"ai": "", "minutes": "1441"})
    assert answer.status_code == 422
    assert "Select whether you used AI" in Page(answer).text
    answer = client.post(path, {"ai": "no", "minutes": "1441"})
    assert answer.status_code == 422
    assert "Minutes must be more than 0 and no more than 1,440" in Page(answer).text
    assert TaskLog.objects.get().status == "withheld"


def test_a_log_sent_twice_is_stored_once_and_another_is_asked_about(
    client: Client, dot: Participant
) -> None:
    log = announced(client)
    press(client, "stop")
    path = f"/log/announced/{log.pk}/"
    sent = {"ai": "no", "minutes": "30"}
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
    answer = client.post(f"/log/announced/{log.pk}/", {"ai": "no", "minutes": "30"})
    assert answer["Location"] == f"/my-logs/{log.pk}/correct/"
    assert TaskLog.objects.get().minutes == 8.0


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
        client.post(f"/log/announced/{log.pk}/", {"ai": "no", "minutes": "15"})
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
    with django_assert_max_num_queries(8):
        client.get(f"/log/announced/{log.pk}/")


@pytest.mark.parametrize("path", ["/log/announce/", "/log/timer/"])
def test_pages_are_kept_nowhere(client: Client, dot: Participant, path: str) -> None:
    assert "no-store" in client.get(path).headers["Cache-Control"]
