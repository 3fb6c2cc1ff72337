"""What people choose about reminders, and who can stop them."""

import datetime

import pytest
from django.core import signing

from measurement.models import AuditEvent, ReminderChoice, User
from measurement.reminder_choices import (
    LINK_SECONDS,
    SALT,
    change,
    choice_of,
    holder,
    stop,
    stop_path,
)
from tests.measurement.reminded import at, utc
from tests.people import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def kim() -> User:
    return make_user("kim.kettle@example.com")


def token_of(user: User) -> str:
    return stop_path(user).removeprefix("/reminders/stop/").removesuffix("/")


def test_without_a_choice_reminders_come_in_office_hours(kim: User) -> None:
    choice = choice_of(kim)
    assert (choice.wanted, choice.earliest_hour, choice.latest_hour) == (True, 8, 18)
    assert not ReminderChoice.objects.exists()


def test_a_choice_is_stored_with_what_it_was_before(kim: User) -> None:
    change(kim, wanted=True, earliest_hour=9, latest_hour=10)
    change(kim, wanted=False, earliest_hour=9, latest_hour=12)
    choice = choice_of(kim)
    assert (choice.wanted, choice.earliest_hour, choice.latest_hour) == (False, 9, 12)
    last = AuditEvent.objects.latest("pk")
    assert (last.act, last.subject, last.actor) == ("change_reminders", f"user {kim.pk}", kim)
    assert last.detail == {
        "before": {"wanted": True, "earliest_hour": 9, "latest_hour": 10},
        "after": {"wanted": False, "earliest_hour": 9, "latest_hour": 12},
    }
    assert AuditEvent.objects.count() == 2


def test_stopping_keeps_the_hours_and_happens_once(kim: User) -> None:
    change(kim, wanted=True, earliest_hour=9, latest_hour=10)
    stop(kim)
    stop(kim)
    choice = choice_of(kim)
    assert (choice.wanted, choice.earliest_hour, choice.latest_hour) == (False, 9, 10)
    event = AuditEvent.objects.get(act="stop_reminders")
    assert (event.subject, event.actor) == (f"user {kim.pk}", None)


def test_stopping_needs_no_earlier_choice(kim: User) -> None:
    stop(kim)
    assert not choice_of(kim).wanted


def test_the_link_is_of_its_person(kim: User) -> None:
    make_user("lee.ladle@example.com")
    assert holder(token_of(kim)) == kim


def test_the_link_works_for_half_a_year(kim: User) -> None:
    sent = utc(3, 9)
    with at(sent):
        token = token_of(kim)
    with at(sent + datetime.timedelta(seconds=LINK_SECONDS)):
        assert holder(token) == kim
    with at(sent + datetime.timedelta(seconds=LINK_SECONDS + 1)):
        assert holder(token) is None


def test_a_link_of_nobody_stops_nothing(kim: User) -> None:
    token = token_of(kim)
    kim.delete()
    assert holder(token) is None


@pytest.mark.parametrize("forge", ["", "x", "1", "a:b:c", "é", "\x00", "x" * 9999])
def test_forged_links_stop_nothing(kim: User, forge: str) -> None:
    token = token_of(kim)
    for forged in (forge, token + forge + "x", token[:-1], token.upper()):
        assert holder(forged) is None


def test_what_was_signed_for_something_else_stops_nothing(kim: User) -> None:
    assert holder(signing.dumps(kim.pk)) is None
    assert holder(signing.dumps(kim.pk, salt=SALT, key="of another site")) is None
    assert holder(signing.dumps(kim.pk, salt=SALT)) == kim
