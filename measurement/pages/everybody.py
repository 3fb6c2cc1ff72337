"""Where everybody starts, and the pages that need no part in a trial."""

import datetime
from typing import Final

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from measurement import inviting
from measurement.access import SignedInRequest, roles_of, standing
from measurement.models import Role, User
from measurement.pages.staff_door import before_the_staff_door

STATEMENT_PREPARED_ON: Final = datetime.date(2026, 11, 27)
"""When the accessibility statement was last compared with what is tested."""


@before_the_staff_door
@require_safe
@never_cache
def start(request: HttpRequest) -> HttpResponse:
    """Say what the service is, or go to an open invitation or to what the role does."""
    if not isinstance(request.user, User):
        return render(request, "measurement/start.html")
    if invitation := inviting.waiting(request.user):
        return redirect(inviting.path_of(invitation))
    found = standing(request.user)
    homes = _homes(found.roles, may_start_trials=request.user.may_start_trials)
    if not homes and found.has_left:
        return redirect("my_data")
    if len(homes) == 1:
        return redirect(homes[0][0])
    return render(request, "measurement/choose_role.html", {"homes": homes})


@require_safe
@login_required
@never_cache
def api_guide(request: SignedInRequest) -> HttpResponse:
    """Explain to analysts how to get at results and records."""
    if Role.ANALYST not in roles_of(request.user):
        raise PermissionDenied("This page is for analysts of a trial.")
    return render(request, "measurement/api_guide.html")


@before_the_staff_door
@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    """Say how accessible the website is, and how that is known."""
    context = {"prepared_on": STATEMENT_PREPARED_ON}
    return render(request, "measurement/accessibility.html", context)


@before_the_staff_door
@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """Say which cookies are set and what is kept about people."""
    day = 86_400
    cookies = [
        (
            settings.SESSION_COOKIE_NAME,
            gettext("keeps you signed in and remembers your language."),
            settings.SESSION_COOKIE_AGE // day,
        ),
        (
            settings.CSRF_COOKIE_NAME,
            gettext("keeps other websites from sending forms in your name."),
            settings.CSRF_COOKIE_AGE // day,
        ),
    ]
    return render(request, "measurement/privacy.html", {"cookies": cookies})


def _homes(roles: frozenset[Role], *, may_start_trials: bool) -> list[tuple[str, str]]:
    """Return address and name of what each role does."""
    if may_start_trials:
        roles |= {Role.LEAD}
    homes = {
        Role.PARTICIPANT: (reverse("log"), gettext("Log a task")),
        Role.LEAD: ("/trials/", gettext("Set up a trial, or see how one is going")),
        Role.ADMINISTRATOR: ("/trials/", gettext("Set up a trial, or see how one is going")),
        Role.ANALYST: (reverse("api_guide"), gettext("Get results and records through the API")),
    }
    # Once each: leads and administrators have the same page.
    return [*dict.fromkeys(home for role, home in homes.items() if role in roles)]
