"""Correcting one's own task log: what is kept, what changes, and two windows at once."""

import datetime
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from measurement import recording
from measurement.models import AuditEvent, Participant, TaskLog
from measurement.recording import said
from tests.measurement.pages.page import Page
from tests.people import TASK_TYPES, make_log, make_participant, make_user

pytestmark = pytest.mark.django_db(transaction=True)
MORNING = datetime.datetime(2025, 3, 3, 9, 0, tzinfo=datetime.UTC)


@pytest.fixture
def stored(robin: Participant) -> TaskLog:
    """Have a log with all that a timer and a design may have noted."""
    return make_log(
        robin,
        "k",
        minutes=12.345678901234567,
        ai_used=True,
        tool="Wordmill",
        ai_assigned=False,
        period="1",
        forecast_minutes=20.0,
        quality=4,
        source="timer",
        started_at=MORNING,
        ended_at=MORNING + datetime.timedelta(minutes=13),
    )


def address(log: TaskLog) -> str:
    return f"/my-logs/{log.pk}/correct/"


def shown(client: Client, log: TaskLog) -> dict[str, str]:
    """Return what the form holds, as a browser would send it."""
    page = Page(client.get(address(log)))
    form: dict[str, str] = {}
    for tag, attributes in page.tags:
        name, value = attributes.get("name"), attributes.get("value")
        kind = attributes.get("type")
        if (
            tag == "input"
            and name
            and (kind not in ("radio", "checkbox") or "checked" in attributes)
        ):
            form[name] = value or ""
    form.pop("csrfmiddlewaretoken", None)
    return form


def test_the_form_shows_what_is_stored(client: Client, stored: TaskLog) -> None:
    form = shown(client, stored)
    assert form.pop("version")
    assert form == {
        "task_type": TASK_TYPES[0],
        "ai": "tool:Wordmill",
        "minutes": "12.345678901234567",
        "date_day": "3",
        "date_month": "3",
        "date_year": "2025",
        "quality": "4",
    }


@pytest.mark.parametrize(
    ("fields", "answer"),
    [({"ai_used": True}, "yes"), ({"ai_used": False, "minutes": 25.0}, "no")],
)
def test_other_answers_are_shown_too(
    client: Client, robin: Participant, fields: dict[str, Any], answer: str
) -> None:
    log = make_log(robin, "other", novel=fields["ai_used"], **fields)
    form = shown(client, log)
    assert form["ai"] == answer
    assert form["minutes"] == f"{log.minutes:g}"
    assert ("novel" in form) is fields["ai_used"]


def test_nothing_changed_is_no_change(client: Client, stored: TaskLog) -> None:
    before = said(stored)
    answer = client.post(address(stored), shown(client, stored))
    assert answer.headers["Location"] == "/my-logs/"
    stored.refresh_from_db()
    assert said(stored) == before
    assert not AuditEvent.objects.filter(act="change_task_log").exists()


def test_what_is_corrected_changes_and_the_rest_is_kept(client: Client, stored: TaskLog) -> None:
    form = shown(client, stored) | {"ai": "no", "quality": "", "task_type": TASK_TYPES[1]}
    client.post(address(stored), form)
    stored.refresh_from_db()
    assert stored.task_type
    assert (stored.task_type.name, stored.ai_used, stored.tool, stored.quality) == (
        TASK_TYPES[1],
        False,
        None,
        None,
    )
    assert (stored.source, stored.period, stored.ai_assigned) == ("timer", "1", False)
    assert (stored.forecast_minutes, stored.started_at) == (20.0, MORNING)
    event = AuditEvent.objects.get(act="change_task_log")
    assert event.actor == stored.participant.user
    assert (event.detail["before"]["quality"], event.detail["before"]["ai_used"]) == (4, True)
    assert "Your answers are stored." in client.get("/my-logs/").content.decode()


def test_minutes_typed_anew_are_no_longer_timed(client: Client, stored: TaskLog) -> None:
    client.post(address(stored), shown(client, stored) | {"minutes": "14"})
    stored.refresh_from_db()
    assert (stored.minutes, stored.source) == (14.0, TaskLog.Source.RECALL)


def test_what_is_wrong_is_said(client: Client, stored: TaskLog) -> None:
    tomorrow = timezone.localdate() + datetime.timedelta(days=1)
    typed = {
        "date_day": str(tomorrow.day),
        "date_month": str(tomorrow.month),
        "date_year": str(tomorrow.year),
    }
    for wrong, error in (
        ({"minutes": ""}, "Enter how many minutes the task took"),
        (typed, "The date must be today or in the past"),
    ):
        answer = client.post(address(stored), shown(client, stored) | wrong)
        assert answer.status_code == 422
        page = Page(answer)
        assert page.title == "Error: Correct a task - Trialsite"
        assert error in page.text


def test_two_windows_are_told_of_each_other(client: Client, stored: TaskLog) -> None:
    first, second = (shown(client, stored) for _ in range(2))
    client.post(address(stored), first | {"minutes": "14"})

    answer = client.post(address(stored), second | {"minutes": "15"})

    assert answer.status_code == 409
    page = Page(answer)
    assert "changed in another window" in page.text
    assert "What is stored now" in page.text
    assert "14 minutes" in page.text
    assert 'value="15"' in page.text
    stored.refresh_from_db()
    assert stored.minutes == 14.0
    (newer,) = (
        attributes["value"] for _, attributes in page.tags if attributes.get("name") == "version"
    )
    assert newer
    client.post(address(stored), second | {"minutes": "15", "version": newer})
    stored.refresh_from_db()
    assert stored.minutes == 15.0


def test_a_correction_sent_twice_is_no_conflict(client: Client, stored: TaskLog) -> None:
    form = shown(client, stored) | {"minutes": "14"}
    for _ in range(2):
        assert client.post(address(stored), form).headers["Location"] == "/my-logs/"
    assert AuditEvent.objects.filter(act="change_task_log").count() == 1


def test_nor_are_two_at_once(
    client: Client, stored: TaskLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = shown(client, stored) | {"minutes": "14"}
    change = recording.change

    def beaten(**given: Any) -> TaskLog:
        change(**given)
        return change(**given)

    monkeypatch.setattr(recording, "change", beaten)
    assert client.post(address(stored), form).headers["Location"] == "/my-logs/"


def test_who_withdrew_corrects_no_more(client: Client, stored: TaskLog) -> None:
    stored.participant.withdrawn_on = timezone.localdate()
    stored.participant.save()
    assert client.get(address(stored)).status_code == 404


def test_a_form_without_its_version_is_not_believed(client: Client, stored: TaskLog) -> None:
    form = shown(client, stored) | {"version": "", "minutes": "14"}
    assert client.post(address(stored), form).status_code == 409


def test_the_same_answers_from_an_old_page_are_a_conflict_too(
    client: Client, stored: TaskLog
) -> None:
    old = shown(client, stored)
    client.post(address(stored), old | {"minutes": "14"})
    assert client.post(address(stored), old).status_code == 409


def test_what_was_taken_out_stays_out(
    client: Client, stored: TaskLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = shown(client, stored) | {"minutes": "14"}
    change = recording.change

    def taken_out_meanwhile(**given: Any) -> TaskLog:
        recording.void(task_log=stored, reason="twice", actor=None)
        return change(**given)

    monkeypatch.setattr(recording, "change", taken_out_meanwhile)
    answer = client.post(address(stored), form)
    assert answer.headers["Location"] == "/my-logs/"
    assert "in another window" in client.get("/my-logs/").content.decode()
    stored.refresh_from_db()
    assert stored.status == TaskLog.Status.VOID
    assert client.post(address(stored), form).headers["Location"] == "/my-logs/"
    assert client.get(address(stored)).status_code == 302


def test_nobody_corrects_anothers_log(client: Client, robin: Participant) -> None:
    other = make_participant(robin.trial, make_user("sal.saucer@example.com"), "p2")
    log = make_log(other, "k")
    assert client.get(address(log)).status_code == 404
    assert client.post(address(log), {"minutes": "1"}).status_code == 404


def test_strangers_are_sent_to_sign_in(client: Client) -> None:
    answer = client.get("/my-logs/1/correct/")
    assert answer.headers["Location"] == "/account/login/code/?next=/my-logs/1/correct/"


def test_my_logs_lead_to_the_correction(client: Client, stored: TaskLog) -> None:
    assert address(stored) in Page(client.get("/my-logs/")).all("href")
    recording.void(task_log=stored, reason="twice", actor=None)
    assert address(stored) not in Page(client.get("/my-logs/")).all("href")
