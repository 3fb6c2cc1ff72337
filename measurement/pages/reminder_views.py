"""The pages of reminders: whether and when they come, and the link that stops them."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from measurement import reminder_choices, to_do
from measurement.access import SignedInRequest, participants_of
from measurement.pages.participant_page import own_page
from measurement.pages.reminder_form import ReminderForm
from measurement.pages.staff_door import before_the_staff_door
from measurement.reminder_emails import MOST_UNANSWERED


@own_page
@require_http_methods(["GET", "HEAD", "POST"])
def reminders(request: SignedInRequest) -> HttpResponse:
    """Choose whether and when reminders come, for all trials together."""
    participants = participants_of(request.user)
    form = ReminderForm(
        request.POST if request.method == "POST" else None,
        choice=reminder_choices.choice_of(request.user),
    )
    if form.is_valid():
        reminder_choices.change(request.user, **form.chosen())
        messages.success(request, _("Your choice is stored."))
        return redirect("reminders")
    context = {
        "form": form,
        "to_do": to_do.left(participants),
        "several_trials": len(participants) > 1,
        "simulated": any(participant.trial.simulated for participant in participants),
        "most_unanswered": MOST_UNANSWERED,
        "quiet_days": to_do.QUIET_WORKING_DAYS,
    }
    status = 422 if form.errors else 200
    return render(request, "measurement/reminders.html", context, status=status)


# Mail programs post here without cookies (RFC 8058); the token alone says who may.
@before_the_staff_door
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """Stop reminders by the link of an email: GET asks, since mail scanners follow links.

    The page is in the language of the email: there may be no session that knows another.
    """
    user = reminder_choices.holder(token)
    if user is None:
        return render(request, "measurement/stop_link_invalid.html", status=404)
    stopped = request.method == "POST"
    if stopped:
        reminder_choices.stop(user)
    with translation.override(user.language):
        page = render(request, "measurement/stop_reminders.html", {"stopped": stopped})
    page.headers["Content-Language"] = user.language
    return page
