"""The page on which all answers are checked and the plan is locked."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from measurement import plan_warnings, setting_up
from measurement.access import SignedInRequest
from measurement.estimation.definition import Trial as Definition
from measurement.estimation.trial_toml import plan_sha256
from measurement.lead.check_form import CheckForm
from measurement.lead.lead_page import lead_page
from measurement.lead.plan_summary import deviations, summary
from measurement.lead.set_up_words import CHECK, TITLES, page_of
from measurement.models import PlanLock, Trial
from measurement.planning import AlreadyLocked
from measurement.set_up_answers import Status, statuses, whole_fingerprint
from measurement.set_up_refusals import ChangedMeanwhile, Refused


@lead_page
def check(request: SignedInRequest, trial: Trial) -> HttpResponse:
    """Show every answer and what is unsound about them; a POST locks the plan."""
    definition = trial.definition()
    cautions = plan_warnings.of_plan(trial)
    form = CheckForm(
        request.POST if request.method == "POST" else None,
        seen=whole_fingerprint(definition),
        cautions=bool(cautions),
    )
    if form.is_valid() and _lock(request, trial, form):
        return redirect("set_up_check", trial.slug)
    context = {"form": form, "cautions": _linked(trial, cautions), **_shown(trial, definition)}
    return render(request, "lead/check.html", context, status=422 if form.errors else 200)


def _lock(request: SignedInRequest, trial: Trial, form: CheckForm) -> bool:
    """Lock the plan, or find it locked; False where it is refused, which the form then says."""
    try:
        setting_up.lock(trial=trial, seen=form.cleaned_data["seen"], by=request.user)
        messages.success(request, "The plan is locked.")
    except AlreadyLocked:
        messages.info(request, "The plan was locked already.")
    except Refused as refused:
        for fault in refused.faults:
            form.add_error(None, fault.words)
    except ChangedMeanwhile:
        form.renew(whole_fingerprint(Trial.objects.get(pk=trial.pk).definition()))
    return form.is_valid()


def _shown(trial: Trial, definition: Definition) -> dict[str, Any]:
    found = statuses(trial)
    return {
        "trial": trial,
        "here": "set_up",
        "title": TITLES[CHECK],
        "groups": summary(trial, definition, found),
        "sha256": plan_sha256(definition),
        "locking": PlanLock.objects.filter(trial=trial).first(),
        "deviations": deviations(trial, definition),
        "can_lock": found[CHECK] != Status.CANNOT,
    }


def _linked(trial: Trial, cautions: list[plan_warnings.Caution]) -> list[tuple[str, str]]:
    return [(one.words, reverse(page_of(one.step), args=[trial.slug])) for one in cautions]
