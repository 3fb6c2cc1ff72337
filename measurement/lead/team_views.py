"""The page of who runs a trial."""

from typing import Final

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from measurement import team
from measurement.access import SignedInRequest
from measurement.lead.lead_page import lead_page
from measurement.lead.team_form import TeamForm
from measurement.models import Role, Trial, User

REMOVE: Final = "remove"
"""The button that takes a role away; its value is the role's number."""


@lead_page
def people_who_run_it(request: SignedInRequest, trial: Trial) -> HttpResponse:
    """List who runs the trial; a POST gives or takes a role."""
    if REMOVE in request.POST:
        return _remove(request, trial)
    form = TeamForm(request.POST if request.method == "POST" else None)
    if form.is_valid() and (user := _add(form, trial, request.user)):
        role = Role(form.cleaned_data["role"])
        try:
            team.tell(user, trial, role)
            messages.success(request, f"{user.email} has the role and was told by email")
        except OSError:
            messages.warning(
                request, f"{user.email} has the role. The email could not be sent: tell them"
            )
        return redirect("team", trial.slug)
    context = {
        "trial": trial,
        "here": "team",
        "form": form,
        "members": team.members(trial),
        "own": request.user.pk,
    }
    return render(request, "lead/team.html", context, status=422 if form.errors else 200)


def _add(form: TeamForm, trial: Trial, by: User) -> User | None:
    said = form.cleaned_data
    try:
        return team.add(trial=trial, email=said["email"], role=Role(said["role"]), by=by)
    except team.Refused as refusal:
        form.add_error("email", str(refusal))
        return None


def _remove(request: SignedInRequest, trial: Trial) -> HttpResponse:
    try:
        member = team.remove(trial=trial, membership=request.POST[REMOVE], by=request.user)
        messages.success(request, f"{member.email} does not have the role any more")
    except team.Refused as refusal:
        messages.warning(request, str(refusal))
    return redirect("team", trial.slug)
