"""Invitations by email: each once, whatever fails; reminders once a week."""

import datetime
import re
import smtplib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.db import connection, transaction
from django.utils import timezone

from measurement import inviting, mailing
from measurement.models import AuditEvent, Invitation, Trial, User
from measurement.people import sending, storing
from measurement.people.reading import Person
from measurement.people.sending import send_waiting
from tests.measurement.mail_server import MailServer
from tests.people import make_trial, publish_notice

pytestmark = pytest.mark.django_db(transaction=True)
NAMES = ("ann", "ben", "cat")


@pytest.fixture
def invited(trial: Trial, kim: User) -> Trial:
    """Have three people invited, whose emails wait."""
    with transaction.atomic():
        people = [Person(f"{name}.teapot@example.com") for name in NAMES]
        storing.invite(trial=trial, people=people, actor=kim, sha256="f" * 64)
    return trial


def of(name: str) -> Invitation:
    return Invitation.objects.get(user__email__startswith=f"{name}.")


def mails() -> list[str]:
    return [of(name).mail for name in NAMES]


def receivers() -> list[str]:
    return [email.to[0].partition(".")[0] for email in mail.outbox]


def send() -> bool:
    return send_waiting(seconds=60)


def in_days(days: float) -> time_machine.travel:
    return time_machine.travel(timezone.now() + datetime.timedelta(days=days))


def test_everybody_gets_one(invited: Trial) -> None:
    left: list[int] = []
    assert send_waiting(trial=invited, seconds=60, progress=left.append)
    assert send()
    assert receivers() == [*NAMES]
    assert mails() == ["sent"] * 3
    assert left == [3]
    (token,) = re.findall(r"/join/([^/]+)/", str(mail.outbox[0].body))
    assert inviting.invitation_of(token) == of("ann")


def test_progress_is_told_between_emails(invited: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "EMAILS_BETWEEN_COUNTS", 2)
    left: list[int] = []
    send_waiting(trial=invited, seconds=60, progress=left.append)
    assert left == [3, 1]


def test_of_another_trial_nothing_is_sent(invited: Trial) -> None:
    assert send_waiting(trial=make_trial("kettle"), seconds=60)
    assert not mail.outbox


def test_what_there_is_no_time_for_waits(invited: Trial) -> None:
    assert not send_waiting(seconds=0)
    assert mails() == ["waiting"] * 3
    assert not mail.outbox


def test_a_server_that_is_down_costs_nobody_the_email(
    invited: Trial, server: type[MailServer], caplog: pytest.LogCaptureFixture
) -> None:
    server.down = ConnectionRefusedError("refused")
    assert not send()
    assert mails() == ["waiting"] * 3
    assert "ConnectionRefusedError" in caplog.text
    server.down = None
    assert send()
    assert receivers() == [*NAMES]


def test_a_refused_address_stops_nobody_else(
    invited: Trial, server: type[MailServer], caplog: pytest.LogCaptureFixture
) -> None:
    server.breaks["ann"] = [smtplib.SMTPRecipientsRefused({"x": (550, b"no such mailbox")})]
    assert send()
    assert mails() == ["refused", "sent", "sent"]
    assert "example.com" not in caplog.text


def test_what_the_server_turns_down_is_tried_three_times(
    invited: Trial, server: type[MailServer]
) -> None:
    server.breaks["ann"] = [smtplib.SMTPDataError(451, b"later") for _ in range(9)]
    assert [send(), send()] == [False, False]
    assert mails() == ["waiting"] * 3
    assert not send()
    assert mails() == ["refused", "waiting", "waiting"]
    assert send()
    assert receivers() == ["ben", "cat"]


@pytest.mark.parametrize("error", [ConnectionResetError("reset"), TimeoutError("slow")])
def test_what_the_server_may_have_taken_is_not_sent_again(
    invited: Trial, server: type[MailServer], error: Exception
) -> None:
    server.breaks["ann"] = [error]
    assert not send()
    assert send()
    assert mails() == ["sending", "sent", "sent"]
    assert receivers() == ["ben", "cat"]


class Killed(BaseException):
    """A worker that is killed runs no handler of exceptions."""


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_worker_that_dies_costs_no_second_email(
    invited: Trial, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    whole = mailing.deliver

    def deliver(*args: Any) -> bool:
        if when == "after":
            whole(*args)
        raise Killed

    monkeypatch.setattr(mailing, "deliver", deliver)
    with pytest.raises(Killed):
        send()
    monkeypatch.setattr(mailing, "deliver", whole)
    assert send()
    assert mails() == ["sending", "sent", "sent"]
    assert receivers() == ["ben", "cat"] if when == "before" else [*NAMES]


def test_workers_at_once_send_one_each(invited: Trial, kim: User) -> None:
    with transaction.atomic():
        people = [Person(f"p{number}.pot@example.com") for number in range(30)]
        storing.invite(trial=invited, people=people, actor=kim, sha256="f" * 64)

    def work(_: int) -> None:
        try:
            send()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert sorted(receivers()) == sorted([*NAMES, *(f"p{number}" for number in range(30))])


def decline(invitation: Invitation) -> None:
    inviting.decline(invitation)


def deactivate(invitation: Invitation) -> None:
    User.objects.filter(pk=invitation.user_id).update(is_active=False)


def end_trial(invitation: Invitation) -> None:
    Trial.objects.update(ends_on=timezone.localdate() - datetime.timedelta(days=1))


@pytest.mark.parametrize("act", [decline, deactivate, end_trial])
def test_who_is_not_asked_any_more_gets_none(
    invited: Trial, act: Callable[[Invitation], None]
) -> None:
    act(of("ann"))
    assert send()
    assert "ann" not in receivers()
    assert of("ann").mail == "none"


def test_what_is_held_waits_until_it_is_released(invited: Trial) -> None:
    sending.hold(invited)
    assert send()
    assert not mail.outbox
    sending.release(invited)
    assert send()
    assert receivers() == [*NAMES]


def test_a_week_later_those_are_reminded_who_have_not_answered(invited: Trial, kim: User) -> None:
    send()
    inviting.decline(of("ann"))
    mail.outbox.clear()
    with in_days(7.01):
        sending.nudge(trial=invited, by=kim)
        send()
        assert sorted(receivers()) == ["ben", "cat"]
        assert {email.subject for email in mail.outbox} == {"Reminder: you are invited to a trial"}
        assert AuditEvent.objects.get(act="nudge_invited").detail == {"people": 2}
        assert sending.last_nudge(invited) == AuditEvent.objects.get(act="nudge_invited").at


def test_the_reminder_speaks_the_language_of_the_account(invited: Trial) -> None:
    invitation = of("ann")
    invitation.nudged_at = timezone.now()
    english = inviting.message(invitation).subject
    invitation.user.language = "cy"
    assert inviting.message(invitation).subject != english


def test_nobody_is_reminded_twice_a_week(invited: Trial, kim: User) -> None:
    send()
    mail.outbox.clear()
    with in_days(6.9):
        sending.nudge(trial=invited, by=kim)
        send()
        assert not mail.outbox
    with in_days(13):
        assert sending.last_nudge(invited)
        sending.nudge(trial=invited, by=kim)
        send()
        assert not mail.outbox
    with in_days(14):
        assert sending.last_nudge(invited) is None
        sending.nudge(trial=invited, by=kim)
        send()
        assert sorted(receivers()) == [*NAMES]


def test_who_was_invited_by_hand_is_reminded_too(invited: Trial, kim: User) -> None:
    inviting.invite(trial=invited, email="dot.spoon@example.com", actor=kim)
    with in_days(8):
        sending.nudge(trial=invited, by=kim)
        send()
    assert "dot" in receivers()


def test_of_an_email_that_may_have_arrived_its_person_is_reminded(
    invited: Trial, kim: User, server: type[MailServer]
) -> None:
    server.breaks["ann"] = [ConnectionResetError("reset")]
    send()
    send()
    mail.outbox.clear()
    with in_days(8):
        sending.nudge(trial=invited, by=kim)
        send()
    assert sorted(receivers()) == [*NAMES]


def test_reminders_that_are_stopped_are_dropped(invited: Trial, kim: User) -> None:
    send()
    mail.outbox.clear()
    with in_days(8):
        sending.nudge(trial=invited, by=kim)
        sending.hold(invited)
        assert mails() == ["none"] * 3
        sending.release(invited)
        send()
    assert not mail.outbox


def test_another_trials_nudge_is_no_nudge_of_this(invited: Trial, kim: User) -> None:
    other = make_trial("kettle")
    publish_notice(other)
    sending.nudge(trial=other, by=kim)
    assert sending.last_nudge(invited) is None
    assert sending.last_nudge(other)
