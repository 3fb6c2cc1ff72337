"""One email a day whatever fails: mail servers, workers, and two workers at once."""

import datetime
import smtplib
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier, Thread
from time import monotonic

import pytest
from django.core import mail
from django.db import connection
from pytest_django import Settings

from measurement import leaving, reminder_choices, reminding
from measurement.models import Participant, Reminder, ReminderItem, Trial, User
from measurement.reminding import remind
from tests.gates import closed_gate
from tests.measurement.mail_server import MailServer
from tests.measurement.pages.in_welsh.welsh import english_in_email
from tests.measurement.reminded import LOGGING, at, hours_pass, utc
from tests.people import make_log, make_participant, make_trial, make_user

pytestmark = pytest.mark.django_db
NINE = utc(6, 9)
STOPPING = "If you do nothing after 3 reminders of the same thing, we stop until you do it."


@pytest.fixture
def people(trial: Trial) -> list[User]:
    """Have three people who have logged nothing by Thursday, 6 March 2025."""
    trial.starts_on = datetime.date(2025, 3, 3)
    trial.save()
    users = [make_user(f"{name}.teapot@example.com") for name in ("ann", "ben", "cat")]
    for user in users:
        make_participant(trial, user, user.email)
    return users


def receivers() -> list[str]:
    return [email.to[0].partition(".")[0] for email in mail.outbox]


def states() -> list[str]:
    return list(Reminder.objects.order_by("user").values_list("state", flat=True))


def refused(code: int = 550) -> smtplib.SMTPRecipientsRefused:
    return smtplib.SMTPRecipientsRefused({"x@example.com": (code, b"no such mailbox")})


def test_doubled_runs_send_one(people: list[User]) -> None:
    with at(NINE):
        assert [remind(), remind(), remind()] == [3, 0, 0]
    assert receivers() == ["ann", "ben", "cat"]
    assert states() == ["sent"] * 3


def test_a_server_that_is_down_costs_nobody_the_reminder(
    people: list[User], server: type[MailServer], caplog: pytest.LogCaptureFixture
) -> None:
    server.down = ConnectionRefusedError("refused")
    with at(NINE):
        assert remind() == 0
    assert not Reminder.objects.exists()
    assert "ConnectionRefusedError" in caplog.text
    assert server.closed == 1
    server.down = None
    assert len(hours_pass(utc(6, 10), utc(7))) == 3
    assert receivers() == ["ann", "ben", "cat"]


def test_a_refused_address_stops_nobody_else_and_is_tried_again(
    people: list[User], server: type[MailServer], caplog: pytest.LogCaptureFixture
) -> None:
    server.breaks["ann"] = [refused(450), smtplib.SMTPNotSupportedError("no SMTPUTF8")]
    with at(NINE):
        assert remind() == 2
        assert states() == ["refused", "sent", "sent"]
        assert remind() == 0
    assert "example.com" not in caplog.text
    assert hours_pass(utc(6, 10), utc(6, 11)) == []
    assert hours_pass(utc(6, 11), utc(7)) == [("Thu 06 Mar 11:00", "ann", LOGGING)]
    assert receivers() == ["ben", "cat", "ann"]
    assert Reminder.objects.get(user=people[0]).tries == 3
    assert ReminderItem.objects.count() == 3


def test_an_address_that_is_always_refused_is_tried_three_times_a_day(
    people: list[User], server: type[MailServer]
) -> None:
    server.breaks["ann"] = [refused() for _ in range(9)]
    assert len(hours_pass(utc(6), utc(7))) == 2
    assert len(server.breaks["ann"]) == 6
    # What was refused was no reminder: it does not count as one without response.
    assert len(hours_pass(utc(7), utc(11))) == 2 * 2
    assert len(server.breaks["ann"]) == 0
    assert [who for _, who, _ in hours_pass(utc(11), utc(12))] == ["ann", "ben", "cat"]


def test_a_server_that_takes_nothing_ends_the_run(
    people: list[User], server: type[MailServer], caplog: pytest.LogCaptureFixture
) -> None:
    server.breaks["ben"] = [smtplib.SMTPDataError(452, b"over quota")]
    with at(NINE):
        assert remind() == 1
    assert states() == ["sent", "refused"]
    assert "it answered 452" in caplog.text
    with at(utc(6, 9, minute=5)):
        assert remind() == 1
    assert receivers() == ["ann", "cat"]
    with at(utc(6, 10)):
        assert remind() == 1
    assert receivers() == ["ann", "cat", "ben"]


@pytest.mark.parametrize(
    "error", [smtplib.SMTPServerDisconnected("gone"), TimeoutError("timed out")]
)
def test_what_the_server_may_have_taken_is_not_sent_again(
    people: list[User], server: type[MailServer], error: OSError
) -> None:
    server.breaks["ann"] = [error]
    with at(NINE):
        assert remind() == 0
    assert states() == ["sending"]
    assert len(hours_pass(utc(6, 9), utc(7))) == 2
    assert receivers() == ["ben", "cat"]
    # It may have arrived, so it counts as one reminder; the next day brings another.
    assert [who for _, who, _ in hours_pass(utc(7), utc(8))] == ["ann", "ben", "cat"]


def test_a_worker_that_dies_between_sending_and_noting_does_not_send_twice(
    people: list[User], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """As a kill: nothing catches it."""

    def die(*args: object) -> None:
        raise Killed

    with monkeypatch.context() as patch, at(NINE):
        patch.setattr(reminding, "_note", die)
        with pytest.raises(Killed):
            remind()
    assert receivers() == ["ann"]
    assert states() == ["sending"]
    with at(NINE):
        assert remind() == 2
    assert receivers() == ["ann", "ben", "cat"]


def test_a_run_ends_in_time_and_the_next_goes_on(
    people: list[User], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    with monkeypatch.context() as patch, at(NINE):
        patch.setattr(reminding, "SEND_FOR_SECONDS", 0.0)
        assert remind() == 0
    assert "wait for the next run" in caplog.text
    with at(NINE):
        assert remind() == 3


def while_ann_is_written_to(server: type[MailServer], act: Callable[[], object]) -> None:
    """Have something done after the run has read what everybody has left to do."""

    class Acting(dict[str, list[Exception]]):
        def get(self, name: str, default: object = None) -> None:  # type: ignore[override]
            if name == "ann":
                act()

    server.breaks = Acting()


def withdraw(participant: Participant) -> None:
    assert participant.user
    leaving.withdraw(participant=participant, actor=participant.user)


def stop(participant: Participant) -> None:
    assert participant.user
    reminder_choices.stop(participant.user)


@pytest.mark.parametrize("act", [stop, withdraw, leaving.erase])
def test_a_stop_counts_at_once(
    people: list[User], server: type[MailServer], act: Callable[[Participant], object]
) -> None:
    ben = Participant.objects.get(user=people[1])
    while_ann_is_written_to(server, lambda: act(ben))
    with at(NINE):
        assert remind() == 2
    assert receivers() == ["ann", "cat"]
    assert not Reminder.objects.filter(user=people[1]).exists()


def test_who_leaves_one_trial_is_reminded_of_the_other(
    people: list[User], server: type[MailServer]
) -> None:
    left = Participant.objects.get(user=people[1])
    stays = make_participant(
        make_trial("kettle", starts_on=datetime.date(2025, 3, 3)), people[1], "k1"
    )
    while_ann_is_written_to(server, lambda: withdraw(left))
    with at(NINE):
        assert remind() == 3
    assert ReminderItem.objects.get(reminder__user=people[1]).participant == stays
    body = str(mail.outbox[1].body)
    assert "trial=kettle" in body
    assert "trial=teapot" not in body


def remind_elsewhere() -> int:
    """Send reminders as a worker of its own does, as far as the database can tell."""
    try:
        return remind()
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_an_erasure_while_a_reminder_is_stored_costs_nobody_else_theirs(
    people: list[User], caplog: pytest.LogCaptureFixture
) -> None:
    with at(NINE), ThreadPoolExecutor() as pool:
        with closed_gate(ReminderItem) as gate:
            sent = pool.submit(remind_elsewhere)
            gate.wait_for_somebody()
            leaving.erase(Participant.objects.get(user=people[0]))
        assert sent.result() == 2
    assert receivers() == ["ben", "cat"]
    assert states() == ["sent"] * 2
    assert "ForeignKeyViolation" in caplog.text


def sent_by_workers(number: int) -> list[int]:
    """Return how many emails each of so many workers sent that began together."""
    sent: list[int] = []
    together = Barrier(number)

    def work() -> None:
        together.wait()
        sent.append(remind())
        connection.close()

    threads = [Thread(target=work) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(sent) == number
    return sent


@pytest.mark.django_db(transaction=True)
def test_workers_at_the_same_time_send_one_email_each(people: list[User]) -> None:
    with at(NINE):
        assert sum(sent_by_workers(4)) == 3
    assert sorted(receivers()) == ["ann", "ben", "cat"]
    assert states() == ["sent"] * 3


@pytest.mark.django_db(transaction=True)
def test_two_workers_try_a_refused_one_again_once(
    people: list[User], server: type[MailServer]
) -> None:
    server.breaks["ann"] = [refused()]
    with at(NINE):
        remind()
    with at(utc(6, 10)):
        assert sum(sent_by_workers(4)) == 1
    assert receivers() == ["ben", "cat", "ann"]
    assert Reminder.objects.get(user=people[0]).tries == 2


@contextmanager
def frozen_server() -> Iterator[int]:
    """Have a mail server that takes connections and never says a word; its port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


def test_a_frozen_server_holds_a_worker_no_longer_than_its_time_limit(
    people: list[User], settings: Settings
) -> None:
    assert 0 < settings.EMAIL_TIMEOUT <= 10
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_TIMEOUT = "127.0.0.1", 0.3
    began = monotonic()
    with frozen_server() as port, at(NINE):
        settings.EMAIL_PORT = port
        assert remind() == 0
    assert monotonic() - began < 10
    assert not Reminder.objects.exists()


def test_the_email_says_what_and_where_and_nothing_else(
    people: list[User], settings: Settings
) -> None:
    settings.SITE_URL = "https://trialsite.example"
    settings.DEFAULT_FROM_EMAIL = "trial@trialsite.example"
    ben = Participant.objects.get(user=people[1])
    with at(utc(3, 10)):
        make_log(ben, "k", minutes=77.0, ai_used=True, tool="Wordmill")
    with at(utc(7, 9)):
        remind()
        stop = f"https://trialsite.example{reminder_choices.stop_path(people[1])}"
    email = next(email for email in mail.outbox if email.to == [people[1].email])
    assert email.from_email == "trial@trialsite.example"
    assert email.cc == email.bcc == email.attachments == []
    assert email.content_subtype == "plain"
    assert (
        str(email.body)
        == f"""Hello

This is a reminder from Trialsite, which measures how long tasks take with and without AI.

Trial: The teapot trial

This week's survey is open until 12 March 2025.
Answer the survey:
https://trialsite.example/survey/?trial=teapot

You have logged no task for 3 working days.
Log a task:
https://trialsite.example/log/?trial=teapot

If you have done it in the meantime, ignore this email.

You get one reminder a day at most. {STOPPING}

Choose when reminders come:
https://trialsite.example/reminders/

Stop all reminders, without signing in:
{stop}
"""
    )
    assert email.extra_headers == {
        "List-Unsubscribe": f"<{stop}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Auto-Submitted": "auto-generated",
    }
    sent = email.message()
    assert sent["List-Unsubscribe"] == f"<{stop}>"


def test_names_of_trials_are_text(people: list[User]) -> None:
    Trial.objects.update(title='Tea & <b>cake</b>, "it\'s" {{ 7 * 7 }}')
    with at(NINE):
        remind()
    assert 'Trial: Tea & <b>cake</b>, "it\'s" {{ 7 * 7 }}\n' in str(mail.outbox[0].body)


def test_emails_are_in_the_language_of_the_person(people: list[User], trial: Trial) -> None:
    User.objects.filter(email__startswith="ben").update(language="cy")
    with at(utc(7, 9)):
        assert remind() == 3
    said = {email.to[0][:3]: f"{email.subject}\n{email.body}" for email in mail.outbox}
    assert "until 12 March 2025" in said["ann"]
    assert "tan 12 Mawrth 2025" in said["ben"]
    assert "Neges atgoffa: 2 beth ar ôl i'w wneud" in said["ben"]
    assert "ers 4 diwrnod gwaith" in said["ben"]
    assert english_in_email(said["ben"].replace(trial.title, "")) == []
    assert english_in_email(said["ann"]) != []
