"""The lead's pages."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from dashboards import queries, workbooks
from dashboards.assumptions_form import AssumptionsForm
from dashboards.downloads import Download, content_type
from dashboards.moved_assumptions import moved
from dashboards.pages import ALL_RESULTS, VERDICTS, Page, page
from dashboards.style import CONFIG
from measurement.access import LEADS, SignedInRequest, trial_for
from measurement.models import Trial


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
    shown = _shown(trial)
    context = {
        "trial": trial,
        "freshness": queries.freshness(trial, timezone.now()),
        "page": shown,
        **(_moved(shown, request.GET) if shown else {}),
        "config": CONFIG,
        "verdicts": VERDICTS,
        "everything": ALL_RESULTS,
        "workbooks": _workbooks(shown) if shown else {},
        "all_tables": workbooks.ALL_TABLES,
    }
    return render(request, "dashboards/dashboard.html", context)


def _workbooks(shown: Page) -> dict[str, Download]:
    return {name: make() for name, make in workbooks.by_name(shown).items()}


def _moved(shown: Page, sent: QueryDict) -> dict[str, Any]:
    """Return the form of the assumptions and what they give; nothing without minutes."""
    if shown.planned is None:
        return {}
    form = AssumptionsForm(shown.planned, sent)
    return {"form": form, "moved": moved(shown.results, shown.planned, form.assumed())}


@require_safe
@login_required
@never_cache
def download(request: SignedInRequest, slug: str, name: str) -> HttpResponse:
    """Send the published rows of one section as CSV."""
    shown = _shown(trial_for(request.user, slug, LEADS))
    files = {**shown.files, **shown.running_files} if shown else {}
    return _sent(files.get(name))


@require_safe
@login_required
@never_cache
def workbook(request: SignedInRequest, slug: str, name: str) -> HttpResponse:
    """Send the table of one section as a spreadsheet, or those of all."""
    shown = _shown(trial_for(request.user, slug, LEADS))
    makers = {**workbooks.by_name(shown), **workbooks.running_by_name(shown)} if shown else {}
    return _sent(makers[name]() if name in makers else None)


def _shown(trial: Trial) -> Page | None:
    found = queries.published_results(trial)
    return page(found, today=timezone.localdate()) if found else None


def _sent(file: Download | None) -> HttpResponse:
    if file is None:
        raise Http404("No such download")
    return HttpResponse(
        file.content,
        content_type=content_type(file.name),
        headers={"Content-Disposition": f'attachment; filename="{file.name}"'},
    )
