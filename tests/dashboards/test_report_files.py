"""The files of a report as a worker makes them, with a Chromium and without."""

import html
import io
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from django.test import Client
from odfdo import Document
from playwright.sync_api import sync_playwright
from pypdf import PdfReader

from dashboards import chromium, report_files, tasks
from measurement import planning, publishing
from measurement.jobs import Stopped
from measurement.models import Job, Publication, ReportFile
from tests.dashboards.conftest import SMALL_GROUP, Led

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(led: Led) -> Publication:
    """Have a report that was asked for."""
    planning.lock(trial=led.trial, by=led.lead)
    return publishing.ask(trial=led.trial, by=led.lead)


def files() -> dict[str, bytes]:
    return {file.name: bytes(file.content) for file in ReportFile.objects.all()}


def _has_chromium() -> bool:
    with sync_playwright() as playwright:
        return chromium.find_chromium(playwright) is not None


@pytest.fixture
def has_chromium() -> None:
    """Have a Chromium, or skip. In a thread: that of browser tests runs a browser already."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        if not thread.submit(_has_chromium).result():
            pytest.skip("NO CHROMIUM WAS FOUND: nothing was tested in a browser")


def test_a_worker_makes_all_files(asked: Publication, has_chromium: None) -> None:
    tasks.make_reports()
    job = Job.objects.get()
    assert (job.state, job.message) == (Job.State.DONE, "The files of the report are made.")
    made = files()
    for name in ("departments", "professions", "grades", "task-types", "over-time"):
        assert {f"{name}.svg", f"{name}.png", f"{name}.csv"} <= made.keys(), name
    assert {"report.pdf", "report.ods", "all-results.csv"} <= made.keys()
    assert made["report.ods"].startswith(b"PK")
    pdf = PdfReader(io.BytesIO(made["report.pdf"]))
    root: Any = pdf.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en"
    words = " ".join(" ".join(page.extract_text() for page in pdf.pages).split())
    assert pdf.metadata is not None
    assert pdf.metadata.title == f"{asked.trial.title}: report 1"
    for sentence in (
        "Simulated data",
        "What these figures cannot say",
        "How it was found out",
        "Checks of the trial",
        "after the trial had ended",
    ):
        assert sentence in words
    assert asked.document["plan_sha256"] in words.replace(" ", "")
    assert f"{SMALL_GROUP} [c]" in words


def numbers_in(text: str) -> set[float]:
    found = re.findall(r"\d[\d,]*(?:\.\d+)?", text)
    return {float(number.replace(",", "")) for number in found}


def words_of_sheets(content: bytes) -> str:
    """Return all texts and numbers of a spreadsheet."""
    sheets = Document(io.BytesIO(content)).body.tables
    cells = [value for sheet in sheets for row in sheet.get_values() for value in row]
    return " ".join(
        f"{cell:,.15g}" if isinstance(cell, float | int) else f"{cell}" for cell in cells
    )


def test_no_file_tells_a_number_that_the_page_does_not(
    asked: Publication, has_chromium: None, led: Led
) -> None:
    """What the page publishes is attacked elsewhere: PDF, ODS and pictures give away no more."""
    tasks.make_reports()
    made = files()
    client = Client()
    client.force_login(led.lead)
    page = client.get(f"/trials/{led.trial.slug}/publish/1/").content.decode()
    known = numbers_in(html.unescape(re.sub(r"<(?!script)[^>]+>", " ", page)))
    of_axes: set[float] = set()
    for name in made:
        if name.endswith(".svg"):
            texts = ElementTree.fromstring(made[name]).iter("{http://www.w3.org/2000/svg}text")
            of_axes |= numbers_in(" ".join(" ".join(text.itertext()) for text in texts))
    pdf = PdfReader(io.BytesIO(made["report.pdf"]))
    pages = [
        re.sub(rf"Page {number} of {len(pdf.pages)}", " ", page.extract_text())
        for number, page in enumerate(pdf.pages, start=1)
    ]
    assert numbers_in(" ".join(pages)) - known - of_axes == set()
    for name in made:
        if name.endswith(".ods"):
            assert numbers_in(words_of_sheets(made[name])) - known == set(), name


def test_without_a_chromium_tables_are_made_and_it_is_said(
    asked: Publication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    tasks.make_reports()
    job = Job.objects.get()
    assert job.state == Job.State.DONE
    assert "There are no pictures and no PDF, because no Chromium is installed" in job.message
    made = files()
    assert {"report.ods", "departments.csv"} <= made.keys()
    assert {name.rpartition(".")[2] for name in made} == {"csv", "ods"}


def test_the_making_can_be_stopped(asked: Publication, has_chromium: None) -> None:
    told: list[tuple[int, int]] = []

    def stop_at_the_second(done: int, total: int) -> None:
        told.append((done, total))
        if done:
            raise Stopped

    with pytest.raises(Stopped):
        report_files.make(Job.objects.get(), stop_at_the_second)
    assert [done for done, _ in told] == [0, 1]
    assert told[0][1] > len(told)
    assert not files()


def test_files_of_a_report_that_was_decided_about_are_not_kept(
    asked: Publication, led: Led
) -> None:
    publishing.refuse(publication=asked, by=led.lead, reason="A kettle is missing.")
    tasks.make_reports()
    job = Job.objects.get()
    assert (job.state, job.message) == (
        Job.State.FAILED,
        "Somebody has decided about this report meanwhile.",
    )
    assert not files()


def test_a_trial_without_a_picture_has_a_pdf_all_the_same(
    asked: Publication, has_chromium: None
) -> None:
    asked.document["estimates"] = []
    asked.save()
    tasks.make_reports()
    made = files()
    assert "report.pdf" in made
    assert not [name for name in made if name.endswith(".svg")]
