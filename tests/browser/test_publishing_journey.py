"""Two leads publish a report, and everybody reads it: a real browser and a real worker."""

import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect
from pypdf import PdfReader

from measurement import planning
from measurement.models import Role, Trial
from tests.browser.visitor import Visitor
from tests.dashboards.conftest import load_trial
from tests.people import make_user
from tests.workers import Worker

pytestmark = pytest.mark.django_db(transaction=True)
Visit = Callable[..., Visitor]


@pytest.fixture
def trial(transactional_db: None) -> Trial:
    """Have an analysed trial."""
    return load_trial()


def wait_for_files(visitor: Visitor, worker: Worker) -> None:
    """Wait until the preview says that its files are made: by itself, where it has scripts."""

    def are_made() -> bool:
        if not visitor.javascript:
            visitor.page.reload()
        said = visitor.page.locator("#files").get_by_role("status").inner_text()
        return said == "The files of the report are made."

    worker.work_until(are_made, "the files of the report")


def downloaded(visitor: Visitor, link: str) -> bytes:
    with visitor.page.expect_download() as waiting:
        visitor.page.get_by_role("link", name=re.compile(link)).first.click()
    return Path(waiting.value.path()).read_bytes()


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "plain"])
@pytest.mark.parametrize("width", [1280, 375])
def test_from_results_to_a_public_report_and_back(
    visit: Visit, trial: Trial, worker: Worker, width: int, javascript: bool
) -> None:
    pat, kim = (make_user(f"{name}@example.com", (Role.LEAD, trial)) for name in ("pat", "kim"))
    planning.lock(trial=trial, by=pat)
    asking = visit(width=width, javascript=javascript, user=pat)
    asking.go(f"/trials/{trial.slug}/")
    asking.follow("Publish", exact=True)
    asking.look("Publish results")
    asking.press("Ask for a report")
    asking.look("Report 1: waits for approval")
    wait_for_files(asking, worker)
    expect(asking.page.get_by_role("button", name="Approve and publish")).to_have_count(0)

    approving = visit(width=width, javascript=javascript, user=kim)
    approving.go(f"/trials/{trial.slug}/publish/")
    approving.follow("Read report 1 and decide")
    if javascript:
        expect(approving.page.locator("[data-figure] svg.main-svg").first).to_be_visible()
    approving.look("Report 1: waits for approval")
    approving.press("Approve and publish")
    approving.look("Report 1: waits for approval", error=True)
    approving.page.get_by_label("I have read this report").check()
    approving.press("Approve and publish")
    approving.look("Publish results")

    reader = visit(width=width, javascript=javascript)
    reader.go("/")
    reader.follow("Published reports")
    reader.look("Published reports")
    reader.follow(trial.title)
    if javascript:
        expect(reader.page.locator("[data-figure] svg.main-svg").first).to_be_visible()
    reader.look(re.escape(trial.title))
    pdf = PdfReader(io.BytesIO(downloaded(reader, r"the whole report \(PDF")))
    assert trial.title in pdf.pages[0].extract_text()
    assert downloaded(reader, r"the whole report \(ODS").startswith(b"PK")
    assert downloaded(reader, r"departments \(SVG").startswith(b"<svg")
    assert downloaded(reader, r"departments \(PNG").startswith(b"\x89PNG")
    assert "Secret Teapot Unit" in downloaded(reader, r"departments \(CSV").decode()

    approving.follow("Withdraw report 1")
    approving.look("Withdraw report 1")
    approving.press("Withdraw the report")
    approving.look("Withdraw report 1", error=True)
    approving.page.get_by_label("Why is it withdrawn?").fill("The kettles were cold.")
    approving.press("Withdraw the report")
    approving.look("Publish results")
    reader.page.reload()
    reader.look(re.escape(trial.title))
    expect(reader.page.get_by_text("The kettles were cold.")).to_be_visible()
