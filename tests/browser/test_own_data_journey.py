"""A participant looks at what is kept, takes it away and leaves, in a real browser."""

import json
import zipfile

import pytest
from playwright.sync_api import expect

from measurement import reading, recording
from measurement.models import Participant, Role, TaskLog, User
from tests.browser.test_participant_journey import Visit
from tests.browser.visitor import PARTICIPANT_PAGE_BYTES, Visitor
from tests.people import make_log, make_participant, make_trial, make_user

pytestmark = pytest.mark.django_db(transaction=True)
WAYS = pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "plain"])
WIDTHS = pytest.mark.parametrize("width", [1280, 375])


@pytest.fixture
def pat() -> User:
    """Somebody invented who has logged and corrected, and whose records somebody has read."""
    user = make_user("pat.percolator.of.the.second.floor@example.com")
    trial = make_trial(simulated=True)
    person = make_participant(trial, user)
    log = make_log(person, "k", minutes=20.0)
    make_log(person, "other")
    recording.change(
        task_log=log,
        log=recording.NewTaskLog(key="k", minutes=25.0, ai_used=True, date=log.date),
        actor=user,
    )
    recording.void(task_log=log, reason="Logged it twice", actor=user)
    ann = make_user("ann.ladle.of.the.analysis.division@example.com", (Role.ANALYST, trial))
    for kind in (reading.Kind.TASK_LOGS, reading.Kind.TASK_LOGS, reading.Kind.BUNDLE):
        reading.note(trial=trial, kind=kind, reader=ann, role=Role.ANALYST)
    reading.note(trial=trial, kind=reading.Kind.EXPORT, reader=None, role=None)
    return user


def to_my_data(visitor: Visitor) -> None:
    visitor.go("/")
    visitor.look("Log a task")
    visitor.page.get_by_role("navigation", name="Service navigation").get_by_role(
        "link", name="My data"
    ).click()
    visitor.look("^My data$")


@WAYS
@WIDTHS
def test_seen_taken_away_and_left(visit: Visit, pat: User, width: int, javascript: bool) -> None:
    visitor = visit(width=width, javascript=javascript, user=pat)
    page = visitor.page
    to_my_data(visitor)
    expect(page.get_by_text("ann.ladle.of.the.analysis.division@example.com").first).to_be_visible()
    with page.expect_download() as downloading:
        visitor.press("Download everything")
    assert downloading.value.suggested_filename == "my-data.zip"
    with zipfile.ZipFile(downloading.value.path()) as archive:
        assert json.loads(archive.read("account.json"))["email"] == pat.email
        assert archive.read("teapot/task_logs.csv").count(b"\r\n") == 3
    visitor.look("^My data$")

    visitor.follow("Leave the trial")
    visitor.look("Leave the trial")
    visitor.press("Leave the trial")
    visitor.look("Leave the trial", error=True)
    page.get_by_role("alert").get_by_role("link").click()
    expect(page.get_by_label("Keep them in the trial")).to_be_focused()
    page.get_by_text("What erasing leaves").click()
    visitor.look("Leave the trial", error=True)
    page.get_by_label("Keep them in the trial").check()
    visitor.press("Leave the trial")
    visitor.look("You have left the trial")
    assert TaskLog.objects.count() == 2

    visitor.go("/")
    visitor.look("^My data$")
    visitor.follow("Have everything erased")
    visitor.look("Have everything erased")
    visitor.press("Erase everything")
    visitor.look("Your data are erased")
    assert not Participant.objects.exists()
    visitor.follow("See what is kept about me")
    visitor.look("^My data$")
    expect(page.get_by_text("You take part in no trial")).to_be_visible()


@WAYS
@WIDTHS
def test_erased_at_once(visit: Visit, pat: User, width: int, javascript: bool) -> None:
    visitor = visit(width=width, javascript=javascript, user=pat)
    visitor.go("/my-data/")
    visitor.look("^My data$")
    assert visitor.weigh() < PARTICIPANT_PAGE_BYTES
    visitor.follow("Leave the trial")
    visitor.look("Leave the trial")
    visitor.page.get_by_label("Erase everything").check()
    visitor.press("Leave the trial")
    visitor.look("Your data are erased")
    assert not Participant.objects.exists()
    visitor.go("/log/")
    visitor.look("You cannot see this page")


@WAYS
@WIDTHS
def test_the_history_of_a_log(visit: Visit, pat: User, width: int, javascript: bool) -> None:
    visitor = visit(width=width, javascript=javascript, user=pat)
    visitor.go("/my-logs/")
    visitor.look("My logs")
    history = visitor.page.get_by_role("link", name="History")
    expect(history).to_have_count(1)
    history.click()
    visitor.look("History of a task")
    headings = visitor.page.get_by_role("main").get_by_role("heading", level=2)
    expect(headings).to_have_text(["Taken out of the results", "Corrected", "Logged"])
    expect(visitor.page.get_by_text("Reason: Logged it twice")).to_be_visible()
    visitor.page.get_by_role("link", name="My logs").first.click()
    visitor.look("My logs")
