"""The page that says how many people are needed, and keeps the numbers that are used."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from measurement.access import SignedInRequest
from measurement.estimation.power_inputs import InputErrors
from measurement.lead.lead_page import lead_page
from measurement.lead.power_form import PowerForm, UseForm
from measurement.lead.power_words import Outcome, outcome
from measurement.lead.set_up_words import TITLES
from measurement.lead.step_form import StepForm
from measurement.lead.step_page import form_of_step, is_stored
from measurement.models import Trial
from measurement.set_up_answers import Status, Step, saved_steps, statuses


@lead_page
def power(request: SignedInRequest, trial: Trial) -> HttpResponse:
    """Work out the number of people from the address; a POST plans with it."""
    if statuses(trial)[Step.POWER] == Status.CANNOT:
        messages.info(request, "Say who gets AI, and when, first: the number depends on it.")
        return redirect("set_up", trial.slug)
    form = _questions(request, trial)
    found = _outcome(form)
    use = form_of_step(request, trial, Step.POWER, UseForm)
    if found and use.is_valid() and _plan(request, trial, form, found, use):
        messages.success(request, f"{found.people:,} people are planned.")
        return redirect("set_up", trial.slug)
    now = trial.definition().plan
    context = {
        "form": use if use.errors and not form.errors else form,
        "questions": form,
        "use": use,
        "found": found,
        "trial": trial,
        "here": "set_up",
        "title": TITLES[Step.POWER],
        "planned": now.planned_participants,
        "planned_logs": now.planned_logs_per_participant,
        "is_causal": trial.design["kind"] != "observational",
    }
    status = 422 if form.errors or use.errors else 200
    return render(request, "lead/power.html", context, status=status)


def _questions(request: SignedInRequest, trial: Trial) -> PowerForm:
    data = request.POST if request.method == "POST" else request.GET
    answers = saved_steps(trial).get(Step.POWER, {})
    asked = data if request.method == "POST" or "saving" in data else None
    return PowerForm(asked, definition=trial.definition(), answers=answers)


def _outcome(form: PowerForm) -> Outcome | None:
    """Return the answer; None where there is none, which the form then says."""
    if form.is_bound and not form.is_valid():
        return None
    try:
        unit = form.definition.design.unit
        return outcome(form.inputs(), saving=form.saving_hoped(), people=form.people(), unit=unit)
    except InputErrors as errors:
        if form.is_bound:
            form.refuse(errors)
        return None


def _plan(
    request: SignedInRequest, trial: Trial, form: PowerForm, found: Outcome, use: StepForm
) -> bool:
    numbers = form.numbers()
    given = {
        "plan.planned_participants": found.people,
        "plan.planned_logs_per_participant": numbers["tasks_per_participant"],
    }
    answers = {"saving": form.saving_hoped(), "numbers": numbers}
    return is_stored(request, trial, Step.POWER, use, given, answers)
