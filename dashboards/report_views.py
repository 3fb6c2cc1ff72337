"""Reports for everybody. No sign-in: what stands here was approved by two people."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from dashboards.report_page import sent, shown
from measurement import publishing
from measurement.models import Publication
from measurement.pages.staff_door import before_the_staff_door

# Of a report that was withdrawn no copy is to be shown: so caches keep none of these pages.


@before_the_staff_door
@require_safe
@never_cache
def reports(request: HttpRequest) -> HttpResponse:
    """List the newest report of every trial."""
    return render(request, "dashboards/reports.html", {"reports": publishing.public()})


@before_the_staff_door
@require_safe
@never_cache
def report(request: HttpRequest, slug: str, number: int | None = None) -> HttpResponse:
    """Show the trial's report of that number, else its newest; of a withdrawn one only why."""
    approved = publishing.approved(slug)
    found = _chosen(approved, number)
    context = {
        "publication": found,
        "newest": approved[0],
        "others": [other for other in approved if other != found],
        "simulated": found.trial.simulated,
    }
    if found.ended_at is None:
        context |= shown(found, _address(found)).context()
    return render(request, "dashboards/public_report.html", context)


@before_the_staff_door
@require_safe
@never_cache
def file(request: HttpRequest, slug: str, number: int, name: str) -> HttpResponse:
    """Send a file of a report that is public."""
    found = _chosen(publishing.approved(slug), number)
    if found.ended_at is not None:
        raise Http404("The report was withdrawn")
    return sent(found, name)


def _chosen(approved: list[Publication], number: int | None) -> Publication:
    for publication in approved:
        if number is None or publication.number == number:
            return publication
    raise Http404("No such report")


def _address(publication: Publication) -> str:
    return reverse("report_numbered", args=[publication.trial.slug, publication.number])
