"""What is left to do: each thing from the day on which it is, and one query for all."""

import datetime
from uuid import uuid4

import pytest
import time_machine
from django.utils import translation
from pytest_django import DjangoAssertNumQueries

from measurement import announcing, baseline, notices, timing, to_do
from measurement.models import Participant, SurveyResponse, TaskLog, Timer, Trial
from measurement.recording import void
from measurement.to_do import Kind, ToDo
from tests.measurement.reminded import answer_survey
from tests.people import make_log, make_participant, make_trial, make_user, publish_notice

pytestmark = pytest.mark.django_db
MONDAY = datetime.date(2025, 3, 3)
LAST_DAY = datetime.date(2025, 3, 28)


def on(day: int, month: int = 3, hour: int = 12) -> time_machine.travel:
    """Be at noon of this day of 2025."""
    moment = datetime.datetime(2025, month, day, hour, tzinfo=datetime.UTC)
    return time_machine.travel(moment, tick=False)


@pytest.fixture
def dated(trial: Trial) -> Trial:
    """Have a trial of four weeks from Monday, 3 March 2025."""
    trial.starts_on, trial.ends_on = MONDAY, LAST_DAY
    trial.save()
    return trial


@pytest.fixture
def robin(dated: Trial, participant: Participant) -> Participant:
    return Participant.objects.select_related("trial").get(pk=participant.pk)


def left(participant: Participant) -> dict[Kind, ToDo]:
    return {item.kind: item for item in to_do.left([participant])}


def test_at_first_nothing_is_left_to_do(robin: Participant) -> None:
    with on(3):
        assert to_do.left([robin]) == []


def test_the_baseline_survey_is_left_to_those_who_joined_until_they_answer(
    robin: Participant,
) -> None:
    assert robin.user
    with on(3):
        assert Kind.BASELINE not in left(robin)
        notice = publish_notice(robin.trial)
        other = make_participant(robin.trial, make_user("pat.kettle@example.com"), "p2")
        notices.accept(participant=robin, notice=notice, actor=robin.user)
        item = left(robin)[Kind.BASELINE]
        assert (item.address, item.reminded) == ("/baseline/?trial=teapot", False)
        assert Kind.BASELINE not in left(other)
        answers = baseline.Answers(ai_use_before="never")
        baseline.answer(participant=robin, answers=answers, actor=robin.user)
        assert Kind.BASELINE not in left(robin)


def test_what_a_file_said_before_is_not_asked(robin: Participant) -> None:
    assert robin.user
    robin.baseline_minutes = 30.0
    robin.save()
    with on(3):
        notice = publish_notice(robin.trial)
        notices.accept(participant=robin, notice=notice, actor=robin.user)
        assert Kind.BASELINE not in left(robin)


def test_the_survey_is_left_until_it_is_answered(robin: Participant) -> None:
    with on(6):
        item = left(robin)[Kind.SURVEY]
        assert item.text == "This week's survey is open until 12 March 2025."
        assert (item.act, item.address) == ("Answer the survey", "/survey/?trial=teapot")
        assert (item.reminded, item.done_on) == (False, None)
    with on(7):
        assert left(robin)[Kind.SURVEY].reminded
        answer_survey(robin)
        assert Kind.SURVEY not in left(robin)
    with on(13):
        assert left(robin)[Kind.SURVEY].done_on == datetime.date(2025, 3, 7)


def test_a_survey_that_was_loaded_is_answered(robin: Participant) -> None:
    SurveyResponse.objects.create(participant=robin, wave="week 01")
    with on(7):
        assert Kind.SURVEY not in left(robin)


def test_the_last_survey_stays_open_after_the_trial(robin: Participant) -> None:
    with on(29):
        item = left(robin)[Kind.SURVEY]
        assert item.reminded
        assert "2 April 2025" in item.text
    with on(3, month=4):
        assert to_do.left([robin]) == []


def test_a_timer_is_left_whether_it_runs_or_not(robin: Participant) -> None:
    with on(3):
        timing.start(robin)
        item = left(robin)[Kind.TIMER]
        assert (item.text, item.address) == ("The timer is running.", "/log/timer/?trial=teapot")
        assert not item.reminded
    key = Timer.objects.get().key
    with on(3, hour=13):
        timing.pause(robin, key)
        assert left(robin)[Kind.TIMER].text == "The timer is paused."
    with on(3, hour=14):
        timing.resume(robin, key)
        assert left(robin)[Kind.TIMER].text == "The timer is running."
        timing.discard(robin, key)
        assert to_do.left([robin]) == []


@pytest.mark.parametrize(("day", "days"), [(5, None), (6, 3), (8, 5), (9, 5), (10, 5), (11, 6)])
def test_who_logs_nothing_is_told_after_three_working_days(
    robin: Participant, day: int, days: int | None
) -> None:
    with on(day):
        item = left(robin).get(Kind.LOGGING)
    if days is None:
        assert item is None
    else:
        assert item
        assert item.text == f"You have logged no task for {days} working days."
        assert (item.act, item.address) == ("Log a task", "/log/?trial=teapot")
        assert (item.reminded, item.done_on) == (True, None)


def test_a_log_counts_from_the_day_on_which_it_was_made(robin: Participant) -> None:
    with on(10):
        log = make_log(robin, "late", date=MONDAY)
    with on(13):
        assert Kind.LOGGING not in left(robin)
    with on(14):
        assert left(robin)[Kind.LOGGING].done_on == datetime.date(2025, 3, 10)
        # Taking a log out is no sign of life, but it was one to make it.
        void(task_log=log, reason="twice", actor=robin.user)
        assert left(robin)[Kind.LOGGING].done_on == datetime.date(2025, 3, 10)


def test_of_a_log_that_was_loaded_any_day_counts(robin: Participant) -> None:
    make_log(robin, "loaded", date=datetime.date(2025, 3, 10))
    TaskLog.objects.update(recorded_at=None)
    with on(13):
        assert Kind.LOGGING not in left(robin)
    with on(14):
        assert Kind.LOGGING in left(robin)


def test_a_task_that_was_announced_is_not_logged_by_that(robin: Participant) -> None:
    with on(6):
        make_log(robin, "announced", status="withheld", minutes=None)
        assert Kind.LOGGING in left(robin)


def test_bank_holidays_are_no_quiet_days(dated: Trial, robin: Participant) -> None:
    dated.ends_on = datetime.date(2025, 4, 30)
    dated.save()
    robin.trial.refresh_from_db()
    with on(16, month=4):
        make_log(robin, "before Easter")
    with on(23, month=4):  # since then: Thursday, Tuesday
        assert Kind.LOGGING not in left(robin)
    with on(24, month=4):
        assert left(robin)[Kind.LOGGING].text.endswith("for 3 working days.")


@pytest.mark.parametrize(("enrolled", "day"), [(10, 12), (10, 13)])
def test_who_joined_later_is_given_time(robin: Participant, enrolled: int, day: int) -> None:
    robin.enrolled_on = datetime.date(2025, 3, enrolled)
    with on(day):
        assert (Kind.LOGGING in left(robin)) == (day == 13)


def test_trials_have_a_time(dated: Trial, robin: Participant) -> None:
    with on(28):
        assert Kind.LOGGING in left(robin)
    with on(29):
        assert Kind.LOGGING not in left(robin)
    robin.trial.ends_on = None
    with on(29):
        assert Kind.LOGGING in left(robin)
    robin.trial.starts_on = None
    with on(29):
        assert to_do.left([robin]) == []


def test_one_query_tells_of_everybody_in_order(
    dated: Trial, robin: Participant, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    user = make_user("sal.saucer@example.com")
    sal = make_participant(make_trial("kettle", starts_on=MONDAY), user)
    gone = make_participant(dated, make_user("lee.ladle@example.com"), "p3")
    Participant.objects.filter(pk=gone.pk).delete()
    with on(7), django_assert_num_queries(1):
        items = to_do.left([sal, gone, robin])
    assert [(item.participant, item.kind) for item in items] == [
        (sal, Kind.SURVEY),
        (sal, Kind.LOGGING),
        (robin, Kind.SURVEY),
        (robin, Kind.LOGGING),
    ]
    assert items[0].address == "/survey/?trial=kettle"


def test_days_are_said_in_the_language_in_use(robin: Participant) -> None:
    with on(7), translation.override("cy"):
        assert "12 Mawrth 2025" in left(robin)[Kind.SURVEY].text


@pytest.fixture
def coin(dated: Trial) -> Participant:
    """Have a participant of a trial of the same weeks that flips a coin for each task."""
    trial = make_trial(
        "coin", design={"kind": "task_randomised"}, starts_on=MONDAY, ends_on=LAST_DAY
    )
    return make_participant(trial, make_user("dot.teaspoon@example.com"))


def announce(participant: Participant) -> TaskLog:
    assert participant.user
    return announcing.announce(
        participant=participant,
        key=uuid4(),
        task_type=None,
        forecast_minutes=30.0,
        forecast_minutes_with_ai=None,
        actor=participant.user,
    )


def test_an_announced_task_waits_for_its_log_for_three_days(coin: Participant) -> None:
    with on(3):
        log = announce(coin)
        assert Kind.ANNOUNCED not in left(coin)  # its timer runs
        timing.discard(coin, Timer.objects.get().key)
        assert left(coin)[Kind.ANNOUNCED].address == f"/log/announced/{log.pk}/?trial=coin"
        newer = announce(coin)
        assert left(coin)[Kind.ANNOUNCED].path == f"/log/announced/{log.pk}/"
        timing.discard(coin, Timer.objects.get().key)
        assert left(coin)[Kind.ANNOUNCED].path == f"/log/announced/{newer.pk}/"
        void(task_log=newer, reason="Twice", actor=None)
        void(task_log=log, reason="Twice", actor=None)
        assert Kind.ANNOUNCED not in left(coin)
        announce(coin)
        timing.discard(coin, Timer.objects.get().key)
    with on(6):
        assert Kind.ANNOUNCED in left(coin)
    with on(7):
        assert Kind.ANNOUNCED not in left(coin)


def test_where_tasks_are_announced_the_way_to_log_is_to_announce(coin: Participant) -> None:
    with on(10):
        item = left(coin)[Kind.LOGGING]
    assert (item.act, item.path) == ("Announce a task", "/log/announce/")
