"""What the pages of a trial's participant have in common: who may see them, and of which trial."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from measurement.access import SignedInRequest, participant_in, participants_of, while_taking_part
from measurement.models import Participant, Trial
from measurement.pages.staff_door import before_the_staff_door


class ParticipantRequest(SignedInRequest):
    """A request of a participant; `several_trials`: they take part in more than one."""

    several_trials: bool


View = TypeVar("View", bound=Callable[..., Any])
ParticipantView = Callable[[ParticipantRequest, Participant], HttpResponse]


def own_page(view: View) -> View:
    """Serve `view` to whoever is signed in: it shows what is their own, and is kept in no cache."""
    return before_the_staff_door(login_required(never_cache(view)))


def participant_page(view: ParticipantView) -> Callable[..., HttpResponse]:
    """Serve `view` to people who take part, each page for one trial and kept in no cache.

    Who takes part in several trials and names none (`?trial=`) is asked which. A privacy notice
    that is newer than the accepted one comes before the page, but not before what was typed.
    """

    @own_page
    @require_http_methods(["GET", "HEAD", "POST"])
    @wraps(view)
    def page(request: ParticipantRequest) -> HttpResponse:
        participants = participants_of(request.user)
        request.several_trials = len(participants) > 1
        slug = request.GET.get("trial")
        if slug is None and request.several_trials:
            choice = {"participants": participants}
            return render(request, "measurement/choose_trial.html", choice)
        participant = participant_in(participants, slug)
        if participant.has_notice_to_accept and request.method != "POST":
            return redirect(of_trial("notice", participant.trial))
        with while_taking_part(participant):
            return view(request, participant)

    return page


def of_trial(name: str, trial: Trial) -> str:
    """Return the address of a participant's page for that trial."""
    return f"{reverse(name)}?{urlencode({'trial': trial.slug})}"
