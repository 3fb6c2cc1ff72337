"""Every page that participants see, in each of its states: a new page is one line here."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass, replace
from uuid import uuid4

from django.template.loader import render_to_string
from django.utils import timezone
from playwright.sync_api import Page

from measurement import announcing, inviting, reading, recording, timing
from measurement.models import Membership, Participant, Role, TaskLog, Timer, TimerSegment
from tests.measurement.reminded import answer_survey
from tests.people import (
    TASK_TYPES,
    make_log,
    make_participant,
    make_trial,
    make_user,
    publish_notice,
)


@dataclass(frozen=True)
class Seen:
    """A page in one state.

    `path` may name the newest log and invitation, and the link that stops reminders. `before` is
    done to the participant, then the page is opened and `then` is done on it. `error`: it shows
    errors.
    """

    path: str
    heading: str
    before: Callable[[Participant], object] = lambda participant: None
    then: Callable[[Page], object] = lambda page: None
    error: bool = False
    signed_in: bool = True

    @property
    def name(self) -> str:
        """What the test of it is called."""
        return f"{'error: ' * self.error}{self.heading}"


def press(*names: str) -> Callable[[Page], None]:
    """Press buttons, one after another."""

    def pressing(page: Page) -> None:
        for name in names:
            page.get_by_role("button", name=name, exact=True).click()
            page.wait_for_load_state()

    return pressing


def ask_for_a_code(page: Page) -> None:
    page.get_by_label("Email address").fill("nobody.yet@example.com")
    press("Email me a code")(page)


def send_a_wrong_code(page: Page) -> None:
    ask_for_a_code(page)
    press("Sign in")(page)


def save_without_minutes(page: Page) -> None:
    page.get_by_label("How many minutes").fill("")
    press("Save")(page)


def write_too_much(page: Page) -> None:
    page.get_by_label("Is there anything else").fill("x" * 1001)
    press("Send answers")(page)


def log_once(participant: Participant) -> TaskLog:
    return make_log(participant, "once")


def log_often(participant: Participant) -> None:
    for kind in TASK_TYPES[:2]:
        for number in range(15):
            make_log(
                participant,
                f"{kind}-{number}",
                task_type=kind,
                ai_used=number % 2 == 1,
                minutes=10.0 + 7 * number,
            )


def answer_and_log_often(participant: Participant) -> None:
    answer_survey(participant)
    log_often(participant)


def end(participant: Participant) -> None:
    participant.trial.ends_on = participant.trial.starts_on
    participant.trial.save()


def time_for(**time: float) -> Callable[[Participant], None]:
    """Start a timer so much earlier."""

    def timed(participant: Participant) -> None:
        timing.start(participant)
        begun = timezone.now() - datetime.timedelta(**time)
        TimerSegment.objects.update(started_at=begun)

    return timed


def pause(participant: Participant) -> None:
    time_for(minutes=25)(participant)
    found = timing.reading(participant)
    assert found
    timing.pause(participant, found.timer.key)


def flip_coins(participant: Participant) -> None:
    participant.trial.design = participant.trial.design | {
        "kind": "task_randomised",
        "unit": "task",
    }
    participant.trial.save()


def announce(participant: Participant) -> None:
    flip_coins(participant)
    assert participant.user
    announcing.announce(
        participant=participant,
        key=uuid4(),
        task_type=TASK_TYPES[0],
        forecast_minutes=30.0,
        forecast_minutes_with_ai=None,
        actor=participant.user,
    )


def announce_and_leave(participant: Participant) -> None:
    announce(participant)
    Timer.objects.all().delete()


def publish(participant: Participant) -> None:
    publish_notice(participant.trial)


def invite(participant: Participant) -> None:
    publish(participant)
    assert participant.user
    inviting.invite(trial=participant.trial, email=participant.user.email, actor=None)


def be_read(participant: Participant) -> None:
    reader = make_user("ann.ladle@example.com")
    kind = reading.Kind.TASK_LOGS
    reading.note(trial=participant.trial, kind=kind, reader=reader, role=Role.ANALYST)


def log_and_correct(participant: Participant) -> None:
    log = log_once(participant)
    said = replace(recording.said(log), minutes=12.0)
    recording.change(task_log=log, log=said, actor=participant.user)


def erase(page: Page) -> None:
    page.get_by_label("Erase").check()
    press("Leave the trial")(page)


def choose_no_hours(page: Page) -> None:
    page.get_by_label("No later than").select_option("7am")
    press("Save")(page)


def join_another_trial(participant: Participant) -> None:
    assert participant.user
    make_participant(make_trial("kettle", simulated=True), participant.user)


def lead_too(participant: Participant) -> None:
    assert participant.user
    Membership.objects.create(user=participant.user, trial=participant.trial, role=Role.LEAD)


def leave(participant: Participant) -> None:
    Membership.objects.all().delete()


def fail(template: str) -> Callable[[Page], None]:
    """Show the page of a failure that no test can bring about in a browser."""
    return lambda page: page.set_content(render_to_string(template))


PAGES = (
    # Signing in, and for everybody
    Seen("/", "How much time does AI save?", signed_in=False),
    Seen("/account/login/code/", "Sign in", signed_in=False),
    Seen(
        "/account/login/code/",
        "Sign in",
        then=press("Email me a code"),
        error=True,
        signed_in=False,
    ),
    Seen("/account/login/code/", "Check your email", then=ask_for_a_code, signed_in=False),
    Seen(
        "/account/login/code/",
        "Check your email",
        then=send_a_wrong_code,
        error=True,
        signed_in=False,
    ),
    Seen("/demo/codes/", "Sign-in codes of the demo", signed_in=False),
    Seen("/account/signup/", "You need an invitation", signed_in=False),
    Seen("/account/inactive/", "Your account is closed", signed_in=False),
    Seen("/account/logout/", "Sign out"),
    Seen("/accessibility/", "Accessibility statement"),
    Seen("/privacy/", "Cookies and privacy"),
    Seen("/no-such-page/", "Page not found"),
    Seen("/log/", "You cannot see this page", before=leave),
    Seen("/", "Nothing to do yet", before=leave),
    Seen("/", "What do you want to do?", before=lead_too),
    Seen("/log/", "Which trial is this for?", before=join_another_trial),
    Seen("/privacy/", "Sorry, that did not work", then=fail("400.html")),
    Seen("/privacy/", "The page was open for too long", then=fail("403_csrf.html")),
    Seen("/privacy/", "Too many requests", then=fail("429.html")),
    Seen("/privacy/", "Sorry, there is a problem", then=fail("500.html")),
    Seen("/privacy/", "Sorry, the service is not available", then=fail("503.html")),
    # Logging a task
    Seen("/log/", "Log a task"),
    Seen("/log/", "Log a task", then=press("Log task"), error=True),
    Seen("/log/{log}/stored/", "Task logged", before=log_once),
    # The timer
    Seen("/log/timer/", "Time a task"),
    Seen("/log/timer/", "The timer is running", before=time_for(minutes=12)),
    Seen("/log/timer/", "The timer is paused", before=pause),
    Seen("/log/timer/", "Did you forget to stop the timer?", before=time_for(hours=30)),
    Seen(
        "/log/timer/",
        "Did you forget to stop the timer?",
        before=time_for(hours=30),
        then=press("Continue"),
        error=True,
    ),
    Seen("/log/timer/finish/", "Log the task that you timed", before=pause),
    Seen(
        "/log/timer/finish/",
        "Log the task that you timed",
        before=pause,
        then=press("Log task"),
        error=True,
    ),
    # Where chance decides for each task
    Seen("/log/announce/", "Announce a task", before=flip_coins),
    Seen(
        "/log/announce/",
        "Announce a task",
        before=flip_coins,
        then=press("Let chance decide"),
        error=True,
    ),
    Seen("/log/timer/", "The timer is running", before=announce),
    Seen("/log/announced/{log}/", "Log the task that you announced", before=announce_and_leave),
    Seen(
        "/log/announced/{log}/",
        "Log the task that you announced",
        before=announce_and_leave,
        then=press("Log task"),
        error=True,
    ),
    # Joining
    Seen("/join/{invitation}/", "You are invited to a trial", before=invite, signed_in=False),
    Seen("/join/{invitation}/", "Do you want to take part?", before=invite),
    Seen("/join/none/", "This invitation does not work"),
    Seen("/notice/", "Privacy notice of the trial", before=publish),
    Seen("/baseline/", "A few questions to begin with"),
    Seen("/baseline/", "A few questions to begin with", then=press("Send answers"), error=True),
    # Own data, reminders and account
    Seen("/my-data/", "My data", before=be_read),
    Seen("/my-data/withdraw/", "Leave the trial"),
    Seen("/my-data/withdraw/", "Leave the trial", then=press("Leave the trial"), error=True),
    Seen("/my-data/withdraw/", "Your data are erased", then=erase),
    Seen("/reminders/", "Reminders"),
    Seen("/reminders/", "Reminders", then=choose_no_hours, error=True),
    Seen("/reminders/stop/{stop}/", "Stop reminders?", signed_in=False),
    Seen("/reminders/stop/none/", "This link does not work", signed_in=False),
    Seen("/account/", "Your account"),
    Seen("/account/devices/", "Where you are signed in"),
    # Own logs and times
    Seen("/my-logs/", "My logs"),
    Seen("/my-logs/?page=2", "My logs (page 2 of 2)", before=log_often),
    Seen("/my-logs/{log}/correct/", "Correct a task", before=log_once),
    Seen(
        "/my-logs/{log}/correct/",
        "Correct a task",
        before=log_once,
        then=save_without_minutes,
        error=True,
    ),
    Seen("/my-logs/{log}/history/", "History of a task", before=log_and_correct),
    Seen("/my-logs/{log}/void/", "Take a task out of the results", before=log_once),
    Seen(
        "/my-logs/{log}/void/",
        "Take a task out of the results",
        before=log_once,
        then=press("Take it out"),
        error=True,
    ),
    Seen("/my-time/", "My time with and without AI"),
    Seen("/my-time/", "My time with and without AI", before=answer_survey),
    Seen("/my-time/", "My time with and without AI", before=answer_and_log_often),
    # The survey
    Seen("/survey/", "Weekly survey"),
    Seen("/survey/", "Weekly survey", then=write_too_much, error=True),
    Seen("/survey/", "You have answered this week", before=answer_survey),
    Seen("/survey/", "There is no survey today", before=end),
)
