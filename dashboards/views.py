"""The lead's pages."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from dashboards import queries
from dashboards.pages import ALL_RESULTS, VERDICTS, page
from dashboards.style import CONFIG
from measurement.access import LEADS, SignedInRequest, trial_for


@require_safe
@login_required
@never_cache
def trials(request: SignedInRequest) -> HttpResponse:
    """List the trials that somebody leads, and offer to start one to those who may."""
    lines = queries.trial_lines(request.user, timezone.localdate())
    context = {"lines": lines, "may_start": request.user.may_start_trials}
    return render(request, "dashboards/trials.html", context)


@require_safe
@login_required
@never_cache
def dashboard(request: SignedInRequest, slug: str) -> HttpResponse:
    """Show what a trial has found, as far as it may be published."""
    trial = trial_for(request.user, slug, LEADS)
    found = queries.published_results(trial)
    context = {
        "trial": trial,
        "freshness": queries.freshness(trial, found.as_of if found else None, timezone.now()),
        "page": found and page(found, today=timezone.localdate()),
        "config": CONFIG,
        "verdicts": VERDICTS,
        "everything": ALL_RESULTS,
    }
    return render(request, "dashboards/dashboard.html", context)


@require_safe
@login_required
@never_cache
def download(request: SignedInRequest, slug: str, name: str) -> HttpResponse:
    """Send the published rows of one section as CSV."""
    trial = trial_for(request.user, slug, LEADS)
    found = queries.published_results(trial)
    file = found and page(found, today=timezone.localdate()).files.get(name)
    if not file:
        raise Http404("No such download")
    return HttpResponse(
        file.content,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{file.name}"'},
    )
