"""Where everybody starts, and the pages that need no part in a trial."""

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from measurement.access import SignedInRequest, roles_of
from measurement.models import Role, User
from measurement.pages.staff_door import before_the_staff_door


@before_the_staff_door
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
