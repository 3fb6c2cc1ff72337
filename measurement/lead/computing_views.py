"""The page that has the results computed now."""

from django.http import HttpResponse
from django.shortcuts import redirect, render

from measurement import computing
from measurement.access import SignedInRequest
from measurement.lead.lead_page import lead_page
from measurement.models import Trial


@lead_page
def compute(request: SignedInRequest, trial: Trial) -> HttpResponse:
    """Explain what is computed; a POST has workers do it."""
    if request.method == "POST":
        return redirect("job", computing.start(trial, request.user).pk)
    return render(request, "lead/compute.html", {"trial": trial, "here": "compute"})
