"""The page that starts a trial."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from measurement import starting
from measurement.access import SignedInRequest
from measurement.lead.start_form import StartForm


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def start(request: SignedInRequest) -> HttpResponse:
    """Start a trial, which whoever starts it then sets up."""
    if not request.user.may_start_trials:
        raise PermissionDenied("This page is for people who may start trials.")
    form = StartForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        trial = starting.start(**form.cleaned_data, by=request.user)
        return redirect("set_up", trial.slug)
    status = 422 if form.errors else 200
    return render(request, "lead/start.html", {"form": form}, status=status)
