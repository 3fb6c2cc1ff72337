"""From an empty site to a report that everybody reads, by clicking only; a worker does the work.

Two leads, real browsers, and people who join, log and answer as simulated ones do. The site's time
and the worker's run from three weeks before the trial until today.
"""

import datetime
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import FilePayload, expect
from pypdf import PdfReader

from measurement import starting
from measurement.estimation.calendar import today
from measurement.models import Participant, Trial
from tests.browser import simulated_people
from tests.browser.setting_up import Lead
from tests.browser.simulated_people import noon_of
from tests.browser.test_participant_journey import sign_in
from tests.browser.visitor import Visitor
from tests.measurement.people.files import csv_of
from tests.workers import Worker
from trialsite.celery import app

pytestmark = pytest.mark.django_db(transaction=True)
Visit = Callable[..., Visitor]
DEPARTMENTS = ("Ministry of Tea", "Office of Biscuits")
WEEKS = 8
PAT, KIM = "pat.ladle@example.com", "kim.kettle@example.com"


@pytest.fixture
def worker(
    transactional_db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broker: str
) -> Iterator[Worker]:
    """Have a worker, not started yet, which sends emails into a folder."""
    monkeypatch.setenv("EMAIL_URL", f"filemail:///{tmp_path / 'outbox'}")
    app.control.purge()
    worker = Worker(tmp_path / "worker.log")
    yield worker
    worker.stop()
    app.control.purge()


class Publishing:
    """The two leads and their worker."""

    def __init__(self, visit: Visit, worker: Worker, first_day: datetime.date) -> None:
        self.worker = worker
        self.first_day = first_day
        last_day = first_day + datetime.timedelta(weeks=WEEKS, days=-3)
        days = {
            "First day of the trial": first_day,
            "Last day of the trial": last_day,
            "Read-out day": last_day + datetime.timedelta(days=5),
        }
        self.pat, self.kim, self.reader = visit(), visit(width=375), visit()
        self.lead = Lead(self.pat, days)

    def set_up(self) -> None:
        """Set the trial up and lock its plan, long before its first day."""
        lead = self.lead
        sign_in(self.pat, PAT)
        lead.start()
        lead.set_dates()
        lead.choose_design("Yes", "No", "No", "No", "No")
        lead.save("Use this design")
        lead.open("How chance decides")
        lead.save()
        lead.open("How many people")
        lead.say("How much time do you hope AI saves", "12")
        self.pat.press("Work it out")
        lead.save("Use these numbers")
        lead.say_what_people_log()
        lead.say_how_results_come()
        lead.publish_notice()
        lead.lock()
        self.go_to("Team")
        lead.say("Email address", KIM)
        self.pat.page.get_by_role("radio", name="Lead: sets up").check()
        self.pat.press("Give the role")
        expect(self.pat.page.get_by_text(f"{KIM} has the role")).to_be_visible()

    def come_back(self) -> None:
        """Sign in again and go to the trial."""
        sign_in(self.pat, PAT)
        self.pat.follow("Tea and biscuits")

    def go_to(self, name: str) -> None:
        self.pat.page.get_by_role("navigation", name="Pages of this trial").get_by_role(
            "link", name=name, exact=True
        ).click()

    def wait_for(self, what: str) -> None:
        """Wait at the page of long work until it says that it has ended."""
        page = self.pat.page

        def has_ended() -> bool:
            return page.get_by_role("status").inner_text().startswith("Finished")

        self.worker.work_until(has_ended, what)
        self.pat.follow("Go on", exact=True)

    def invite(self, people: int) -> None:
        """Upload a list of people and invite them."""
        self.go_to("People")
        rows = [
            [f"p{number}.pot@example.com", DEPARTMENTS[number % 2], f"Team {number // 8}"]
            for number in range(people)
        ]
        content = csv_of([["email", "department", "team"], *rows])
        file: FilePayload = {"name": "people.csv", "mimeType": "text/csv", "buffer": content}
        self.pat.page.get_by_label("File of people to invite").set_input_files(file)
        self.pat.press("Upload and check")
        self.wait_for("the check of the file")
        self.pat.press(f"Invite {people:,} people")
        self.wait_for("the invitations")

    def randomise(self) -> None:
        """Have chance decide who works with AI, weeks after the last visit."""
        self.come_back()
        self.go_to("Randomise")
        self.pat.press("Propose a draw")
        self.pat.page.get_by_label("Assign everybody as drawn").check()
        self.pat.press("Confirm")
        expect(self.pat.page.get_by_text("Everybody in the draw is assigned")).to_be_visible()

    def run(self, trial: Trial) -> None:
        """Let everybody log a task a week, and some answer the survey."""
        for week in range(WEEKS):
            day = self.first_day + datetime.timedelta(weeks=week, days=week % 5)
            simulated_people.log_tasks(
                trial, day, task_type="Lesson planning", tool="Quillbot Nine"
            )
        friday = self.first_day + datetime.timedelta(weeks=2, days=4)
        simulated_people.answer_survey(trial, friday)

    def compute(self) -> None:
        """Have the results computed and look at them."""
        self.come_back()
        self.pat.follow("Compute the results now")
        self.pat.press("Compute now")
        self.wait_for("the results")
        self.pat.look("^Tea and biscuits$")

    def publish(self) -> None:
        """Ask for the report, and have the other lead read and approve it."""
        self.go_to("Publish")
        self.pat.press("Ask for a report")
        self.pat.look("Report 1: waits for approval")
        files = self.pat.page.locator("#files").get_by_role("status")

        def are_made() -> bool:
            return files.inner_text() == "The files of the report are made."

        self.worker.work_until(are_made, "the files of the report")
        sign_in(self.kim, KIM)
        self.kim.follow("Tea and biscuits")
        self.kim.follow("Publish", exact=True)
        self.kim.follow("Read report 1 and decide")
        self.kim.page.get_by_label("I have read this report").check()
        anyhow = self.kim.page.get_by_label("Publish it although a check of the trial failed")
        assert anyhow.count() == 0
        self.kim.press("Approve and publish")
        self.kim.look("Publish results")

    def read(self) -> tuple[str, str]:
        """Return the headline and the words of the PDF, as somebody without an account."""
        page = self.reader.page
        self.reader.go("/")
        self.reader.follow("Published reports")
        self.reader.follow("Tea and biscuits")
        expect(page.locator("[data-figure] svg.main-svg").first).to_be_visible()
        self.reader.look("^Tea and biscuits$")
        with page.expect_download() as waiting:
            self.reader.follow(re.compile(r"the whole report \(PDF"))
        pdf = PdfReader(io.BytesIO(Path(waiting.value.path()).read_bytes()))
        words = " ".join(" ".join(sheet.extract_text() for sheet in pdf.pages).split())
        return page.locator("#headline").inner_text(), words


@pytest.mark.parametrize(
    "people", [120, pytest.param(2_000, marks=pytest.mark.long)], ids=["short", "2000"]
)
def test_from_an_empty_site_to_a_published_report(
    visit: Visit, worker: Worker, people: int
) -> None:
    starting.allow(email=PAT, actor=None)  # `manage.py let_start_trials`, the only command
    first_day = today() - datetime.timedelta(weeks=WEEKS + 1, days=today().weekday())
    set_up_on = first_day - datetime.timedelta(weeks=3)
    way = Publishing(visit, worker, first_day)
    with noon_of(set_up_on):
        worker.start(lives_from=timezone.now())
        way.set_up()
        way.invite(people)
        trial = Trial.objects.get()
        worker.stop()
        simulated_people.join_all(trial)
    with noon_of(first_day - datetime.timedelta(days=3)):
        way.randomise()
    way.run(trial)
    worker.start()
    way.compute()
    way.publish()
    headline, pdf = way.read()
    assert Participant.objects.count() == people
    assert re.match(
        r"People given AI saved [\d.]+ minutes? per working day compared with", headline
    )
    assert headline.replace("\u2212", "-") in pdf.replace("\u2212", "-")
    assert "The plan was not locked" not in pdf
    assert "Simulated data" not in pdf  # to the site these are people
