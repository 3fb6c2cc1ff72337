"""The pages of joining a trial: the invitation, and the privacy notice."""

from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from measurement import inviting, notices
from measurement.access import SignedInRequest, own_participants, participant_in
from measurement.models import Invitation, PrivacyNotice, User
from measurement.pages.participant_page import of_trial, own_page
from measurement.pages.staff_door import before_the_staff_door

JOIN = "join"
DECLINE = "decline"


@before_the_staff_door
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def join(request: HttpRequest, token: str) -> HttpResponse:
    """Show an invitation; to the person it is for also the notice, with yes and no below it."""
    invitation = inviting.invitation_of(token)
    if invitation is None:
        return render(request, "measurement/invitation_void.html", status=404)
    if not isinstance(request.user, User):
        query = urlencode({"next": request.path})
        context = {
            "trial": invitation.trial,
            "sign_in_url": f"{reverse('account_request_login_code')}?{query}",
        }
        return render(request, "measurement/invitation.html", context)
    if request.user != invitation.user:
        return render(request, "measurement/invitation_of_another.html", status=403)
    return _answer(request, invitation)


@own_page
@require_http_methods(["GET", "HEAD", "POST"])
def notice(request: SignedInRequest) -> HttpResponse:
    """Show the privacy notice of a trial to who takes or took part; they accept a new version."""
    participants = list(own_participants(request.user))
    slug = request.GET.get("trial")
    if slug is None and len(participants) > 1:
        return render(request, "measurement/choose_trial.html", {"participants": participants})
    participant = participant_in(participants, slug)
    newest = notices.newest(participant.trial)
    is_new = newest is not None and notices.waits_for(participant, newest)
    if request.method == "POST" and newest and is_new:
        if request.POST.get("version") == str(newest.version):
            notices.accept(participant=participant, notice=newest, actor=request.user)
            return redirect(of_trial("log", participant.trial))
        messages.info(request, gettext("The privacy notice changed while you read it."))
    context = {
        "notice": newest,
        "trial": participant.trial,
        "is_new": is_new,
    }
    return render(request, "measurement/notice.html", context)


def _answer(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    """Ask the invited person, and store what they say."""
    trial = invitation.trial
    newest = notices.newest(trial)
    if newest is None or inviting.is_over(invitation):
        return render(request, "measurement/invitation_over.html", {"trial": trial})
    if inviting.participant_of(invitation) and invitation.accepted:
        return redirect(of_trial("log", trial))
    if request.method == "POST":
        act = request.POST.get("act")
        if act == DECLINE:
            return _decline(request, invitation)
        if act != JOIN:
            raise SuspiciousOperation(f"no such button: {act!r}")
        if request.POST.get("version") == str(newest.version):
            return _join(request, invitation, newest)
        messages.info(request, gettext("The privacy notice changed while you read it."))
    context = {"notice": newest, "trial": trial}
    return render(request, "measurement/join.html", context)


def _join(request: HttpRequest, invitation: Invitation, newest: PrivacyNotice) -> HttpResponse:
    trial = invitation.trial
    try:
        inviting.join(invitation=invitation, notice=newest)
    except inviting.Over:
        return render(request, "measurement/invitation_over.html", {"trial": trial})
    return redirect(of_trial("baseline", trial))


def _decline(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    trial = invitation.trial
    try:
        declined = inviting.decline(invitation)
    except inviting.Over:
        return render(request, "measurement/invitation_over.html", {"trial": trial})
    if not declined:
        return redirect(of_trial("withdraw", trial))
    return render(request, "measurement/invitation_declined.html", {"trial": trial})
