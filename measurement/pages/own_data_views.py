"""The pages of what is kept about a participant: see it, take it away, leave, have it erased."""

from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from measurement import leaving, own_data, reading
from measurement.access import (
    SignedInRequest,
    own_participants,
    participant_in,
    roles_of,
)
from measurement.models import Participant, User
from measurement.pages.own_data_forms import ERASE, WithdrawForm
from measurement.pages.participant_page import own_page

READS_SHOWN: Final = 50
LEFT: Final = "left_trial"
"""What the session keeps, so that somebody of whom nothing else is left is told what was done."""


@own_page
@require_safe
def my_data(request: SignedInRequest) -> HttpResponse:
    """Say what is kept about who asks, and who has read it."""
    participants = list(own_data.kept(request.user))
    _refuse_strangers(request.user, participants)
    reads = list(reading.of(request.user, participants)[: READS_SHOWN + 1])
    context = {
        "participants": participants,
        "reads": reads[:READS_SHOWN],
        "more_reads": len(reads) > READS_SHOWN,
        "several_trials": len(participants) > 1,
        "simulated": any(participant.trial.simulated for participant in participants),
    }
    return render(request, "measurement/my_data.html", context)


@own_page
@require_POST
def download(request: SignedInRequest) -> StreamingHttpResponse:
    """Send all that is kept as a ZIP.

    By POST: it leaves an audit event, and no link or prefetch of a browser should do that.
    """
    _refuse_strangers(request.user, list(own_participants(request.user)))
    answer = StreamingHttpResponse(own_data.download(request.user), content_type="application/zip")
    answer["Content-Disposition"] = 'attachment; filename="my-data.zip"'
    return answer


@own_page
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: SignedInRequest) -> HttpResponse:
    """Leave a trial: keep the logs or erase them. Who left before can still erase."""
    participants = list(own_participants(request.user))
    if not participants:
        return redirect("my_data")
    slug = request.GET.get("trial")
    if slug is None and len(participants) > 1:
        return render(request, "measurement/choose_trial.html", {"participants": participants})
    participant = participant_in(participants, slug)
    has_left = participant.withdrawn_on is not None
    form = WithdrawForm(request.POST if request.method == "POST" else None, has_left=has_left)
    if form.is_valid():
        _leave(request, participant, erase=form.cleaned_data["choice"] == ERASE)
        return redirect("withdrawn")
    context = {"form": form, "trial": participant.trial, "has_left": has_left}
    return render(request, "measurement/withdraw.html", context, status=422 if form.errors else 200)


@own_page
@require_safe
def withdrawn(request: SignedInRequest) -> HttpResponse:
    """Say what was done, once: the session keeps no longer which trial it was."""
    left: dict[str, Any] | None = request.session.pop(LEFT, None)
    if left is None:
        return redirect("my_data")
    return render(request, "measurement/withdrawn.html", {"left": left})


def _leave(request: SignedInRequest, participant: Participant, *, erase: bool) -> None:
    if erase:
        leaving.erase(participant)
    else:
        leaving.withdraw(participant=participant, actor=request.user)
    trial = participant.trial
    request.session[LEFT] = {
        "erased": erase,
        "title": trial.title,
        "slug": trial.slug,
        "simulated": trial.simulated,
    }


def _refuse_strangers(user: User, participants: list[Participant]) -> None:
    """Raise PermissionDenied for those with another role and no part in a trial.

    Whoever has no role at all may have had everything erased: they see that nothing is left.
    """
    if not participants and roles_of(user):
        raise PermissionDenied(gettext("This page is for people who take part in a trial."))
