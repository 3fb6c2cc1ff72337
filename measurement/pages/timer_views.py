"""The pages of the timer: start, pause, stop, and log what was timed."""

from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import UUID

from django.core.exceptions import SuspiciousOperation
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from measurement import choices, instructions, recording, timing, to_do
from measurement.models import Participant, TaskLog, User
from measurement.pages import drafts
from measurement.pages.keyed_form import key_of
from measurement.pages.participant_page import ParticipantRequest, of_trial, participant_page
from measurement.pages.timer_forms import ForgottenTimerForm, TimedLogForm
from measurement.timing import ForgottenTimer, Reading

START: Final = "start"
ESTIMATE: Final = "estimate"
ACTS: Final[Mapping[str, Callable[[Participant, UUID | None], None]]] = {
    "pause": timing.pause,
    "stop": timing.pause,
    "resume": timing.resume,
    "discard": timing.discard,
}
"""What the other buttons do; one that comes too late does nothing."""


@participant_page
def timer(request: ParticipantRequest, participant: Participant) -> HttpResponse:
    """Show the timer and its buttons. Where tasks are announced, it starts with that."""
    if request.method == "POST":
        return _act(request, participant)
    found = timing.reading(participant)
    if participant.trial.announces_tasks and not (found and found.announced):
        return redirect(of_trial("announce", participant.trial))
    return _show(request, participant, found)


@participant_page
def log_timed(request: ParticipantRequest, participant: Participant) -> HttpResponse:
    """Log the task that was timed."""
    if participant.trial.announces_tasks:
        return redirect(of_trial("timer", participant.trial))
    timed = timing.reading(participant)
    if request.method != "POST" and (timed is None or timed.running_since):
        return redirect(of_trial("timer", participant.trial))
    task_types, tools = choices.lists(participant)
    form = TimedLogForm(
        request.POST if request.method == "POST" else None,
        task_types=task_types,
        tools=tools,
        timed=timed,
    )
    draft, status = None, 200
    if form.is_bound:
        stored, status = _store(form, participant, request.user)
        if stored:
            return redirect("logged", pk=stored.pk)
        drafts.keep(form, participant)
    else:
        draft = drafts.restore(form, participant)
    context = {"form": form, "draft": draft, "trial": participant.trial, "finishing": True}
    return render(request, "measurement/log.html", context, status=status)


def _store(form: TimedLogForm, participant: Participant, user: User) -> tuple[TaskLog | None, int]:
    """Store what was typed; else leave the reasons in the form and return the answer's status."""
    if not form.is_valid():
        if form.has_error("key"):
            form.renew_key()
        return None, 422
    if stored := TaskLog.objects.filter(participant=participant, key=form.log().key).first():
        return _sent_again(form, stored, participant)
    if form.timed is None or not form.is_current:
        form.show_stale()
        return None, 409
    try:
        return timing.record(form.timed, form.log(), user), 302
    except recording.Refused as refused:
        form.explain(refused.faults)
        return None, 422
    except recording.KeyConflict as conflict:
        return _sent_again(form, conflict.stored, participant)


def _sent_again(
    form: TimedLogForm, stored: TaskLog, participant: Participant
) -> tuple[TaskLog | None, int]:
    """Show the stored log where the same answers came twice; others may be of another task."""
    said = vars(recording.said(stored))
    if all(said[name] == typed for name, typed in form.typed().items()):
        # The process that stored the log may have died before it ended the timer.
        timing.discard(participant, form.cleaned_data["key"])
        return stored, 302
    form.offer_again(stored)
    return None, 409


def _act(request: ParticipantRequest, participant: Participant) -> HttpResponse:
    """Do what a button says. A forgotten timer has to be asked about first."""
    act = request.POST.get("act", "")
    if act == START:
        if not participant.trial.announces_tasks:
            timing.start(participant)
        return redirect(of_trial("timer", participant.trial))
    if act == ESTIMATE:
        return _estimate(request, participant)
    if act not in ACTS:
        raise SuspiciousOperation(f"no such button: {act!r}")
    try:
        ACTS[act](participant, key_of(request))
    except ForgottenTimer:
        return redirect(of_trial("timer", participant.trial))
    if act != "stop":
        return redirect(of_trial("timer", participant.trial))
    found = timing.reading(participant)
    return redirect(_log_url(found) if found else of_trial("timer", participant.trial))


def _estimate(request: ParticipantRequest, participant: Participant) -> HttpResponse:
    """Take the participant's word for the minutes of a forgotten stretch."""
    found = timing.reading(participant)
    if found is None or not found.is_forgotten:
        return redirect(of_trial("timer", participant.trial))
    form = ForgottenTimerForm(request.POST, most=found.most_minutes)
    if not form.is_valid():
        return _show(request, participant, found, form=form)
    timing.estimate(participant, key_of(request), form.cleaned_data["minutes"])
    return redirect(of_trial("timer", participant.trial))


def _show(
    request: ParticipantRequest,
    participant: Participant,
    found: Reading | None,
    form: ForgottenTimerForm | None = None,
) -> HttpResponse:
    context: dict[str, Any] = {"found": found, "trial": participant.trial, "form": form}
    if found:
        context["log_url"] = _log_url(found)
    else:
        context["instruction"] = instructions.today_for(participant)
    if found and found.is_forgotten:
        context["form"] = form or ForgottenTimerForm(most=found.most_minutes)
        status = 422 if form else 200
        return render(request, "measurement/forgotten_timer.html", context, status=status)
    context["to_do"] = to_do.left([participant])
    return render(request, "measurement/timer.html", context)


def _log_url(found: Reading) -> str:
    """Return the address of the form for the timed task."""
    if found.announced:
        return reverse("log_announced", args=[found.announced.pk])
    return of_trial("log_timed", found.timer.participant.trial)
