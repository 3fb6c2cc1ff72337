"""The pages of logs that were stored before: list, correct, take out."""

from contextlib import suppress

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from measurement import choices, log_history, recording, to_do
from measurement.access import (
    SignedInRequest,
    own_logs,
    participants_of,
    while_taking_part,
)
from measurement.models import TaskLog, User
from measurement.pages.participant_page import own_page
from measurement.pages.task_forms import CorrectionForm, VoidForm

LOGS_PER_PAGE = 25


@own_page
@require_safe
def my_logs(request: SignedInRequest) -> HttpResponse:
    """List own task logs, newest first."""
    participants = participants_of(request.user)
    logs = own_logs(request.user).order_by(F("date").desc(nulls_last=True), "-pk")
    page = Paginator(logs, LOGS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "corrected": log_history.corrected(page),
        "to_do": to_do.left(participants),
        "several_trials": len(participants) > 1,
        "simulated": any(participant.trial.simulated for participant in participants),
    }
    return render(request, "measurement/my_logs.html", context)


@own_page
@require_http_methods(["GET", "HEAD", "POST"])
def correct(request: SignedInRequest, pk: int) -> HttpResponse:
    """Correct an own task log."""
    task_log = get_object_or_404(own_logs(request.user), pk=pk)
    if task_log.status != TaskLog.Status.LOGGED:
        return redirect("my_logs")
    task_types, tools = choices.lists(task_log.participant)
    form = CorrectionForm(
        request.POST if request.method == "POST" else None,
        stored=task_log,
        task_types=task_types,
        tools=tools,
    )
    context = {"form": form, "task_log": task_log, "trial": task_log.participant.trial}
    status = 200
    if form.is_bound:
        with while_taking_part(task_log.participant):
            stored, status = _change(form, task_log, request.user)
        if stored is None:
            messages.success(request, gettext("Your answers are stored."))
            return redirect("my_logs")
        if stored.status != TaskLog.Status.LOGGED:
            messages.info(
                request, gettext("The task was taken out of the results in another window.")
            )
            return redirect("my_logs")
        context["task_log"] = stored
    return render(request, "measurement/correct.html", context, status=status)


@own_page
@require_http_methods(["GET", "HEAD", "POST"])
def void(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take an own task log out of the results, with a reason."""
    task_log = get_object_or_404(own_logs(request.user), pk=pk)
    if task_log.status != TaskLog.Status.LOGGED:
        return redirect("my_logs")
    form = VoidForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        # Pressed in two windows: the first has taken it out.
        with while_taking_part(task_log.participant), suppress(recording.EditConflict):
            recording.void(task_log=task_log, reason=reason, actor=request.user)
        messages.success(request, gettext("The task no longer counts in the results."))
        return redirect("my_logs")
    context = {"form": form, "task_log": task_log, "trial": task_log.participant.trial}
    return render(request, "measurement/void.html", context, status=422 if form.errors else 200)


@own_page
@require_safe
def history(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show what an own task log said at first and after each change."""
    task_log = get_object_or_404(own_logs(request.user), pk=pk)
    context = {
        "versions": log_history.versions(task_log),
        "task_log": task_log,
        "trial": task_log.participant.trial,
    }
    return render(request, "measurement/log_history.html", context)


def _change(form: CorrectionForm, task_log: TaskLog, user: User) -> tuple[TaskLog | None, int]:
    """Store the correction; else leave the reasons in the form, and return what is stored."""
    if not form.is_valid():
        return task_log, 422
    log = form.log()
    if log == form.stored:
        return None, 302
    version = form.cleaned_data["version"]
    try:
        recording.change(task_log=task_log, log=log, actor=user, unless_not=version)
    except recording.Refused as refused:
        form.explain(refused.faults)
        return task_log, 422
    except recording.EditConflict as conflict:
        # Pressed twice: the first has stored it.
        if recording.said(conflict.stored) == log:
            return None, 302
        form.show_conflict(conflict.stored)
        return conflict.stored, 409
    return None, 302
