"""The draft of a log: what is typed is kept, shown again, and thrown away in time."""

import datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from measurement import drafting, timing
from measurement.models import (
    AuditEvent,
    DirtyMark,
    Draft,
    Participant,
    Refusal,
    TaskLog,
    Timer,
    TrialMark,
)
from measurement.tasks import new_day
from tests.measurement.pages.drafts import save, says_when, shown
from tests.measurement.pages.page import Page, answers
from tests.measurement.pages.test_timer_pages import later, timed
from tests.people import TASK_TYPES, make_participant, make_trial, make_user
from trialsite import demo_mail

pytestmark = pytest.mark.django_db
PAGES = {"/log/": "/log/draft/", "/log/timer/finish/": "/log/timer/finish/draft/"}


def test_what_was_typed_is_there_again(client: Client, robin: Participant) -> None:
    typed = answers(minutes="12 or so", novel="true", date_day="", quality="2")
    with time_machine.travel("2025-07-03T13:05:00+00:00", tick=False):
        assert save(client, typed) == 204
    with time_machine.travel("2025-07-04T09:00:00+00:00", tick=False):
        page = Page(client.get("/log/"))
        assert shown(client) == typed
    assert "These are your answers from 3 July 2025 at 2:05pm. The task is not" in page.text
    assert page.title == "Log a task - Trialsite"
    assert page.key == typed["key"]


def test_another_device_shows_it_too(client: Client, robin: Participant) -> None:
    typed = answers()
    save(client, typed)
    phone = Client()
    assert robin.user
    phone.force_login(robin.user)
    assert shown(phone) == typed


def test_nothing_is_said_without_a_draft(client: Client, robin: Participant) -> None:
    page = Page(client.get("/log/"))
    assert "These are your answers" not in page.text
    assert "afresh" not in page.all("name")
    assert page.all("data-draft") == ["/log/draft/?trial=teapot"]
    assert page.all("formaction") == ["/log/draft/?trial=teapot"]


def test_the_last_window_wins_and_each_stores_its_own_log(
    client: Client, robin: Participant
) -> None:
    first, second = answers(minutes="1"), answers(minutes="2")
    save(client, first)
    save(client, second)
    assert shown(client) == second
    assert Draft.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_windows_with_one_draft_store_one_log(client: Client, robin: Participant) -> None:
    save(client, answers())
    one, other = shown(client), shown(client)
    assert client.post("/log/", one).status_code == client.post("/log/", other).status_code == 302
    assert TaskLog.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_draft_ends_with_its_log_and_does_not_come_back(
    client: Client, robin: Participant
) -> None:
    typed = answers()
    save(client, typed)
    client.post("/log/", typed)
    assert not Draft.objects.exists()
    assert save(client, typed | {"minutes": "26"}) == 409
    assert not Draft.objects.exists()
    assert not says_when(client)
    assert Page(client.get("/log/")).key != typed["key"]


@pytest.mark.django_db(transaction=True)
def test_a_late_save_does_not_replace_the_next_draft(client: Client, robin: Participant) -> None:
    logged, following = answers(), answers(minutes="2")
    client.post("/log/", logged)
    save(client, following)
    assert save(client, logged) == 409
    assert shown(client) == following


@pytest.mark.django_db(transaction=True)
def test_the_log_of_another_window_leaves_the_draft(client: Client, robin: Participant) -> None:
    typed = answers()
    save(client, typed)
    client.post("/log/", answers(minutes="7"))
    assert shown(client) == typed


@pytest.mark.parametrize("path", PAGES)
def test_saving_leaves_no_trace_but_the_draft(
    client: Client, robin: Participant, path: str
) -> None:
    timed(robin)
    assert save(client, shown(client, path) | {"minutes": "9999"}, PAGES[path]) == 204
    for model in (TaskLog, Refusal, AuditEvent, DirtyMark, TrialMark):
        assert not model._default_manager.exists()


@pytest.mark.parametrize(("path", "form"), [("/log/", "log"), ("/log/timer/finish/", "timed")])
def test_a_draft_holds_what_the_form_has_and_nothing_else(
    client: Client, robin: Participant, path: str, form: str
) -> None:
    timed(robin)
    sent = shown(client, path) | {"quality": "3"}
    more = {"source": "timer", "status": "void", "participant": "7", "is_staff": "1", "date": "x"}
    save(client, sent | more | {"quality": "3\x00"}, PAGES[path])
    save(client, sent | more, PAGES[path])
    draft = Draft.objects.get()
    assert (draft.participant, draft.form, draft.key) == (robin, form, sent.pop("key"))
    assert draft.answers == sent


def test_what_nobody_can_type_is_left_out(client: Client, robin: Participant) -> None:
    save(client, answers(minutes="2\x00"))
    assert "minutes" not in Draft.objects.get().answers


def test_a_draft_has_its_limit(client: Client, robin: Participant) -> None:
    assert save(client, answers(minutes="5" * 3_000)) == 204
    before = Draft.objects.get().answers
    assert save(client, answers(minutes="5" * 4_000)) == 400
    assert save(client, answers(minutes="é" * 700)) == 400
    assert Draft.objects.get().answers == before
    # A page with errors shows them whether or not it can be kept.
    assert client.post("/log/", answers(minutes="5" * 4_000)).status_code == 422
    assert Draft.objects.get().answers == before


@pytest.mark.parametrize("key", ["", "no key", "\x00", "x" * 10_000])
def test_a_key_that_is_none_is_replaced(client: Client, robin: Participant, key: str) -> None:
    assert save(client, answers(key=key)) == 204
    assert shown(client)["key"] not in ("", key)


@pytest.mark.django_db(transaction=True)
def test_a_form_with_errors_is_kept(client: Client, robin: Participant) -> None:
    typed = answers(minutes="")
    assert client.post("/log/", typed).status_code == 422
    assert shown(client) == typed
    refused = answers(minutes="2000")
    assert client.post("/log/", refused).status_code == 422
    assert shown(client) == refused


@pytest.mark.django_db(transaction=True)
def test_a_form_that_was_logged_already_is_not_kept(client: Client, robin: Participant) -> None:
    typed = answers()
    client.post("/log/", typed)
    assert client.post("/log/", typed | {"minutes": "30"}).status_code == 409
    assert not Draft.objects.exists()


def test_saving_by_hand(client: Client, robin: Participant) -> None:
    typed = answers(minutes="")
    answer = client.post("/log/draft/?trial=teapot", typed)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/log/?trial=teapot")
    page = Page(client.get("/log/"))
    assert "Your answers are saved for 7 days. Come back to this page to finish." in page.text
    assert shown(client) == typed


@pytest.mark.django_db(transaction=True)
def test_saving_by_hand_what_is_logged_says_so(client: Client, robin: Participant) -> None:
    typed = answers()
    client.post("/log/", typed)
    answer = client.post("/log/draft/", typed, follow=True)
    assert "You have logged this task already." in Page(answer).text
    assert not Draft.objects.exists()


@pytest.mark.parametrize("path", PAGES)
def test_starting_afresh(client: Client, robin: Participant, path: str) -> None:
    timed(robin)
    before = shown(client, path) | {"minutes": "99"}
    save(client, before, PAGES[path])
    assert says_when(client, path)
    answer = client.post(f"{PAGES[path]}?trial=teapot", {"afresh": "1", "key": before["key"]})
    assert answer.headers["Location"] == f"{path}?trial=teapot"
    assert not Draft.objects.exists()
    assert not says_when(client, path)
    assert "99" not in shown(client, path).values()


def test_a_draft_is_kept_for_seven_days(client: Client, robin: Participant) -> None:
    save(client, answers())
    saved_at = Draft.objects.get().updated_at
    just_before = saved_at + datetime.timedelta(days=7, seconds=-1)
    with time_machine.travel(just_before, tick=False):
        new_day()
        assert drafting.kept(robin, Draft.Form.LOG)
    with time_machine.travel(just_before + datetime.timedelta(seconds=1), tick=False):
        assert not drafting.kept(robin, Draft.Form.LOG)
        new_day()
    assert not Draft.objects.exists()


def test_repeating_another_kind_of_task_begins_afresh(client: Client, robin: Participant) -> None:
    typed = answers(task_type=TASK_TYPES[0], minutes="44")
    save(client, typed)
    same = shown(client, f"/log/?task_type={TASK_TYPES[0]}")
    assert same == typed
    other = shown(client, f"/log/?task_type={TASK_TYPES[1]}")
    assert (other["task_type"], other["minutes"]) == (TASK_TYPES[1], "")
    assert other["key"] != typed["key"]
    assert not says_when(client, f"/log/?task_type={TASK_TYPES[1]}")
    # Looking changes nothing; typing replaces the draft.
    assert shown(client) == typed
    save(client, other)
    assert shown(client) == other


def test_answers_that_are_no_longer_on_the_lists_are_not_chosen(
    client: Client, robin: Participant
) -> None:
    save(client, answers(task_type="Juggling", ai="tool:Hammer", minutes="<b>&\"'"))
    page = Page(client.get("/log/"))
    assert "Juggling" not in page.text
    assert "Hammer" not in page.text
    assert "<b>&" not in page.text
    assert shown(client)["minutes"] == "<b>&\"'"


def test_looking_changes_nothing(client: Client, robin: Participant) -> None:
    save(client, answers())
    before = Draft.objects.values().get()
    for path in ("/log/", "/log/draft/?afresh=1", "/log/timer/finish/draft/"):
        client.get(path)
    assert Draft.objects.values().get() == before
    assert client.get("/log/draft/").headers["Location"] == "/log/?trial=teapot"


def test_drafts_are_ones_own(client: Client, robin: Participant) -> None:
    other = make_participant(robin.trial, make_user("sal.saucer@example.com"), "p2")
    drafting.keep(other, Draft.Form.LOG, "k", {"minutes": "77"})
    assert "77" not in shown(client).values()
    client.post("/log/draft/", {"afresh": "1"})
    save(client, answers())
    assert Draft.objects.filter(participant=other).exists()
    assert client.post("/log/draft/?trial=saucer", answers()).status_code == 404


def test_each_trial_has_a_draft_of_its_own(client: Client, robin: Participant) -> None:
    assert robin.user
    make_participant(make_trial("kettle"), robin.user)
    save(client, answers(minutes="3"), "/log/draft/?trial=kettle")
    assert shown(client, "/log/?trial=kettle")["minutes"] == "3"
    assert not says_when(client, "/log/?trial=teapot")


@pytest.mark.parametrize("path", PAGES.values())
def test_only_participants_keep_drafts(client: Client, path: str) -> None:
    assert client.post(path, answers()).headers["Location"].startswith("/account/login/code/?")
    client.force_login(make_user("kim.kettle@example.com"))
    assert client.post(path, answers()).status_code == 403
    assert not Draft.objects.exists()


def test_a_draft_from_elsewhere_is_refused(robin: Participant) -> None:
    client = Client(enforce_csrf_checks=True)
    assert robin.user
    client.force_login(robin.user)
    assert save(client, answers()) == 403
    assert not Draft.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_session_ends_and_nothing_is_lost(
    client: Client, robin: Participant, settings: Settings, tmp_path: Any, monkeypatch: Any
) -> None:
    settings.DEMO = True
    settings.EMAIL_BACKEND = "trialsite.demo_mail.EmailBackend"
    monkeypatch.setattr(demo_mail, "FOLDER", tmp_path / "mail")
    cache.clear()
    typed = answers(minutes="31")
    save(client, typed)
    Session.objects.all().delete()

    assert save(client, typed | {"minutes": "32"}) == 302
    answer = client.post("/log/?trial=teapot", typed)
    assert not TaskLog.objects.exists()
    sign_in = answer.headers["Location"]
    assert robin.user
    client.post(sign_in, {"email": robin.user.email})
    code = Page(client.get("/demo/codes/")).text.split("<code")[1].split(">")[1].split("<")[0]
    (came_from,) = [value for name, value in parse_qsl(urlsplit(sign_in).query) if name == "next"]
    confirm = f"/account/login/code/confirm/?next={came_from}"
    answer = client.post(confirm, {"code": code})
    assert answer.headers["Location"] == "/log/?trial=teapot"
    assert shown(client, "/log/?trial=teapot") == typed
    assert client.post("/log/?trial=teapot", typed).status_code == 302
    assert TaskLog.objects.get().minutes == 31


def test_the_draft_of_a_timed_task(client: Client, robin: Participant) -> None:
    timed(robin)
    path = "/log/timer/finish/"
    typed = shown(client, path) | {"ai": "no", "minutes": "20", "task_type": TASK_TYPES[1]}
    assert save(client, typed, PAGES[path]) == 204
    assert shown(client, path) == typed
    assert says_when(client, path)
    assert not says_when(client)
    assert Page(client.get(path)).all("data-draft") == ["/log/timer/finish/draft/?trial=teapot"]


def test_the_timers_word_is_up_to_date_and_the_participants_stays(
    client: Client, robin: Participant
) -> None:
    timed(robin)
    path = "/log/timer/finish/"
    proposed = shown(client, path)
    for minutes, now in {"25": "40", "20": "20"}.items():
        Timer.objects.all().delete()
        timed(robin)
        key = Timer.objects.get().key
        save(client, proposed | {"key": str(key), "minutes": minutes, "ai": "no"}, PAGES[path])
        with later(30):
            timing.resume(robin, key)
        with later(45):
            timing.pause(robin, key)
        held = shown(client, path)
        assert (held["minutes"], held["proposed"], held["ai"]) == (now, "40", "no")


@pytest.mark.django_db(transaction=True)
def test_a_timed_draft_ends_with_its_log(client: Client, robin: Participant) -> None:
    timed(robin)
    path = "/log/timer/finish/"
    typed = shown(client, path) | {"ai": "no", "task_type": TASK_TYPES[1]}
    client.post(path, typed | {"ai": ""})
    assert shown(client, path) | {"ai": "no"} == typed
    assert client.post(path, typed).status_code == 302
    assert not Draft.objects.exists()
    assert save(client, typed, PAGES[path]) == 409
    assert not Draft.objects.exists()


def test_a_timed_draft_ends_with_its_timer(client: Client, robin: Participant) -> None:
    timed(robin)
    path = "/log/timer/finish/"
    typed = shown(client, path)
    save(client, typed, PAGES[path])
    client.post("/log/timer/", {"act": "discard", "key": typed["key"]})
    assert not Draft.objects.exists()
    assert save(client, typed, PAGES[path]) == 409
    timed(robin, 40)
    assert save(client, typed, PAGES[path]) == 409
    assert not Draft.objects.exists()
    # By hand it is kept as a task that was not timed.
    answer = client.post(PAGES[path], typed | {"minutes": "21"})
    assert answer.headers["Location"] == "/log/?trial=teapot"
    assert shown(client)["minutes"] == "21"


def test_a_draft_of_another_timer_is_not_shown(client: Client, robin: Participant) -> None:
    timed(robin)
    drafting.keep(robin, Draft.Form.TIMED, "another", {"minutes": "77"})
    assert "77" not in shown(client, "/log/timer/finish/").values()


def test_answers_for_a_timer_that_ended_elsewhere_are_kept(
    client: Client, robin: Participant
) -> None:
    timed(robin)
    typed = shown(client, "/log/timer/finish/") | {
        "ai": "no",
        "task_type": TASK_TYPES[1],
        "minutes": "21",
    }
    Timer.objects.all().delete()
    answer = client.post("/log/timer/finish/", typed)
    page = Page(answer)
    assert answer.status_code == 409
    assert page.all("data-draft") == ["/log/draft/?trial=teapot"]
    held = shown(client)
    assert (held["minutes"], held["key"]) == ("21", page.key)


def test_pages_with_drafts_ask_the_database_little(
    client: Client, robin: Participant, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    # A trial whose survey is open: one query more.
    robin.trial.starts_on = timezone.localdate() - datetime.timedelta(days=5)
    robin.trial.save()
    timed(robin)
    for path, draft in PAGES.items():
        save(client, shown(client, path), draft)
        with django_assert_max_num_queries(8):
            client.get(path)
