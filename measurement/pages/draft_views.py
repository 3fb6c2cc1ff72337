"""The addresses at which drafts are kept: by the page while one types, and by its buttons."""

from typing import Final

from django.contrib import messages
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from measurement import drafting, timing
from measurement.access import SignedInRequest, own_logs, while_taking_part
from measurement.models import Draft, Participant
from measurement.pages import drafts
from measurement.pages.keyed_form import key_of, new_key
from measurement.pages.participant_page import (
    ParticipantRequest,
    of_trial,
    own_page,
    participant_page,
)

KEPT: Final = 204
NOT_KEPT: Final = 409


@participant_page
def draft_of_log(request: ParticipantRequest, participant: Participant) -> HttpResponse:
    """Keep or throw away the draft of a task log."""
    return _answer(request, participant, Draft.Form.LOG, of_trial("log", participant.trial))


@participant_page
def draft_of_timed(request: ParticipantRequest, participant: Participant) -> HttpResponse:
    """Keep or throw away the draft about the task that is timed.

    Where its timer was ended elsewhere, the answers are those of a task that is not timed; but
    only the person can say so, not a page that saves by itself.
    """
    timed = timing.reading(participant)
    if request.method == "POST" and (timed is None or timed.timer.key != key_of(request)):
        if _is_quiet(request):
            return HttpResponse(status=NOT_KEPT)
        return _answer(request, participant, Draft.Form.LOG, of_trial("log", participant.trial))
    return _answer(request, participant, Draft.Form.TIMED, of_trial("log_timed", participant.trial))


@own_page
@require_http_methods(["GET", "HEAD", "POST"])
def draft_of_announced(request: SignedInRequest, pk: int) -> HttpResponse:
    """Keep or throw away the draft about a task that was announced, with its timer or without."""
    task_log = get_object_or_404(own_logs(request.user), pk=pk, announced_at__isnull=False)
    page = reverse("log_announced", args=[pk])
    with while_taking_part(task_log.participant):
        return _answer(
            request, task_log.participant, Draft.Form.ANNOUNCED, page, task_key=task_log.key
        )


def _answer(
    request: HttpRequest,
    participant: Participant,
    which: Draft.Form,
    page: str,
    task_key: str | None = None,
) -> HttpResponse:
    """Do what was asked, then show the page. `task_key`: that of the task, where it has one."""
    if request.method == "POST":
        if "afresh" in request.POST:
            drafting.throw_away(participant, which, task_key)
        else:
            key = task_key or str(key_of(request) or new_key())
            is_kept = _keep(request, participant, which, key)
            if _is_quiet(request):
                return HttpResponse(status=KEPT if is_kept else NOT_KEPT)
            _say(request, is_kept=is_kept)
    return redirect(page)


def _keep(request: HttpRequest, participant: Participant, which: Draft.Form, key: str) -> bool:
    try:
        return drafting.keep(participant, which, key, drafts.typed(which, request.POST))
    except drafting.TooLong as error:
        raise SuspiciousOperation("a draft that is too long") from error


def _say(request: HttpRequest, *, is_kept: bool) -> None:
    if is_kept:
        days = drafting.KEPT_FOR.days
        text = _("Your answers are saved for %(days)s days. Come back to this page to finish.")
        messages.success(request, text % {"days": days})
    else:
        messages.info(request, _("You have logged this task already."))


def _is_quiet(request: HttpRequest) -> bool:
    """Say whether the page saves by itself: then nobody waits for a page to look at."""
    return not request.accepts("text/html")
