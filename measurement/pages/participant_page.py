"""What the pages of a trial's participant have in common: who may see them, and of which trial."""

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from measurement.access import SignedInRequest, participant_in, participants_of
from measurement.models import Participant
from measurement.pages.staff_door import before_the_staff_door


class ParticipantRequest(SignedInRequest):
    """A request of a participant; `several_trials`: they take part in more than one."""

    several_trials: bool


def participant_page(
    view: Callable[[ParticipantRequest, Participant], HttpResponse],
) -> Callable[..., HttpResponse]:
    """Serve `view` to people who take part, each page for one trial and kept in no cache.

    Who takes part in several trials and names none (`?trial=`) is asked which.
    """

    @before_the_staff_door
    @require_http_methods(["GET", "HEAD", "POST"])
    @login_required
    @never_cache
    @wraps(view)
    def page(request: ParticipantRequest) -> HttpResponse:
        participants = participants_of(request.user)
        request.several_trials = len(participants) > 1
        slug = request.GET.get("trial")
        if slug is None and request.several_trials:
            choice = {"participants": participants}
            return render(request, "measurement/choose_trial.html", choice)
        return view(request, participant_in(participants, slug))

    return page
