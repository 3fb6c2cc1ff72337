"""The pages of the weekly survey."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from measurement import surveying, to_do
from measurement.models import Participant
from measurement.pages.participant_page import ParticipantRequest, of_trial, participant_page
from measurement.pages.survey_form import SurveyForm

ANSWERED = _("Thank you. Your answers are stored.")
ANSWERED_BEFORE = _("You had answered this week's survey already. The first answers count.")


@participant_page
def survey(request: ParticipantRequest, participant: Participant) -> HttpResponse:
    """Answer the survey of the week."""
    trial = participant.trial
    wave = surveying.open_wave(trial, timezone.localdate())
    if wave is None or (request.method != "POST" and surveying.due(participant) is None):
        context = {
            "trial": trial,
            "answered": wave is not None,
            "is_over": trial.ends_on is not None and timezone.localdate() > trial.ends_on,
            "to_do": to_do.left([participant]),
        }
        return render(request, "measurement/no_survey.html", context)
    form = SurveyForm(
        request.POST if request.method == "POST" else None,
        bands=trial.definition().survey.bands,
        wave=wave.name,
    )
    if form.is_valid() and not form.is_of_open_wave:
        form.show_new_wave()
    if form.is_valid():
        stored = surveying.answer(
            participant=participant, wave=wave, actor=request.user, **form.answers()
        )
        messages.success(request, ANSWERED if stored else ANSWERED_BEFORE)
        return redirect(of_trial("log", trial))
    context = {"form": form, "trial": trial, "wave": wave}
    status = 422 if form.errors else 200
    return render(request, "measurement/survey.html", context, status=status)
