"""The pages on which two people publish results: one asks, another approves."""

from collections.abc import Callable
from functools import partial
from typing import Final

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from dashboards import queries
from dashboards.publish_forms import ApproveForm, RefuseForm, WithdrawForm
from dashboards.report_page import sent, shown
from measurement import publishing, team
from measurement.access import SignedInRequest
from measurement.lead.lead_page import lead_page
from measurement.models import PlanLock, Publication, Trial
from measurement.publishing import Refused

MAKE: Final = "make"
APPROVE: Final = "approve"
REFUSE: Final = "refuse"
"""The buttons of the preview."""


@lead_page
def publish(request: SignedInRequest, trial: Trial) -> HttpResponse:
    """Show what was published and what waits; a POST asks for the newest results to be."""
    if request.method == "POST":
        try:
            asked = publishing.ask(trial=trial, by=request.user)
        except Refused as refusal:
            messages.warning(request, str(refusal))
            return redirect("publish", trial.slug)
        return redirect("preview", trial.slug, asked.number)
    every = publishing.every(trial)
    context = {
        "trial": trial,
        "here": "publish",
        "every": every,
        "waiting": next((one for one in every if one.waits), None),
        "as_of": queries.frozen_as_of(trial),
        "why_not": publishing.why_not(trial),
        "is_alone": not team.others_who_lead(trial, request.user),
        "is_locked": PlanLock.objects.filter(trial=trial).exists(),
    }
    return render(request, "dashboards/publish.html", context)


@lead_page
def preview(request: SignedInRequest, trial: Trial, number: int) -> HttpResponse:
    """Show a report that waits as everybody would see it; a POST decides about it."""
    if publishing.is_decided(trial, number):
        messages.warning(request, f"Report {number} has been decided meanwhile: see below")
        return redirect("publish", trial.slug)
    publication, by, posted = _waiting(trial, number), request.user, request.POST
    if MAKE in posted:
        return _make(request, publication)
    page = shown(publication, reverse("preview", args=[trial.slug, number]))
    approving = ApproveForm(posted if APPROVE in posted else None, alarms=page.report.page.alarms)
    refusing = RefuseForm(posted if REFUSE in posted else None)
    approve = partial(publishing.approve, publication=publication, by=by)
    if _is_done(request, approving, approve, f"Report {number} is public"):
        return redirect("publish", trial.slug)
    refuse = partial(publishing.refuse, publication=publication, by=by)
    if _is_done(request, refusing, refuse, f"Report {number} is not published"):
        return redirect("publish", trial.slug)
    sent_form = approving if approving.is_bound else refusing
    context = {
        "trial": trial,
        "here": "publish",
        "publication": publication,
        "own": publication.asked_by == by,
        "is_alone": not team.others_who_lead(trial, by),
        "job": publishing.files_job(publication),
        "is_complete": page.has_pdf,
        "approving": approving,
        "refusing": refusing,
        "form": sent_form,
        **page.context(),
    }
    return render(request, "dashboards/preview.html", context, status=_status(sent_form))


@lead_page
def preview_file(request: SignedInRequest, trial: Trial, number: int, name: str) -> HttpResponse:
    """Send a file of a report that waits."""
    return sent(_waiting(trial, number), name)


@lead_page
def withdraw(request: SignedInRequest, trial: Trial, number: int) -> HttpResponse:
    """Take a public report back for a reason."""
    public = (one for one in publishing.every(trial) if one.number == number and one.is_public)
    publication = next(public, None)
    if publication is None:
        raise Http404("No report of that number is public")
    form = WithdrawForm(request.POST if request.method == "POST" else None)
    act = partial(publishing.withdraw, publication=publication, by=request.user)
    if _is_done(request, form, act, f"Report {number} is withdrawn"):
        return redirect("publish", trial.slug)
    context = {"trial": trial, "here": "publish", "publication": publication, "form": form}
    return render(request, "dashboards/withdraw.html", context, status=_status(form))


def _is_done(request: SignedInRequest, form: Form, act: Callable[..., None], done: str) -> bool:
    """Do what a valid form asks for; where that is refused the form says why."""
    if not form.is_valid():
        return False
    reason = {"reason": form.cleaned_data["reason"]} if "reason" in form.fields else {}
    try:
        act(**reason)
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return False
    messages.success(request, done)
    return True


def _make(request: SignedInRequest, publication: Publication) -> HttpResponse:
    try:
        job = publishing.make_files(publication=publication, by=request.user)
    except Refused as refusal:
        messages.warning(request, str(refusal))
        return redirect("publish", publication.trial.slug)
    return redirect("job", job.pk)


def _waiting(trial: Trial, number: int) -> Publication:
    """Return the report that waits, if it has that number. Raises Http404."""
    publication = publishing.waiting(trial)
    if publication is None or publication.number != number:
        raise Http404("No report of that number waits")
    return publication


def _status(form: Form) -> int:
    return 422 if form.errors else 200
