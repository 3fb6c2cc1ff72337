"""The pages on which a task is logged, and that say it is stored."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from measurement import choices, recording, surveying, timing
from measurement.access import SignedInRequest, own_logs
from measurement.models import Participant, TaskLog, User
from measurement.pages.participant_page import ParticipantRequest, participant_page
from measurement.pages.staff_door import before_the_staff_door
from measurement.pages.task_forms import TaskLogForm


@participant_page
def log(request: ParticipantRequest, participant: Participant) -> HttpResponse:
    """Log a task."""
    form = TaskLogForm(
        request.POST if request.method == "POST" else None,
        task_types=choices.task_types(participant),
        tools=choices.tools(participant),
        repeated=request.GET.get("task_type"),
    )
    status = 200
    if form.is_bound:
        stored, status = _store(form, participant, request.user)
        if stored:
            return redirect("logged", pk=stored.pk)
    context = {
        "form": form,
        "trial": participant.trial,
        "timed": timing.reading(participant),
        "survey": surveying.due(participant),
    }
    return render(request, "measurement/log.html", context, status=status)


@before_the_staff_door
@require_safe
@login_required
@never_cache
def logged(request: SignedInRequest, pk: int) -> HttpResponse:
    """Confirm that a task log is stored."""
    task_log = get_object_or_404(own_logs(request.user), pk=pk)
    context = {"task_log": task_log, "trial": task_log.participant.trial}
    return render(request, "measurement/logged.html", context)


def _store(form: TaskLogForm, participant: Participant, user: User) -> tuple[TaskLog | None, int]:
    """Store what was typed; else leave the reasons in the form and return the answer's status."""
    status = 422
    if form.is_valid():
        try:
            recorded = recording.record(participant=participant, log=form.log(), actor=user)
        except recording.Refused as refused:
            form.explain(refused.faults)
        except recording.KeyConflict as conflict:
            form.offer_again(conflict.stored)
            status = 409
        else:
            return recorded.task_log, 302
    if form.has_error("key"):
        form.renew_key()
    return None, status
