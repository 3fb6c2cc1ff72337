"""The page of the baseline survey."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from measurement import baseline
from measurement.models import Participant
from measurement.pages.baseline_form import BaselineForm
from measurement.pages.participant_page import ParticipantRequest, of_trial, participant_page

ANSWERED = _("Thank you. Your answers are stored.")
ANSWERED_BEFORE = _("You had answered these questions already. The first answers count.")


@participant_page
def answer_baseline(request: ParticipantRequest, participant: Participant) -> HttpResponse:
    """Answer the baseline survey, once."""
    trial = participant.trial
    if request.method != "POST" and baseline.is_answered(participant):
        return redirect(of_trial("log", trial))
    form = BaselineForm(
        request.POST if request.method == "POST" else None,
        lists=baseline.asked_lists(participant),
    )
    if form.is_valid():
        stored = baseline.answer(
            participant=participant, answers=form.answers(), actor=request.user
        )
        messages.success(request, ANSWERED if stored else ANSWERED_BEFORE)
        return redirect(of_trial("log", trial))
    context = {"form": form, "trial": trial}
    status = 422 if form.errors else 200
    return render(request, "measurement/baseline.html", context, status=status)
