"""The participant's pages, and where everybody starts."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from measurement import choices, recording, surveying, timing
from measurement.access import SignedInRequest, participants_of, participations, roles_of
from measurement.forms import CorrectionForm, TaskLogForm, VoidForm
from measurement.models import Participant, Role, TaskLog, User
from measurement.participant_page import ParticipantRequest, participant_page

LOGS_PER_PAGE = 25


@require_safe
@never_cache
def start(request: HttpRequest) -> HttpResponse:
    """Say what the service is, or go to what the role does."""
    if not isinstance(request.user, User):
        return render(request, "measurement/start.html")
    homes = _homes(roles_of(request.user))
    if len(homes) == 1:
        return redirect(homes[0][0])
    return render(request, "measurement/choose_role.html", {"homes": homes})


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


@require_safe
@login_required
@never_cache
def logged(request: SignedInRequest, pk: int) -> HttpResponse:
    """Confirm that a task log is stored."""
    task_log = get_object_or_404(_own_logs(request.user), pk=pk)
    context = {"task_log": task_log, "trial": task_log.participant.trial}
    return render(request, "measurement/logged.html", context)


@require_safe
@login_required
@never_cache
def my_logs(request: SignedInRequest) -> HttpResponse:
    """List own task logs, newest first."""
    participants = participants_of(request.user)
    logs = _own_logs(request.user).order_by(F("date").desc(nulls_last=True), "-pk")
    page = Paginator(logs, LOGS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "several_trials": len(participants) > 1,
        "simulated": any(participant.trial.simulated for participant in participants),
    }
    return render(request, "measurement/my_logs.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def correct(request: SignedInRequest, pk: int) -> HttpResponse:
    """Correct an own task log."""
    task_log = get_object_or_404(_own_logs(request.user), pk=pk)
    if task_log.status != TaskLog.Status.LOGGED:
        return redirect("my_logs")
    form = CorrectionForm(
        request.POST if request.method == "POST" else None,
        stored=task_log,
        task_types=choices.task_types(task_log.participant),
        tools=choices.tools(task_log.participant),
    )
    context = {"form": form, "task_log": task_log, "trial": task_log.participant.trial}
    status = 200
    if form.is_bound:
        stored, status = _change(form, task_log, request.user)
        if stored is None:
            messages.success(request, "Your answers are stored.")
            return redirect("my_logs")
        if stored.status != TaskLog.Status.LOGGED:
            messages.info(request, "The task was taken out of the results in another window.")
            return redirect("my_logs")
        context["task_log"] = stored
    return render(request, "measurement/correct.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def void(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take an own task log out of the results, with a reason."""
    task_log = get_object_or_404(_own_logs(request.user), pk=pk)
    if task_log.status != TaskLog.Status.LOGGED:
        return redirect("my_logs")
    form = VoidForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        recording.void(task_log=task_log, reason=form.cleaned_data["reason"], actor=request.user)
        messages.success(request, "The task no longer counts in the results.")
        return redirect("my_logs")
    context = {"form": form, "task_log": task_log, "trial": task_log.participant.trial}
    return render(request, "measurement/void.html", context, status=422 if form.errors else 200)


@require_safe
@login_required
@never_cache
def api_guide(request: SignedInRequest) -> HttpResponse:
    """Explain to analysts how to get at results and records."""
    if Role.ANALYST not in roles_of(request.user):
        raise PermissionDenied("This page is for analysts of a trial.")
    return render(request, "measurement/api_guide.html")


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """Say which cookies are set and what is kept about people."""
    day = 86_400
    cookies = [
        (settings.SESSION_COOKIE_NAME, "keeps you signed in", settings.SESSION_COOKIE_AGE // day),
        (
            settings.CSRF_COOKIE_NAME,
            "keeps other websites from sending forms in your name",
            settings.CSRF_COOKIE_AGE // day,
        ),
    ]
    return render(request, "measurement/privacy.html", {"cookies": cookies})


def _homes(roles: frozenset[Role]) -> list[tuple[str, str]]:
    """Return address and name of what each role does."""
    homes = {
        Role.PARTICIPANT: (reverse("log"), "Log a task"),
        Role.LEAD: ("/trials/", "See how a trial is going"),
        Role.ADMINISTRATOR: ("/trials/", "See how a trial is going"),
        Role.ANALYST: (reverse("api_guide"), "Get results and records through the API"),
    }
    # Once each: leads and administrators have the same page.
    return [*dict.fromkeys(home for role, home in homes.items() if role in roles)]


def _own_logs(user: User) -> QuerySet[TaskLog]:
    return TaskLog.objects.filter(participant__in=participations(user)).select_related(
        "participant__trial", "task_type", "tool"
    )


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
