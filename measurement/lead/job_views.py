"""The page that shows how far long work is."""

from typing import Final

from django.contrib.auth.decorators import login_required
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from measurement import jobs
from measurement.access import LEADS, SignedInRequest, trials_for
from measurement.models import Job, User

NAMES: Final[dict[str, str]] = {}
"""What each kind of work is called on its page."""
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
        "back": reverse("dashboard", args=[found.trial.slug]) if found.trial else reverse("trials"),
    }
    return render(request, "lead/job.html", context)


def _visible(user: User) -> QuerySet[Job]:
    return Job.objects.filter(Q(asked_by=user) | Q(trial__in=trials_for(user, LEADS)))
