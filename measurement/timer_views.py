"""The pages of the timer: start, pause, stop, and log what was timed."""

from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.exceptions import SuspiciousOperation
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from measurement import choices, recording, timing
from measurement.access import SignedInRequest, participant_in, participants_of
from measurement.forms import ForgottenTimerForm, TaskLogForm
from measurement.models import Participant, TaskLog
from measurement.timing import ForgottenTimer, Reading

ACTS: Final[Mapping[str, Callable[[Participant], None]]] = {
    "start": timing.start,
    "pause": timing.pause,
    "stop": timing.pause,
    "resume": timing.resume,
    "discard": timing.discard,
}
"""What the buttons do; a button that comes too late does nothing."""
ESTIMATE: Final = "estimate"


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def timer(request: SignedInRequest) -> HttpResponse:
    """Show the timer and its buttons."""
    participants = participants_of(request.user)
    slug = request.GET.get("trial")
    if slug is None and len(participants) > 1:
        choice = {"participants": participants, "page": "timer"}
        return render(request, "measurement/choose_trial.html", choice)
    participant = participant_in(participants, slug)
    if request.method == "POST":
        return _act(request, participant)
    return _show(request, participant, timing.reading(participant))


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def log_timed(request: SignedInRequest) -> HttpResponse:
    """Log the task that was timed."""
    participant = participant_in(participants_of(request.user), request.GET.get("trial"))
    timed = timing.reading(participant)
    if timed is None:
        return _without_timer(request, participant)
    if timed.running_since:
        return _to("timer", participant)
    trial = participant.trial
    form = TaskLogForm(
        request.POST if request.method == "POST" else None,
        task_types=choices.task_types(participant),
        tools=choices.tools(participant),
        timed=timed,
    )
    if form.is_valid():
        try:
            return redirect("logged", pk=timing.record(timed, form.log(), request.user).pk)
        except recording.Refused as refused:
            form.explain(refused.faults)
    context = {"form": form, "trial": trial, "timed": timed, "finishing": True}
    status = 422 if form.errors else 200
    return render(request, "measurement/log.html", context, status=status)


def _act(request: SignedInRequest, participant: Participant) -> HttpResponse:
    """Do what a button says. A forgotten timer has to be asked about first."""
    act = request.POST.get("act", "")
    if act == ESTIMATE:
        return _estimate(request, participant)
    if act not in ACTS:
        raise SuspiciousOperation(f"no such button: {act!r}")
    try:
        ACTS[act](participant)
    except ForgottenTimer:
        return _to("timer", participant)
    return _to("log_timed" if act == "stop" else "timer", participant)


def _estimate(request: SignedInRequest, participant: Participant) -> HttpResponse:
    """Take the participant's word for the minutes of a forgotten stretch."""
    found = timing.reading(participant)
    if found is None or not found.is_forgotten:
        return _to("timer", participant)
    form = ForgottenTimerForm(request.POST, most=found.most_minutes)
    if not form.is_valid():
        return _show(request, participant, found, form=form)
    timing.estimate(participant, form.cleaned_data["minutes"])
    return _to("timer", participant)


def _show(
    request: SignedInRequest,
    participant: Participant,
    found: Reading | None,
    form: ForgottenTimerForm | None = None,
) -> HttpResponse:
    context: dict[str, Any] = {"found": found, "trial": participant.trial, "form": form}
    if found and found.is_forgotten:
        context["form"] = form or ForgottenTimerForm(most=found.most_minutes)
        status = 422 if form else 200
        return render(request, "measurement/forgotten_timer.html", context, status=status)
    return render(request, "measurement/timer.html", context)


def _without_timer(request: SignedInRequest, participant: Participant) -> HttpResponse:
    """Go to the log that a form sent twice has stored, else to where a timer starts."""
    key = request.POST.get("key", "")
    stored = TaskLog.objects.filter(participant=participant, key=key).first()
    return redirect("logged", pk=stored.pk) if stored else _to("timer", participant)


def _to(name: str, participant: Participant) -> HttpResponseRedirect:
    query = urlencode({"trial": participant.trial.slug})
    return HttpResponseRedirect(f"{reverse(name)}?{query}")
