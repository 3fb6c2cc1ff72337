"""Who is reminded when: whole weeks of a trial, hour by hour."""

import datetime
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.core import mail
from pytest_django import DjangoAssertNumQueries

from measurement import reminder_choices, reminders_due, timing
from measurement.models import (
    Membership,
    Participant,
    Reminder,
    ReminderItem,
    Role,
    Trial,
)
from measurement.reminders_due import due
from measurement.reminding import forget, remind
from tests.measurement.reminded import (
    LOGGING,
    SURVEY,
    TWO_THINGS,
    Sent,
    answer_survey,
    at,
    hours_pass,
    utc,
)
from tests.people import make_log, make_participant, make_trial, make_user

pytestmark = pytest.mark.django_db
MONDAY = datetime.date(2025, 3, 3)
"""The trial's first day. Its surveys open on Thursdays, 6 and 13 March, and so on."""


@pytest.fixture
def dated(trial: Trial) -> Trial:
    """Have a trial of four weeks."""
    trial.starts_on, trial.ends_on = MONDAY, datetime.date(2025, 3, 28)
    trial.save()
    return trial


def join(trial: Trial, name: str, **hours: Any) -> Participant:
    """Let somebody invented take part, with a choice of their own or without."""
    user = make_user(f"{name}.teapot@example.com")
    if hours:
        chosen = {"wanted": True, "earliest_hour": 8, "latest_hour": 18} | hours
        with at(utc(1)):
            reminder_choices.change(user, **chosen)
    return make_participant(trial, user, name)


def test_two_weeks_of_a_trial(dated: Trial) -> None:
    """Every email, hour by hour, to people of all habits."""
    busy, late, prompt = (join(dated, name) for name in ("busy", "late", "prompt"))
    join(dated, "silent")
    join(dated, "early", earliest_hour=6, latest_hour=7)
    join(dated, "evening", earliest_hour=20, latest_hour=24)
    join(dated, "none", wanted=False)
    acts: dict[int, list[Callable[[], object]]] = {
        6: [lambda: answer_survey(prompt)],
        10: [
            lambda: answer_survey(busy),
            lambda: make_log(busy, "on the tenth"),
            lambda: make_log(late, "at last"),
            lambda: make_log(prompt, "on the tenth"),
        ],
    }
    for day in range(3, 8):
        logs = [partial(make_log, one, f"k{day}") for one in (busy, prompt)]
        acts[day] = logs + acts.get(day, [])
    sent: list[Sent] = []
    for day in range(3, 15):
        sent += hours_pass(utc(day), utc(day, 12))
        with at(utc(day, 11, minute=30)):
            for act in acts.get(day, []):
                act()
        sent += hours_pass(utc(day, 12), utc(day + 1))
    assert [one for one in sent if one[1] in ("early", "evening", "none")] == [
        ("Thu 06 Mar 06:00", "early", LOGGING),
        ("Thu 06 Mar 20:00", "evening", LOGGING),
        ("Fri 07 Mar 06:00", "early", TWO_THINGS),
        ("Fri 07 Mar 20:00", "evening", TWO_THINGS),
        ("Mon 10 Mar 06:00", "early", TWO_THINGS),
        ("Mon 10 Mar 20:00", "evening", TWO_THINGS),
        # Three reminders of a kind went unanswered: first of logging, then of the survey.
        ("Tue 11 Mar 06:00", "early", SURVEY),
        ("Tue 11 Mar 20:00", "evening", SURVEY),
    ]
    assert [one for one in sent if one[1] not in ("early", "evening")] == [
        ("Thu 06 Mar 08:00", "late", LOGGING),
        ("Thu 06 Mar 08:00", "silent", LOGGING),
        ("Fri 07 Mar 08:00", "busy", SURVEY),
        ("Fri 07 Mar 08:00", "late", TWO_THINGS),
        ("Fri 07 Mar 08:00", "silent", TWO_THINGS),
        ("Mon 10 Mar 08:00", "busy", SURVEY),
        ("Mon 10 Mar 08:00", "late", TWO_THINGS),
        ("Mon 10 Mar 08:00", "silent", TWO_THINGS),
        ("Tue 11 Mar 08:00", "late", SURVEY),
        ("Tue 11 Mar 08:00", "silent", SURVEY),
        # The second survey opened on Thursday, and the last logs are of Monday. Whoever came back
        # on Monday is reminded again of what they did then, and of nothing else.
        ("Fri 14 Mar 08:00", "busy", TWO_THINGS),
        ("Fri 14 Mar 08:00", "late", LOGGING),
        ("Fri 14 Mar 08:00", "prompt", TWO_THINGS),
    ]


@pytest.mark.parametrize(
    ("sunday", "month", "friday_utc", "monday_utc"),
    [(30, 3, 8, 7), (26, 10, 7, 8)],
    ids=["clocks go forward", "clocks go back"],
)
def test_hours_are_those_of_london_when_clocks_change(
    trial: Trial, sunday: int, month: int, friday_utc: int, monday_utc: int
) -> None:
    change = utc(sunday, month=month)
    trial.starts_on = change.date() - datetime.timedelta(days=5)  # Tuesday: quiet from Friday on
    trial.save()
    join(trial, "silent")
    join(trial, "small", earliest_hour=1, latest_hour=2)  # the hour that is skipped or doubled
    friday, tuesday = change - datetime.timedelta(days=2), change + datetime.timedelta(days=2)
    trial_days = hours_pass(friday, tuesday)
    assert [(when[:3], when[-5:], who) for when, who, _ in trial_days] == [
        ("Fri", "01:00", "small"),
        ("Fri", "08:00", "silent"),
        ("Mon", "01:00", "small"),
        ("Mon", "08:00", "silent"),
    ]
    moments = Reminder.objects.filter(user__email__startswith="silent").order_by("day")
    assert [one.tried_at.hour for one in moments] == [friday_utc, monday_utc]


def test_easter_is_left_in_peace(trial: Trial) -> None:
    trial.starts_on = datetime.date(2025, 4, 14)  # the Monday before Easter
    trial.save()
    join(trial, "silent")
    assert [when for when, _, _ in hours_pass(utc(14, month=4), utc(24, month=4))] == [
        "Thu 17 Apr 08:00",
        "Tue 22 Apr 08:00",
        "Wed 23 Apr 08:00",
    ]


def test_outside_of_the_trial_nobody_is_reminded(dated: Trial) -> None:
    join(dated, "silent")
    with at(utc(3, 12, month=2)):
        assert remind() == 0
    sent = hours_pass(utc(31), utc(6, month=4))
    # The last survey opened on Thursday, 27 March, and can be answered until 2 April.
    assert sent == [
        ("Mon 31 Mar 08:00", "silent", SURVEY),
        ("Tue 01 Apr 08:00", "silent", SURVEY),
        ("Wed 02 Apr 08:00", "silent", SURVEY),
    ]


def withdraw(participant: Participant) -> None:
    participant.withdrawn_on = MONDAY
    participant.save()


def lose_role(participant: Participant) -> None:
    Membership.objects.filter(user=participant.user, role=Role.PARTICIPANT).delete()


def be_locked_out(participant: Participant) -> None:
    assert participant.user
    participant.user.is_active = False
    participant.user.save()


def be_unlinked(participant: Participant) -> None:
    participant.user = None
    participant.save()


def have_no_dates(participant: Participant) -> None:
    Trial.objects.update(starts_on=None, ends_on=None)


@pytest.mark.parametrize("leave", [withdraw, lose_role, be_locked_out, be_unlinked, have_no_dates])
def test_only_who_takes_part_still_is_reminded(
    dated: Trial, leave: Callable[[Participant], None]
) -> None:
    participant = join(dated, "silent")
    assert participant.user
    Membership.objects.create(user=participant.user, trial=dated, role=Role.LEAD)
    with at(utc(7, 9)):
        assert len(list(due(utc(7, 9)))) == 1
        leave(participant)
        assert remind() == 0
    assert not Reminder.objects.exists()


def test_a_timer_that_runs_is_no_reason(dated: Trial) -> None:
    participant = join(dated, "silent")
    with at(utc(5, 9)):
        timing.start(participant)
        assert remind() == 0


def test_several_trials_are_one_email(dated: Trial) -> None:
    participant = join(dated, "double")
    assert participant.user
    kettle = make_trial("kettle", starts_on=MONDAY, ends_on=MONDAY + datetime.timedelta(weeks=3))
    second = make_participant(kettle, participant.user, "p2")
    with at(utc(5, 9)):
        make_log(second, "k")
    assert hours_pass(utc(6), utc(8)) == [
        ("Thu 06 Mar 08:00", "double", LOGGING),
        ("Fri 07 Mar 08:00", "double", "Reminder: 3 things left to do"),
    ]
    first, last = mail.outbox
    assert "The kettle trial" not in str(first.body)
    assert str(last.body).count("The kettle trial") == 1
    assert str(last.body).count("The teapot trial") == 1
    items = ReminderItem.objects.filter(reminder__day=datetime.date(2025, 3, 7))
    assert sorted(items.values_list("participant", "kind")) == sorted(
        [(participant.pk, "logging"), (participant.pk, "survey"), (second.pk, "survey")]
    )


def test_each_trial_counts_its_own_reminders(dated: Trial) -> None:
    """Being busy in one trial does not make the other one's reminders go on."""
    silent = join(dated, "double")
    assert silent.user
    busy = make_participant(make_trial("kettle", starts_on=MONDAY), silent.user, "p2")
    for one in (silent, busy):
        one.surveyresponse_set.create(wave="week 01")
    sent: list[Sent] = []
    for day in range(3, 13):
        with at(utc(day)):
            make_log(busy, f"k{day}")
        sent += hours_pass(utc(day, 6), utc(day, 20))
    assert [when for when, _, _ in sent] == [
        "Thu 06 Mar 08:00",
        "Fri 07 Mar 08:00",
        "Mon 10 Mar 08:00",
    ]


def test_choosing_anew_is_coming_back(dated: Trial) -> None:
    participant = join(dated, "silent")
    assert participant.user
    assert len(hours_pass(utc(6), utc(13))) == 4
    assert hours_pass(utc(13), utc(15)) == []
    with at(utc(15)):
        reminder_choices.change(participant.user, wanted=True, earliest_hour=9, latest_hour=10)
    assert hours_pass(utc(15), utc(18)) == [("Mon 17 Mar 09:00", "silent", TWO_THINGS)]


def test_a_late_run_sends_within_the_hours_or_not_at_all(dated: Trial) -> None:
    join(dated, "silent")
    for moment, number in [
        (utc(6, 7, minute=59), 0),
        (utc(6, 18), 0),
        (utc(6, 17, minute=59), 1),
        (utc(6, 17, minute=59), 0),
    ]:
        with at(moment):
            assert remind() == number


def test_many_people_are_read_in_portions(
    dated: Trial, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    monkeypatch.setattr(reminders_due, "PEOPLE_AT_ONCE", 3)
    for number in range(7):
        join(dated, f"n{number}")
    # Users, participants, their trials, what is left to do, what they were reminded of; at last
    # no more users.
    with at(utc(7, 9)), django_assert_num_queries(3 * 5 + 1):
        assert len(list(due(utc(7, 9)))) == 7


def test_what_nothing_is_counted_from_is_forgotten(dated: Trial) -> None:
    join(dated, "silent")
    goes_on = make_trial("kettle", starts_on=MONDAY)
    kim = make_user("kim.kettle@example.com")
    make_participant(goes_on, kim)
    assert len(hours_pass(utc(6), utc(7))) == 2
    with at(utc(6)):
        forget()
    assert Reminder.objects.count() == 2
    with at(utc(27, month=4)):  # 30 days after the end
        forget()
    assert Reminder.objects.count() == 2
    with at(utc(28, month=4)):
        forget()
    assert Reminder.objects.get().user == kim


def test_the_reminder_of_today_outlives_its_trial(dated: Trial) -> None:
    """Else a trial that is deleted would cost its people a second email."""
    join(dated, "silent")
    with at(utc(6, 9)):
        remind()
        Participant.objects.all().delete()
        forget()
        assert Reminder.objects.get().items.count() == 0
