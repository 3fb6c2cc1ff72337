"""The pages of tasks that are announced: say what begins, see what chance says, log it."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from measurement import announcing, choices, drafting, recording, timing, to_do
from measurement.access import SignedInRequest, own_logs, while_taking_part
from measurement.models import Participant, TaskLog, User
from measurement.pages import drafts
from measurement.pages.announced_forms import AnnouncedLogForm, AnnouncementForm
from measurement.pages.participant_page import (
    ParticipantRequest,
    of_trial,
    own_page,
    participant_page,
)


@participant_page
def announce(request: ParticipantRequest, participant: Participant) -> HttpResponse:
    """Ask what is about to begin, and flip the coin for it."""
    trial = participant.trial
    if not trial.announces_tasks:
        return redirect(of_trial("log", trial))
    timed = timing.reading(participant)
    if request.method != "POST" and timed and timed.announced:
        return redirect(of_trial("timer", trial))
    form = AnnouncementForm(
        request.POST if request.method == "POST" else None,
        task_types=choices.task_types(participant),
    )
    try:
        if form.is_bound and _announce(form, participant, request.user):
            return redirect(of_trial("timer", trial))
    except announcing.AtAnotherTask:
        messages.info(request, gettext("You are at this task already. Finish it first."))
        return redirect(of_trial("timer", trial))
    context = {"form": form, "trial": trial, "to_do": to_do.left([participant])}
    status = 422 if form.errors else 200
    return render(request, "measurement/announce.html", context, status=status)


@own_page
@require_http_methods(["GET", "HEAD", "POST"])
def log_announced(request: SignedInRequest, pk: int) -> HttpResponse:
    """Log a task that was announced, with its timer or without."""
    task_log = get_object_or_404(own_logs(request.user), pk=pk, announced_at__isnull=False)
    participant = task_log.participant
    if task_log.status == TaskLog.Status.VOID:
        return redirect("my_logs")
    timed = timing.reading_of(task_log)
    if request.method != "POST" and task_log.status == TaskLog.Status.LOGGED:
        return redirect("correct_log", pk=pk)
    if request.method != "POST" and timed and timed.running_since:
        return redirect(of_trial("timer", participant.trial))
    form = AnnouncedLogForm(
        request.POST if request.method == "POST" else None,
        task_log=task_log,
        tools=choices.tools(participant),
        timed=timed,
    )
    draft, status = None, 200
    if form.is_bound:
        with while_taking_part(participant):
            answer, status = _log(request, form, task_log)
            if answer:
                return answer
            drafts.keep(form, participant)
    else:
        draft = drafts.restore(form, participant)
    context = {"form": form, "draft": draft, "trial": participant.trial, "task_log": task_log}
    return render(request, "measurement/log_announced.html", context, status=status)


def _announce(form: AnnouncementForm, participant: Participant, user: User) -> bool:
    """Store what was announced; else leave the reasons in the form."""
    if form.is_valid():
        try:
            announcing.announce(participant=participant, actor=user, **form.said())
        except recording.Refused as refused:
            form.explain(refused.faults)
        else:
            return True
    if form.has_error("key"):
        form.renew_key()
    return False


def _log(
    request: SignedInRequest, form: AnnouncedLogForm, task_log: TaskLog
) -> tuple[HttpResponse | None, int]:
    """Store what came of the task; else leave the reasons in the form, and return the status."""
    if not form.is_valid():
        return None, 422
    if task_log.status == TaskLog.Status.LOGGED:
        return _logged_before(request, form, task_log), 302
    if not form.is_current:
        form.show_stale()
        return None, 409
    try:
        if form.timed:
            timing.record(form.timed, form.log(), request.user)
        else:
            recording.complete(task_log=task_log, log=form.log(), actor=request.user)
            drafting.drop(task_log.participant, task_log.key)
    except recording.Refused as refused:
        form.explain(refused.faults)
        return None, 422
    except (recording.EditConflict, recording.KeyConflict) as conflict:
        return _logged_before(request, form, conflict.stored), 302
    return redirect("logged", pk=task_log.pk), 302


def _logged_before(
    request: SignedInRequest, form: AnnouncedLogForm, stored: TaskLog
) -> HttpResponse:
    """Show the stored log where the same answers came twice; else ask which are right."""
    if form.timed:
        # The process that stored the log may have died before it ended the timer.
        timing.discard(stored.participant, form.timed.timer.key)
    if form.agrees_with(stored):
        return redirect("logged", pk=stored.pk)
    messages.info(request, gettext("This task was logged before. Is this right?"))
    return redirect("correct_log", pk=stored.pk)
