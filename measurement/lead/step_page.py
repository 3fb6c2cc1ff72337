"""The page of one step of the set-up: shows what is stored, stores what is answered."""

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from measurement import setting_up
from measurement.access import SignedInRequest
from measurement.lead.step_form import StepForm
from measurement.models import PlanLock, SetUpStep, Trial
from measurement.set_up_answers import fingerprint, stored
from measurement.set_up_refusals import ChangedMeanwhile, Refused

WITHOUT_REASON = ("about", "tasks", "lists")
"""Steps that a lock does not fix: they are in no plan."""


def step_page(
    request: SignedInRequest,
    trial: Trial,
    step: str,
    form_of: Callable[..., StepForm],
    *,
    title: str,
    intro: tuple[str, ...] = (),
    template: str = "lead/step.html",
    **context: Any,
) -> HttpResponse:
    """Answer a request for the page of a step; what is saved leads back to the list of tasks.

    `context`: what else the template shows; a `form` in it is the one whose errors are listed.
    """
    form = form_of_step(request, trial, step, form_of)
    if form.is_valid() and is_stored(request, trial, step, form, form.given()):
        messages.success(request, f"“{title}” is saved.")
        return redirect("set_up", trial.slug)
    shown = {"form": form, "trial": trial, "title": title, "intro": intro, "here": "set_up"}
    context = {**shown, "step_form": form, **context}
    return render(request, template, context, status=422 if context["form"].errors else 200)


def form_of_step(
    request: SignedInRequest, trial: Trial, step: str, form_of: Callable[..., StepForm]
) -> StepForm:
    """Return the form with what is stored, or with what was sent."""
    now: Mapping[str, Any] = stored(trial, step)
    locked = step not in WITHOUT_REASON and PlanLock.objects.filter(trial=trial).exists()
    return form_of(
        request.POST if request.method == "POST" else None,
        trial=trial,
        stored=now,
        seen=fingerprint(now),
        locked=locked,
        is_new=not SetUpStep.objects.filter(trial=trial, step=step).exists(),
    )


def is_stored(
    request: SignedInRequest,
    trial: Trial,
    step: str,
    form: StepForm,
    given: Mapping[str, Any],
    answers: Mapping[str, Any] | None = None,
) -> bool:
    """Store what is given; return False where it is refused, which the valid form then says.

    `answers`: what is kept of the way to it.
    """
    try:
        setting_up.save(
            trial=trial,
            step=step,
            given=given,
            seen=form.cleaned_data["seen"],
            by=request.user,
            reason=form.reason(),
            answers=answers,
        )
    except Refused as refused:
        form.refuse(refused.faults)
    except ChangedMeanwhile:
        form.renew(fingerprint(stored(trial, step)))
    return form.is_valid()
