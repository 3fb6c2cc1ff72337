"""From a lead's file of people to their invitations, and from a bundle to a trial's results."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, expect

from measurement import starting
from measurement.estimation.bundle import write_bundle
from measurement.estimation.simulate import simulate
from measurement.models import Invitation, Trial, User
from tests.browser.visitor import Visitor
from tests.gates import closed_gate
from tests.measurement.people.files import csv_of, xlsx_of
from tests.measurement.people.inviting_trial import make_inviting_trial, make_lead
from tests.workers import Worker

pytestmark = pytest.mark.django_db(transaction=True)
Visit = Callable[..., Visitor]
PEOPLE = [f"p{number}.pot@example.com" for number in range(150)]


@pytest.fixture
def outbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have a folder into which the worker sends emails."""
    folder = tmp_path / "outbox"
    # The first slash of the path ends the host.
    monkeypatch.setenv("EMAIL_URL", f"filemail:///{folder}")
    return folder


@pytest.fixture
def worker(outbox: Path, worker: Worker) -> Worker:
    """Have a worker at work that sends emails into the folder."""
    return worker


@pytest.fixture
def trial(transactional_db: None) -> Trial:
    """Have a trial that may invite people."""
    return make_inviting_trial()


@pytest.fixture
def kim(trial: Trial) -> User:
    """Have its lead, who has locked the plan."""
    return make_lead(trial)


def choose(visitor: Visitor, label: str, content: bytes) -> None:
    file: FilePayload = {"name": "x", "mimeType": "application/octet-stream", "buffer": content}
    visitor.page.get_by_label(label).set_input_files(file)


def wait_for_the_end(visitor: Visitor, worker: Worker, state: str) -> None:
    """Wait until the page of the work says that it has ended: by itself, where it has scripts."""

    def has_ended() -> bool:
        if not visitor.javascript:
            visitor.page.reload()
        return visitor.page.get_by_role("status").inner_text().startswith(state)

    worker.work_until(has_ended, state)


def go_on(visitor: Visitor) -> None:
    visitor.follow("Go on", exact=True)


def emailed(outbox: Path) -> list[str]:
    """Return whom the worker has emailed."""
    texts = [file.read_text() for file in outbox.glob("*")] if outbox.exists() else []
    return sorted(address for text in texts for address in re.findall(r"^To: (.+)$", text, re.M))


def see_it_move(visitor: Visitor, worker: Worker) -> None:
    """Look at the page of the work while it stands in the middle."""
    with closed_gate(Invitation) as gate:
        worker.work_until(gate._somebody_waits, "the invitations are being stored")
        bar = visitor.page.get_by_role("progressbar", name="Inviting people")
        if not visitor.javascript:
            worker.work_until(lambda: bool(visitor.page.reload()) and bar.count() > 0, "a bar")
        expect(bar).to_have_attribute("value", "100")
        expect(bar).to_have_attribute("max", "302")
        visitor.look("Inviting people")


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "plain"])
@pytest.mark.parametrize("width", [1280, 375])
def test_from_a_file_with_faults_to_the_emails(
    visit: Visit, kim: User, worker: Worker, outbox: Path, width: int, javascript: bool
) -> None:
    visitor = visit(width=width, javascript=javascript, user=kim)
    page = visitor.page
    visitor.go("/trials/teapot/")
    visitor.follow("People", exact=True)
    visitor.look("^People$")
    visitor.press("Upload and check")
    visitor.look("^People$", error=True)
    page.get_by_role("alert").get_by_role("link").click()
    expect(page.get_by_label("File of people to invite")).to_be_focused()

    choose(visitor, "File of people", csv_of([["email", "department"], ["p0.pot", "Tresury"]]))
    visitor.press("Upload and check")
    visitor.look("Checking the file")
    wait_for_the_end(visitor, worker, "Finished")
    visitor.look("Checking the file")
    go_on(visitor)
    visitor.look("The file has faults")
    expect(page.get_by_role("cell", name='did you mean "Treasury"?')).to_be_visible()
    visitor.press("Upload another file")

    people = [["email", "department"], *([email, "Treasury"] for email in PEOPLE)]
    choose(visitor, "File of people", xlsx_of(people))
    visitor.press("Upload and check")
    wait_for_the_end(visitor, worker, "Finished")
    go_on(visitor)
    visitor.look("The file has no faults")
    assert emailed(outbox) == []
    visitor.press("Invite 150 people")
    see_it_move(visitor, worker)
    wait_for_the_end(visitor, worker, "Finished")
    go_on(visitor)
    visitor.look("^People$")
    expect(page.get_by_text("About 150", exact=True).first).to_be_visible()
    worker.work_until(lambda: len(emailed(outbox)) == len(PEOPLE), "all emails")
    assert emailed(outbox) == sorted(PEOPLE)


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "plain"])
@pytest.mark.parametrize("width", [1280, 375])
def test_from_a_bundle_to_results(
    visit: Visit, worker: Worker, tmp_path: Path, width: int, javascript: bool
) -> None:
    bundle = simulate(participants=40, logs_per_participant=6, design="parallel", seed=1).bundle
    write_bundle(bundle, tmp_path / "bundle.zip")
    kim = starting.allow(email="kim.kettle@example.com", actor=None)
    visitor = visit(width=width, javascript=javascript, user=kim)
    page = visitor.page
    visitor.go("/trials/")
    visitor.follow("Load a whole trial from a file")
    visitor.look("Load a trial")
    choose(visitor, "Bundle of the trial", b"tea")
    visitor.press("Upload and load")
    wait_for_the_end(visitor, worker, "Not done")
    visitor.look("Loading a trial")
    go_on(visitor)
    choose(visitor, "Bundle of the trial", (tmp_path / "bundle.zip").read_bytes())
    visitor.press("Upload and load")
    wait_for_the_end(visitor, worker, "Finished")
    go_on(visitor)
    visitor.look(re.escape(bundle.trial.title))
    visitor.follow("Compute the results now")
    visitor.look("Compute the results now")
    visitor.press("Compute now")
    wait_for_the_end(visitor, worker, "Finished")
    visitor.look("Computing the results")
    go_on(visitor)
    visitor.look(re.escape(bundle.trial.title))
    expect(page.get_by_text("Figures as of")).to_be_visible()
