"""The files of a report, which a worker makes: PDF, spreadsheet, pictures, tables."""

from base64 import b64encode
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string

from dashboards import chromium, queries
from dashboards.chromium import NoChromium, Picture
from dashboards.downloads import content_type
from dashboards.pages import VERDICTS
from dashboards.report import Report
from dashboards.section import Section
from dashboards.workbooks import report_workbook, section_workbook
from measurement import publishing
from measurement.jobs import Refused
from measurement.jobs import Report as Progress
from measurement.models import Job, Publication

PDF: Final = "report.pdf"
ODS: Final = "report.ods"
STYLES: Final = ("build/govuk.css", "dashboards/dashboards.css", "dashboards/paper.css")
MADE: Final = "The files of the report are made."
WITHOUT_CHROMIUM: Final = (
    "The tables and the spreadsheet of the report are made. There are no pictures and no PDF, "
    "because no Chromium is installed where this site's workers run."
)


def make(job: Job, progress: Progress) -> str:
    """Make the files of the job's report and keep them. Raises Refused once it was decided."""
    publication = Publication.objects.get(pk=job.given["publication"])
    report = queries.report(publication)
    files, message = _tables(report), MADE
    # In a thread of its own: Playwright leaves an event loop in the one in which it ran.
    with ThreadPoolExecutor(max_workers=1) as thread:
        try:
            files |= thread.submit(_printed, report, progress).result()
        except NoChromium:
            message = WITHOUT_CHROMIUM
    typed = [(name, content_type(name), files[name]) for name in sorted(files)]
    try:
        publishing.keep_files(publication, typed)
    except publishing.Refused as refusal:
        raise Refused(f"{refusal}.") from refusal
    return message


def _tables(report: Report) -> dict[str, bytes]:
    tables = {f"{name}.csv": file.content for name, file in report.page.files.items()}
    tables |= {
        f"{section.slug}.ods": section_workbook(report.page, section).content
        for section in report.page.sections
    }
    texts = (("Limits", report.limits), ("Method", report.method))
    return tables | {ODS: report_workbook(report.page, texts).content}


def _printed(report: Report, progress: Progress) -> dict[str, bytes]:
    """Return the pictures and the PDF. Raises NoChromium."""
    drawn = [section for section in report.page.sections if section.figure]
    steps = len(drawn) + 1
    pictures: dict[str, Picture] = {}
    with chromium.printer() as printer:
        for done, section in enumerate(drawn):
            progress(done, steps)
            pictures[section.slug] = _picture(printer, section)
        progress(len(drawn), steps)
        made = {PDF: printer.pdf(paper(report, pictures))}
    for slug, picture in pictures.items():
        made |= {f"{slug}.svg": picture.svg, f"{slug}.png": picture.png}
    return made


def _picture(printer: chromium.Printer, section: Section) -> Picture:
    assert section.figure is not None  # noqa: S101 - only sections with one are drawn
    return printer.picture(section.figure)


def paper(report: Report, pictures: Mapping[str, Picture]) -> str:
    """Return the report as one HTML page, whole in itself, with its pictures by section."""
    return render_to_string(
        "dashboards/report_paper.html",
        {
            "report": report,
            "verdicts": VERDICTS,
            "pictures": {
                slug: f"data:image/svg+xml;base64,{b64encode(picture.svg).decode()}"
                for slug, picture in pictures.items()
            },
            "styles": [_style(name) for name in STYLES],
        },
    )


def _style(name: str) -> str:
    found = finders.find(name)
    if found is None:
        raise RuntimeError(f"{name} is missing: run `make install`")
    return Path(found).read_text(encoding="utf-8")
