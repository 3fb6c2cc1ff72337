"""The pages on which tasks are logged, timed, announced and corrected, in Welsh."""

import datetime
from typing import Any

import pytest
from django.test import Client

from measurement import enrolment, recording
from measurement.models import Arm, Participant, TaskLog, Timer, TimerSegment
from tests.measurement.pages.in_welsh.dates import THURSDAY
from tests.measurement.pages.in_welsh.welsh import (
    assert_welsh,
    read_welsh,
)
from tests.measurement.pages.page import Page, answers
from tests.people import TASK_TYPES, make_log, make_participant, make_trial, make_user

pytestmark = pytest.mark.django_db
PERIODS = [
    {"name": "1", "starts_on": datetime.date(2025, 2, 24), "ends_on": datetime.date(2025, 3, 14)},
    {"name": "2", "starts_on": datetime.date(2025, 3, 24), "ends_on": datetime.date(2025, 4, 4)},
]
ARMS = [{"name": "1", "ai": True}, {"name": "2", "ai": False}]


def start_timer(robin: Participant, minutes: int) -> Timer:
    timer = Timer.objects.create(participant=robin)
    started_at = THURSDAY - datetime.timedelta(minutes=minutes)
    TimerSegment.objects.create(timer=timer, started_at=started_at)
    return timer


def test_pages_without_a_timer(client: Client, robin: Participant) -> None:
    log = make_log(robin, "k1", tool="Wordmill", ai_used=True, quality=4, novel=True)
    make_log(robin, "k2", date=None, task_type=None)
    page = assert_welsh(client.get("/log/"))
    assert page.title == "Cofnodi tasg - Trialsite"
    assert "tan 12 Mawrth 2025" in page.text
    for path in (
        f"/log/{log.pk}/stored/",
        f"/my-logs/{log.pk}/correct/",
        f"/my-logs/{log.pk}/void/",
        "/log/timer/",
        "/my-logs/",
        "/survey/",
        "/accessibility/",
        "/privacy/",
        "/account/logout/",
    ):
        assert_welsh(client.get(path))
    assert "2 dasg, y diweddaraf yn gyntaf" in Page(client.get("/my-logs/")).text
    assert "30 munud" in Page(client.get(f"/log/{log.pk}/stored/")).text


def test_pages_of_many_logs_and_of_none(client: Client, robin: Participant) -> None:
    assert_welsh(client.get("/my-logs/"))
    for day in range(1, 29):
        make_log(robin, f"k{day}", date=datetime.date(2025, 2, day))
    page = assert_welsh(client.get("/my-logs/?page=2"))
    assert page.title == "Fy nghofnodion (tudalen 2 o 2) - Trialsite"


def test_pages_of_a_timer(client: Client, robin: Participant) -> None:
    timer = start_timer(robin, minutes=2)
    page = assert_welsh(client.get("/log/timer/"))
    assert "2 funud" in page.text
    assert "Dechreuwyd ar 6 Mawrth 2025 am 2:03yh." in page.text
    assert_welsh(client.get("/log/"))
    client.post("/log/timer/", {"act": "stop", "key": str(timer.key)})
    page = assert_welsh(client.get("/log/timer/finish/"))
    assert "Mae&#39;r amserydd yn dweud 2 funud." in page.text
    assert_welsh(client.get("/log/timer/"))
    assert_welsh(client.get("/log/"))
    client.post("/log/timer/", {"act": "resume", "key": str(timer.key)})
    for path in ("/log/timer/", "/log/timer/finish/"):
        assert_welsh(client.get(path, follow=True))


@pytest.mark.parametrize(("minutes", "said"), [(200, "3 awr"), (2000, "33 awr")])
def test_pages_of_a_forgotten_timer(
    client: Client, robin: Participant, minutes: int, said: str
) -> None:
    timer = start_timer(robin, minutes)
    assert said in assert_welsh(client.get("/log/timer/")).text
    act = {"act": "estimate", "key": str(timer.key)}
    page = assert_welsh(client.post("/log/timer/", act | {"minutes": "9999"}))
    assert page.title.startswith("Gwall: ")


@pytest.mark.parametrize(
    "changes",
    [
        dict.fromkeys(answers(), ""),
        answers(minutes="llawer", date_month="13", ai="tool:Hammer", task_type="x", quality="9"),
        answers(ai="no", novel="true", date_year=""),
        answers(minutes="2000"),
        answers(minutes="1" * 21, date_day=""),
        answers(date_month=""),
        answers(date_year="2999"),
    ],
)
def test_errors_of_a_task(client: Client, robin: Participant, changes: dict[str, str]) -> None:
    log = make_log(robin, "k1")
    for path in ("/log/", f"/my-logs/{log.pk}/correct/"):
        page = assert_welsh(client.post(path, changes))
        assert page.title.startswith("Gwall: ")
        assert "Mae problem wedi codi" in page.text
        assert '<span class="govuk-visually-hidden">Gwall:</span>' in page.text


def test_a_page_out_of_date(client: Client, robin: Participant) -> None:
    assert "wedi dyddio" in assert_welsh(client.post("/log/", answers(key="none"))).text


def test_conflicts_and_what_was_done(client: Client, robin: Participant) -> None:
    typed = answers()
    client.post("/log/", typed)
    page = assert_welsh(client.post("/log/", typed | {"minutes": "2"}))
    assert "gyda 25 munud" in page.text
    log = robin.tasklog_set.get()
    assert_welsh(client.post(f"/my-logs/{log.pk}/correct/", answers(version="old", minutes="9")))
    assert_welsh(client.post(f"/my-logs/{log.pk}/void/", {"reason": ""}))
    assert_welsh(client.post(f"/my-logs/{log.pk}/void/", {"reason": "x" * 501}))
    done = client.post(f"/my-logs/{log.pk}/void/", {"reason": "Dwywaith"}, follow=True)
    assert "Nid yw&#39;r dasg yn cyfrif" in assert_welsh(done).text
    other = make_log(robin, "k2")
    done = client.post(f"/my-logs/{other.pk}/correct/", answers(minutes="7"), follow=True)
    assert_welsh(done)


def test_conflicts_of_a_timer(client: Client, robin: Participant) -> None:
    start_timer(robin, minutes=5)
    key = str(Timer.objects.get().key)
    assert_welsh(client.post("/log/timer/finish/", answers(key=key, proposed="5")))
    client.post("/log/timer/", {"act": "pause", "key": key})
    assert_welsh(client.post("/log/timer/finish/", answers(key=key, proposed="1")))
    assert_welsh(client.post("/log/timer/finish/", answers()))


@pytest.fixture
def dot(client: Client) -> Participant:
    """Have somebody signed in who reads Welsh and takes part in a trial that flips coins."""
    trial = make_trial("coin", design={"kind": "task_randomised"})
    dot = make_participant(trial, make_user("dot.ladle@example.com"))
    assert dot.user
    read_welsh(dot.user)
    client.force_login(dot.user)
    return dot


def announce(client: Client, **changes: str) -> Any:
    key = Page(client.get("/log/announce/")).key
    said = {"key": key, "task_type": TASK_TYPES[1], "forecast_minutes": "40"}
    return client.post("/log/announce/", said | changes)


def test_errors_of_an_announcement(client: Client, dot: Participant) -> None:
    page = assert_welsh(client.get("/log/announce/"))
    assert page.title == "Nodi tasg ymlaen llaw - Trialsite"
    for changes in (
        {"task_type": "", "forecast_minutes": ""},
        {"task_type": "Juggling", "forecast_minutes": "soon", "forecast_minutes_with_ai": "0"},
        {"forecast_minutes": "9" * 30, "forecast_minutes_with_ai": "9" * 30},
        {"key": "none"},
    ):
        assert assert_welsh(announce(client, **changes)).title.startswith("Gwall: ")


@pytest.mark.parametrize(
    ("with_ai", "told"), [(True, "dasg hon gydag AI"), (False, "dasg hon heb AI")]
)
def test_pages_of_an_announced_task(
    client: Client, dot: Participant, with_ai: bool, told: str
) -> None:
    announce(client)
    TaskLog.objects.update(ai_assigned=with_ai)
    assert f"Gwnewch y {told}" in assert_welsh(client.get("/log/timer/")).text
    key = str(Timer.objects.get().key)
    client.post("/log/timer/", {"act": "stop", "key": key})
    assert_welsh(client.get("/log/timer/"))
    path = f"/log/announced/{TaskLog.objects.get().pk}/"
    assert "Nodwyd ymlaen llaw ar 6 Mawrth 2025" in assert_welsh(client.get(path)).text
    for minutes in ("", "x", "2000"):
        page = assert_welsh(client.post(path, {"ai": "", "minutes": minutes}))
        assert page.title.startswith("Gwall: ")
    assert_welsh(client.post(path, {"ai": "no", "minutes": "2000"}))  # by an older timer
    assert_welsh(client.post(path, {"ai": "no", "minutes": "2000", "proposed": "0.1"}))
    assert_welsh(client.post(f"{path}draft/", {"ai": "no", "minutes": "llawer"}, follow=True))
    assert_welsh(client.post("/log/timer/", {"act": "discard", "key": key}, follow=True))
    page = assert_welsh(client.get("/my-logs/"))
    assert f"nodwyd ymlaen llaw {'gydag' if with_ai else 'heb'} AI" in page.text
    assert_welsh(client.get(path))
    client.post(path, {"ai": "no", "minutes": "30"})
    page = assert_welsh(client.post(path, {"ai": "no", "minutes": "45"}, follow=True))
    assert "A yw hyn yn gywir?" in page.text


@pytest.mark.parametrize(
    ("design", "assignment", "told"),
    [
        ({"kind": "crossover", "periods": PERIODS}, {"sequence": "AB"}, "heb AI"),
        ({"kind": "crossover", "periods": PERIODS}, {"sequence": "BA"}, "Gallwch ddefnyddio AI"),
        (
            {"kind": "stepped_wedge"},
            {"ai_from": datetime.date(2025, 3, 17)},
            "O 17 Mawrth 2025 ymlaen gallwch ddefnyddio AI.",
        ),
        ({"kind": "parallel", "arms": ARMS}, {"arm": "1"}, "Gallwch"),
    ],
)
def test_what_chance_gave(
    client: Client, design: dict[str, Any], assignment: dict[str, Any], told: str
) -> None:
    trial = make_trial(design=design)
    for arm in design.get("arms", []):
        Arm.objects.create(trial=trial, **arm)
    user = make_user("dot.ladle@example.com")
    enrolment.assign(participant=make_participant(trial, user), actor=None, **assignment)
    read_welsh(user)
    client.force_login(user)
    for path in ("/log/", "/log/timer/"):
        assert told in assert_welsh(client.get(path)).words
    assert_welsh(client.get("/my-data/"))


def test_drafts(client: Client, robin: Participant) -> None:
    page = assert_welsh(client.post("/log/draft/", answers(minutes="llawer"), follow=True))
    assert "Dyma eich atebion o 6 Mawrth 2025 am 2:05yh." in page.text
    assert_welsh(client.post("/log/draft/", {"afresh": "1"}, follow=True))
    timer = start_timer(robin, minutes=2)
    client.post("/log/timer/", {"act": "stop", "key": str(timer.key)})
    typed = answers(key=str(timer.key))
    assert_welsh(client.post("/log/timer/finish/draft/", typed, follow=True))
    client.post("/log/", answers(key=typed["key"]))
    assert_welsh(client.post("/log/draft/", typed, follow=True))


def test_the_history_of_a_log(client: Client, robin: Participant) -> None:
    log = make_log(robin, "k", tool="Wordmill", ai_used=True)
    said = recording.NewTaskLog(key="k", minutes=40.0, ai_used=False)
    recording.change(task_log=log, log=said, actor=None)
    robin.trial.tasktype_set.all().delete()
    client.post(f"/my-logs/{log.pk}/void/", {"reason": "Dwywaith"})
    page = assert_welsh(client.get(f"/my-logs/{log.pk}/history/"))
    for told in ("Tynnwyd allan", "gennych chi", "Cywirwyd", "gan y bobl", "nad yw ar y rhestr"):
        assert told in page.text
    assert_welsh(client.get("/my-logs/"))
    loaded = TaskLog.objects.create(participant=robin, key="l", minutes=5.0, ai_used=True)
    assert "Fel y cafodd" in assert_welsh(client.get(f"/my-logs/{loaded.pk}/history/")).text
    client.post(f"/my-logs/{loaded.pk}/void/", {"reason": "Dwywaith"})
    assert "Cyn hynny" in assert_welsh(client.get(f"/my-logs/{loaded.pk}/history/")).text
