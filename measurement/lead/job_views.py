"""The page that shows how far long work is."""

from typing import Final

from django.contrib.auth.decorators import login_required
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from measurement import computing, jobs, loading, publishing
from measurement.access import LEADS, SignedInRequest, trials_for
from measurement.models import Job, Upload, User
from measurement.people import work as people

NAMES: Final[dict[str, str]] = {
    computing.KIND: "Computing the results",
    loading.KIND: "Loading a trial",
    people.CHECK: "Checking the file",
    people.INVITE: "Inviting people",
    people.NUDGE: "Reminding people to answer",
    people.SEND: "Sending emails",
    publishing.MAKE_FILES: "Making the files of the report",
}
"""What each kind of work is called on its page."""
IN_PER_CENT: Final = frozenset({computing.KIND, people.INVITE})
"""The kinds whose progress counts nothing that means something to whoever asked."""
STATES: Final = {
    Job.State.WAITING: "Waiting for a worker",
    Job.State.RUNNING: "In progress",
    Job.State.DONE: "Finished",
    Job.State.FAILED: "Not done",
    Job.State.CANCELLED: "Stopped",
}


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def job(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show how far the work is; a POST stops it."""
    found = _visible(request.user).filter(pk=pk).select_related("trial").first()
    if found is None:
        raise Http404("No such work")
    if request.method == "POST":
        jobs.stop(found)
        return redirect("job", pk)
    context = {
        "job": found,
        "trial": found.trial,
        "name": NAMES.get(found.kind, "Long work"),
        "state": STATES[Job.State(found.state)],
        "goes_on": found.ended_at is None,
        "in_per_cent": found.kind in IN_PER_CENT,
        "back": reverse("dashboard", args=[found.trial.slug]) if found.trial else reverse("trials"),
        "go_on": _goes_on_at(found),
    }
    return render(request, "lead/job.html", context)


def _goes_on_at(job: Job) -> str:
    """Return where whoever asked for the work goes on once it has ended."""
    if job.kind == people.CHECK and job.trial:
        upload = Upload.objects.filter(pk=job.given["upload"]).first()
        if upload and upload.report:
            return reverse("people_checked", args=[job.trial.slug, upload.pk])
    if job.kind in people.KINDS and job.trial:
        return reverse("people", args=[job.trial.slug])
    if job.kind == publishing.MAKE_FILES and job.trial:
        return reverse("publish", args=[job.trial.slug])
    if job.trial:
        return reverse("dashboard", args=[job.trial.slug])
    return reverse("load_trial" if job.kind == loading.KIND else "trials")


def _visible(user: User) -> QuerySet[Job]:
    return Job.objects.filter(Q(asked_by=user) | Q(trial__in=trials_for(user, LEADS)))
