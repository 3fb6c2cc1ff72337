"""The pages on which tasks are announced and what came of them is logged."""

import datetime
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from measurement import drafting, leaving, recording, timing
from measurement.models import Draft, Participant, Refusal, TaskLog, Timer
from tests.measurement.pages.page import Page, answers
from tests.measurement.pages.test_drafts import save, says_when, shown
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


def filled_in(client: Client, log: TaskLog, **typed: str) -> dict[str, str]:
    """Return the form of that task as a browser would send it."""
    return shown(client, f"/log/announced/{log.pk}/") | {"ai": "no"} | typed


def pause_elsewhere(log: TaskLog, *, resumed: float, paused: float) -> None:
    """Have another window let the timer go on for a while, so many minutes from now."""
    key = Timer.objects.get().key
    with later(resumed):
        timing.resume(log.participant, key)
    with later(paused):
        timing.pause(log.participant, key)


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


def test_the_draft_is_there_again_and_ends_with_its_log(client: Client, dot: Participant) -> None:
    log = announced(client)
    path = f"/log/announced/{log.pk}/"
    with later(10):
        press(client, "stop")
    assert not says_when(client, path)
    assert Page(client.get(path)).all("data-draft") == [f"{path}draft/"]
    typed = filled_in(client, log, minutes="9 or so", quality="2")
    more = {"task_type": TASK_TYPES[2], "date_day": "1", "novel": "true", "key": "k", "source": "x"}
    assert save(client, typed | more, f"{path}draft/") == 204
    draft = Draft.objects.get()
    assert (draft.form, draft.key, draft.answers) == ("announced", log.key, typed)
    assert shown(client, path) == typed
    assert says_when(client, path)
    assert client.post(path, typed).status_code == 422
    assert shown(client, path) == typed
    assert client.post(path, typed | {"minutes": "9"}).status_code == 302
    assert not Draft.objects.exists()
    assert save(client, typed, f"{path}draft/") == 409
    assert not Draft.objects.exists()


def test_the_draft_takes_the_timers_word_as_it_is_now(client: Client, dot: Participant) -> None:
    log = announced(client)
    path = f"/log/announced/{log.pk}/"
    with later(10):
        press(client, "stop")
    save(client, filled_in(client, log, quality="2"), f"{path}draft/")
    pause_elsewhere(log, resumed=20, paused=35)
    held = shown(client, path)
    assert (held["minutes"], held["proposed"], held["quality"]) == ("25", "25", "2")


def test_a_task_without_its_timer_has_a_draft_too(client: Client, dot: Participant) -> None:
    log = announced(client)
    press(client, "discard")
    path = f"/log/announced/{log.pk}/"
    typed = filled_in(client, log, minutes="12")
    answer = client.post(f"{path}draft/", typed)
    assert answer["Location"] == path
    assert "Your answers are saved for 7 days." in Page(client.get(path)).text
    assert shown(client, path) == typed
    client.post(path, typed)
    assert not Draft.objects.exists()


def test_the_draft_of_another_announced_task_is_not_shown_nor_thrown_away(
    client: Client, dot: Participant
) -> None:
    left = announced(client)
    press(client, "discard")
    log = announced(client)
    press(client, "stop")
    save(client, filled_in(client, log, minutes="77"), f"/log/announced/{log.pk}/draft/")
    path = f"/log/announced/{left.pk}/"
    assert not says_when(client, path)
    assert "77" not in shown(client, path).values()
    assert client.post(f"{path}draft/", {"afresh": "1"})["Location"] == path
    assert says_when(client, f"/log/announced/{log.pk}/")
    client.get(f"/log/announced/{log.pk}/draft/?afresh=1")
    assert Draft.objects.exists()
    client.post(f"/log/announced/{log.pk}/draft/", {"afresh": "1"})
    assert not Draft.objects.exists()


def test_only_the_person_who_announced_it_keeps_drafts(client: Client, dot: Participant) -> None:
    log = announced(client)
    client.logout()
    path = f"/log/announced/{log.pk}/draft/"
    assert client.post(path, {"ai": "no"})["Location"].startswith("/account/login/code/")
    other = make_user("pat.kettle@example.com")
    make_participant(dot.trial, other, "p2")
    client.force_login(other)
    assert save(client, {"ai": "no"}, path) == 404
    assert not Draft.objects.exists()


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
