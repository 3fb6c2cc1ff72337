"""The pages of the weekly survey."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from measurement import surveying
from measurement.access import SignedInRequest, participant_in, participants_of
from measurement.survey_form import SurveyForm

ANSWERED = "Thank you. Your answers are stored."
ANSWERED_BEFORE = "You had answered this week's survey already. The first answers count."


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def survey(request: SignedInRequest) -> HttpResponse:
    """Answer the survey of the week."""
    participants = participants_of(request.user)
    slug = request.GET.get("trial")
    if slug is None and len(participants) > 1:
        choice = {"participants": participants, "page": "survey"}
        return render(request, "measurement/choose_trial.html", choice)
    participant = participant_in(participants, slug)
    trial = participant.trial
    wave = surveying.open_wave(trial, timezone.localdate())
    if wave is None or (request.method != "POST" and surveying.due(participant) is None):
        context = {"trial": trial, "answered": wave is not None}
        return render(request, "measurement/no_survey.html", context)
    form = SurveyForm(
        request.POST if request.method == "POST" else None, bands=trial.definition().survey.bands
    )
    if form.is_valid():
        stored = surveying.answer(
            participant=participant, wave=wave, actor=request.user, **form.answers()
        )
        messages.success(request, ANSWERED if stored else ANSWERED_BEFORE)
        return redirect("start")
    context = {"form": form, "trial": trial, "wave": wave}
    status = 422 if form.errors else 200
    return render(request, "measurement/survey.html", context, status=status)
