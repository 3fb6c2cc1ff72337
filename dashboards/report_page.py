"""What the pages of a report need, those for everybody and the preview, and the files they send."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models.functions import Length
from django.http import Http404, HttpResponse

from dashboards import queries
from dashboards.pages import VERDICTS
from dashboards.report import Report
from dashboards.report_links import FileLink, StoredFile, file_links
from dashboards.style import CONFIG
from measurement.models import Publication, ReportFile


@dataclass(frozen=True)
class ReportPage:
    """A report with the links to its files, by the slug of their section.

    `has_pdf`: a PDF is among them, so none is missing for want of a Chromium.
    """

    report: Report
    links: Mapping[str, list[FileLink]]
    has_pdf: bool

    def context(self) -> dict[str, object]:
        """Return what templates need to show it."""
        return {
            "report": self.report,
            "links": self.links,
            "config": CONFIG,
            "verdicts": VERDICTS,
        }


def shown(publication: Publication, address: str) -> ReportPage:
    """Return the page of a report whose files are below `address`."""
    report = queries.report(publication)
    stored = ReportFile.objects.filter(publication=publication).order_by("name")
    files = [StoredFile(*file) for file in stored.values_list("name", Length("content"))]
    return ReportPage(
        report=report,
        links=file_links(files, report.page.sections, lambda name: f"{address}{name}"),
        has_pdf=any(file.kind == "pdf" for file in files),
    )


def sent(publication: Publication, name: str) -> HttpResponse:
    """Return a file of a report. Raises Http404."""
    stored = ReportFile.objects.filter(publication=publication, name=name).first()
    if stored is None:
        raise Http404("No such file")
    saved_as = f"{publication.trial.slug}-report-{publication.number}-{stored.name}"
    return HttpResponse(
        bytes(stored.content),
        content_type=stored.content_type,
        headers={"Content-Disposition": f'attachment; filename="{saved_as}"'},
    )
