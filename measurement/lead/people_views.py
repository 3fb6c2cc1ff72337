"""The pages with which leads invite people: a file, what is wrong with it, who has answered."""

import csv
import io
from typing import Final

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from measurement import uploads
from measurement.access import SignedInRequest
from measurement.lead.lead_page import lead_page
from measurement.lead.upload_form import UploadForm
from measurement.lead.upload_limits import takes_file
from measurement.models import Trial, Upload
from measurement.people import checking, counting, draw_needs, sending, storing, work
from measurement.people.known import ever_invited
from measurement.people.reading import COLUMNS, MAX_BYTES, MAX_ROWS

CSV_TYPE: Final = "text/csv; charset=utf-8"
BYTE_ORDER_MARK: Final = "\N{ZERO WIDTH NO-BREAK SPACE}"
"""By it spreadsheets tell that a file is UTF-8."""
NUDGED: Final = "People were reminded less than a week ago."


@takes_file(MAX_BYTES)
@lead_page
def people(request: SignedInRequest, trial: Trial) -> HttpResponse:
    """Show how many were invited and have answered; a POST uploads a file to be checked."""
    form = UploadForm(
        request,
        label="File of people to invite",
        hint=f"CSV or XLSX, up to {MAX_BYTES // 10**6} MB and {MAX_ROWS:,} rows",
        max_bytes=MAX_BYTES,
    )
    if form.is_valid():
        upload = uploads.store(
            form.cleaned_data["file"],
            kind=Upload.Kind.PEOPLE,
            trial=trial,
            by=request.user,
            max_bytes=MAX_BYTES,
        )
        return redirect("job", work.start_check(upload, request.user).pk)
    context = {
        "form": form,
        "trial": trial,
        "here": "people",
        "counted": counting.counted(trial) if ever_invited(trial) else None,
        "hindrances": storing.hindrances(trial),
        "is_over": storing.is_over(trial),
        "last_nudge": sending.last_nudge(trial),
        "lists": checking.lists_of(trial),
        "needs": draw_needs.of_trial(trial),
        "sending": work.sending_job(trial),
    }
    return render(request, "lead/people.html", context, status=422 if form.errors else 200)


@lead_page
def template(request: SignedInRequest, trial: Trial) -> HttpResponse:
    """Send an empty file with the headings."""
    lines = io.StringIO(newline="")
    csv.writer(lines).writerow(COLUMNS)
    return _file(BYTE_ORDER_MARK + lines.getvalue(), f"{trial.slug}-people.csv")


@lead_page
def checked(request: SignedInRequest, trial: Trial, pk: int) -> HttpResponse:
    """Show what is wrong with an uploaded file; a POST invites the people of a right one."""
    upload = _upload(trial, pk)
    hindrances = storing.hindrances(trial)
    may_invite = not hindrances and not upload.report["faults"] and upload.report["new"] > 0
    if request.method == "POST" and may_invite:
        return redirect("job", work.start_invitations(upload, request.user).pk)
    context = {
        "trial": trial,
        "here": "people",
        "upload": upload,
        "report": upload.report,
        "hindrances": hindrances,
        "is_over": storing.is_over(trial),
        "may_invite": may_invite,
    }
    return render(request, "lead/people_checked.html", context)


@lead_page
def faults(request: SignedInRequest, trial: Trial, pk: int) -> HttpResponse:
    """Send all that is wrong with an uploaded file, as CSV."""
    upload = _upload(trial, pk)
    if not upload.faults:
        raise Http404("The file has no faults")
    return _file(BYTE_ORDER_MARK + upload.faults, f"{trial.slug}-people-faults.csv")


@lead_page
def remind(request: SignedInRequest, trial: Trial) -> HttpResponse:
    """Have those who have not answered reminded; a GET leads to the page with the button."""
    if request.method != "POST":
        return redirect("people", trial.slug)
    if sending.last_nudge(trial):
        messages.warning(request, NUDGED)
        return redirect("people", trial.slug)
    return redirect("job", work.start_nudge(trial, request.user).pk)


@lead_page
def send(request: SignedInRequest, trial: Trial) -> HttpResponse:
    """Have the emails sent that somebody stopped; a GET leads to the page with the button."""
    if request.method != "POST":
        return redirect("people", trial.slug)
    return redirect("job", work.start_sending(trial, request.user).pk)


def _upload(trial: Trial, pk: int) -> Upload:
    """Return what was uploaded to the trial and is checked. Raises Http404."""
    recent = Upload.objects.filter(uploaded_at__gte=timezone.now() - uploads.KEPT_FOR)
    found = recent.filter(pk=pk, trial=trial).first()
    if found is None or not found.report:
        raise Http404("No such file")
    return found


def _file(content: str, name: str) -> HttpResponse:
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content.encode(), content_type=CSV_TYPE, headers=disposition)
