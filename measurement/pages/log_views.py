"""The pages on which a task is logged, and that say it is stored."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from measurement import choices, drafting, instructions, recording, to_do
from measurement.access import SignedInRequest, own_logs
from measurement.models import Participant, TaskLog, User
from measurement.pages import drafts
from measurement.pages.participant_page import (
    ParticipantRequest,
    of_trial,
    own_page,
    participant_page,
)
from measurement.pages.task_forms import TaskLogForm


@participant_page
def log(request: ParticipantRequest, participant: Participant) -> HttpResponse:
    """Log a task that is done. Where tasks are announced, that comes before."""
    if participant.trial.announces_tasks:
        return redirect(of_trial("announce", participant.trial))
    task_types, tools = choices.lists(participant)
    form = TaskLogForm(
        request.POST if request.method == "POST" else None,
        task_types=task_types,
        tools=tools,
        repeated=request.GET.get("task_type"),
    )
    draft, status = None, 200
    if form.is_bound:
        stored, status = _store(form, participant, request.user)
        if stored:
            drafting.drop(participant, stored.key)
            return redirect("logged", pk=stored.pk)
        drafts.keep(form, participant)
    else:
        draft = drafts.restore(form, participant)
    context = {
        "form": form,
        "draft": draft,
        "trial": participant.trial,
        "instruction": instructions.today_for(participant),
        "to_do": to_do.left([participant]),
    }
    return render(request, "measurement/log.html", context, status=status)


@own_page
@require_safe
def logged(request: SignedInRequest, pk: int) -> HttpResponse:
    """Confirm that a task log is stored."""
    task_log = get_object_or_404(own_logs(request.user), pk=pk)
    participant = task_log.participant
    left = to_do.left([participant])
    context = {"task_log": task_log, "trial": participant.trial, "to_do": left}
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
