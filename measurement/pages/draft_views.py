"""The addresses at which drafts are kept: by the page while one types, and by its buttons."""

from typing import Final
from urllib.parse import urlencode
from uuid import UUID, uuid4

from django.contrib import messages
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from measurement import drafting, timing
from measurement.models import Draft, Participant
from measurement.pages import drafts
from measurement.pages.participant_page import ParticipantRequest, participant_page

KEPT: Final = 204
NOT_KEPT: Final = 409
PAGES: Final = {Draft.Form.LOG: "log", Draft.Form.TIMED: "log_timed"}


@participant_page
def draft_of_log(request: ParticipantRequest, participant: Participant) -> HttpResponse:
    """Keep or throw away the draft of a task log."""
    return _answer(request, participant, Draft.Form.LOG)


@participant_page
def draft_of_timed(request: ParticipantRequest, participant: Participant) -> HttpResponse:
    """Keep or throw away the draft about the task that is timed.

    Where its timer was ended elsewhere, the answers are those of a task that is not timed; but
    only the person can say so, not a page that saves by itself.
    """
    timed = timing.reading(participant)
    if request.method == "POST" and (timed is None or timed.timer.key != _key(request)):
        if _is_quiet(request):
            return HttpResponse(status=NOT_KEPT)
        return _answer(request, participant, Draft.Form.LOG)
    return _answer(request, participant, Draft.Form.TIMED)


def _answer(request: HttpRequest, participant: Participant, which: Draft.Form) -> HttpResponse:
    if request.method == "POST":
        if "afresh" in request.POST:
            drafting.throw_away(participant, which)
        else:
            is_kept = _keep(request, participant, which)
            if _is_quiet(request):
                return HttpResponse(status=KEPT if is_kept else NOT_KEPT)
            _say(request, is_kept=is_kept)
    query = urlencode({"trial": participant.trial.slug})
    return HttpResponseRedirect(f"{reverse(PAGES[which])}?{query}")


def _keep(request: HttpRequest, participant: Participant, which: Draft.Form) -> bool:
    key = str(_key(request) or uuid4())
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


def _key(request: HttpRequest) -> UUID | None:
    """Return the form's key; None if it is none."""
    try:
        return UUID(request.POST.get("key", ""))
    except ValueError:
        return None


def _is_quiet(request: HttpRequest) -> bool:
    """Say whether the page saves by itself: then nobody waits for a page to look at."""
    return not request.accepts("text/html")
