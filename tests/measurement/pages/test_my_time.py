"""My time: own minutes with and without AI, after the survey."""

import re
from typing import Any

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from measurement import recording
from measurement.models import AuditEvent, Participant, TaskLog
from tests.measurement.pages.page import Page
from tests.measurement.pages.test_survey import MONDAY, THURSDAY_NOON
from tests.people import TASK_TYPES, make_log, make_participant, make_trial, make_user

pytestmark = pytest.mark.django_db
DRAFT, NOTES, SEARCH = TASK_TYPES


def log(participant: Participant, *minutes: float, **fields: Any) -> None:
    for value in minutes:
        key = f"k{TaskLog.objects.count()}"
        make_log(participant, key, minutes=value, **fields)


def shown(client: Client, path: str = "/my-time/") -> str:
    """Return the words of the page, without tags."""
    answered = client.get(path)
    assert answered.status_code == 200
    main = answered.content.decode().partition("<main")[2].partition("</main>")[0]
    return " ".join(re.sub(r"<[^>]*>", " ", main).split())


def test_own_minutes_are_bars_with_words_and_a_table(client: Client, robin: Participant) -> None:
    log(robin, 20, 40, 30.25)
    log(robin, 10, 20, 15, ai_used=True)
    log(robin, 60, 60, 60, task_type=NOTES)
    log(robin, 45, 45, 45, 45, ai_used=True, task_type=NOTES)
    words = shown(client)
    chart, table = words.split("The same as a table, in minutes")
    assert f"{NOTES} Without AI: 60 minutes With AI: 45 minutes" in chart
    assert f"{DRAFT} Without AI: 30.2 minutes With AI: 15 minutes" in chart
    assert chart.index(NOTES) < chart.index(DRAFT)
    assert f"{NOTES} 60 3 tasks 45 4 tasks" in table
    assert f"{DRAFT} 30.2 3 tasks 15 3 tasks" in table
    assert "not the effect of AI" in words
    bars = [tag["width"] for name, tag in Page(client.get("/my-time/")).tags if name == "rect"]
    assert bars == ["8", "2", "100.0%", "75.0%", "50.42%", "25.0%"]


def test_the_page_needs_no_inline_style_or_script(client: Client, robin: Participant) -> None:
    log(robin, 1, 2, 3)
    log(robin, 1, 2, 3, ai_used=True)
    page = Page(client.get("/my-time/"))
    assert not page.all("style")
    assert not [name for name, attributes in page.tags if name == "script" and not attributes]
    assert "plotly" not in page.text


def test_what_is_missing_is_said(client: Client, robin: Participant) -> None:
    words = shown(client)
    assert "There is nothing to show yet" in words
    assert "at least 3 tasks of one kind without AI and 3 with AI" in words
    assert "You have not logged a task that counts here." in words
    log(robin, 20, 40)
    log(robin, 20, ai_used=True, task_type=SEARCH)
    words = shown(client)
    assert f"You are closest with: {DRAFT}." in words
    assert "1 more task without AI 3 more tasks with AI" in words
    assert "Do not change how you work" in words


def test_tasks_without_a_kind_are_named_plainly(client: Client, robin: Participant) -> None:
    log(robin, 20, 40, task_type=None)
    words = shown(client)
    assert "closest" not in words
    assert "Still missing: 1 more task without AI" in words
    log(robin, 30, task_type=None)
    log(robin, 5, 5, 5, ai_used=True, task_type=None)
    assert "All your tasks Without AI: 30 minutes" in shown(client)
    log(robin, 90, 90, 90)
    log(robin, 5, 5, 5, ai_used=True)
    assert "Tasks of no kind Without AI: 30 minutes" in shown(client)


def test_tasks_taken_out_withheld_or_novel_do_not_count(client: Client, robin: Participant) -> None:
    log(robin, 10, 20, 30)
    log(robin, 1, 2, 3, ai_used=True)
    log(robin, 900, 900, 900, 900, ai_used=True, novel=True)
    make_log(robin, "withheld", minutes=None, status="withheld")
    out = make_log(robin, "out", minutes=800.0)
    recording.void(task_log=out, reason="twice", actor=robin.user)
    words = shown(client)
    assert "20 3 tasks 2 3 tasks" in words
    assert "only because of AI" in words


def test_nobody_elses_tasks_count(client: Client, robin: Participant) -> None:
    colleague = make_participant(robin.trial, make_user("kim.kettle@example.com"), "p2")
    log(colleague, 10, 20, 30)
    log(colleague, 10, 20, 30, ai_used=True)
    assert "You have not logged a task" in shown(client)


def test_the_survey_of_the_open_wave_comes_first(client: Client, robin: Participant) -> None:
    robin.trial.starts_on = MONDAY
    robin.trial.save()
    log(robin, 10, 20, 30)
    log(robin, 1, 2, 3, ai_used=True)
    with time_machine.travel(THURSDAY_NOON.replace(day=5), tick=False):
        assert "20 minutes" in shown(client)
    with time_machine.travel(THURSDAY_NOON, tick=False):
        words = shown(client)
        assert "Answer this week's survey first" in words
        assert "minutes" not in words
        assert "/survey/?trial=teapot" in Page(client.get("/my-time/")).all("href")
        client.post("/survey/", {"band": "0"})
        assert "20 minutes" in shown(client)


def test_of_several_trials_one_is_asked_for(client: Client, robin: Participant) -> None:
    assert robin.user
    other = make_participant(make_trial("kettle"), robin.user)
    log(robin, 10, 20, 30)
    log(robin, 1, 2, 3, ai_used=True)
    log(other, 7, 7)
    assert "Which trial is this for?" in shown(client)
    assert "20 minutes" in shown(client, "/my-time/?trial=teapot")
    assert "1 more task without AI" in shown(client, "/my-time/?trial=kettle")
    assert client.get("/my-time/?trial=cup").status_code == 404


def test_looking_is_quick_private_and_changes_nothing(
    client: Client, robin: Participant, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    log(robin, *range(1, 30))
    log(robin, *range(1, 30), ai_used=True)
    before = AuditEvent.objects.count()
    with django_assert_max_num_queries(6):
        answered = client.get("/my-time/")
    assert "no-store" in answered.headers["Cache-Control"]
    assert client.post("/my-time/").status_code == 405
    assert AuditEvent.objects.count() == before


def test_only_participants_see_it(client: Client, db: None) -> None:
    assert client.get("/my-time/").headers["Location"] == "/account/login/code/?next=/my-time/"
    client.force_login(make_user("kim.kettle@example.com"))
    assert client.get("/my-time/").status_code == 403


def test_my_logs_leads_there(client: Client, robin: Participant) -> None:
    log(robin, 10)
    assert "/my-time/" in Page(client.get("/my-logs/")).all("href")
