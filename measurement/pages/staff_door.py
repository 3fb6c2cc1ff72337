"""The door before the pages of staff: on a secure site nobody comes in without a second factor.

Every page is behind it unless it says otherwise, so that a new one cannot forget it. Whoever holds
no staff role passes: the page itself says what they may see.
"""

import time
from collections.abc import Callable
from typing import Any, Final, TypeVar

from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.reauthentication import suspend_request
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from measurement import second_factor
from measurement.models import User
from measurement.pages import session_limits

OPEN_ROUTES: Final = (".well-known/", "account/", "api/", "demo/", "healthz", "readyz")
"""Sign-in itself; the API, which knows tokens only; what holds nothing of a trial."""
LONGEST_SECONDS: Final = 12 * 3600
IDLE_SECONDS: Final = 3600
NOTE_AGAIN_SECONDS: Final = 300
SEEN: Final = "staff_seen_at"
_OPEN: Final = "stands_before_the_staff_door"

View = TypeVar("View", bound=Callable[..., Any])


def before_the_staff_door(view: View) -> View:
    """Mark a page that staff may see without a second factor: it shows one's own, or public."""
    setattr(view, _OPEN, True)
    return view


class StaffDoor:
    """Middleware that asks staff for their second factor before any page that is not marked.

    Staff are signed out of a session of 12 hours, and asked again after an hour without a page.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Make the page."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: object, kwargs: object
    ) -> HttpResponse | None:
        """Return None to let somebody through, else where to go instead."""
        if not settings.SITE_IS_SECURE or is_open(request, view):
            return None
        return _instead(request, request.user) if isinstance(request.user, User) else None


def is_open(request: HttpRequest, view: Callable[..., Any]) -> bool:
    """Return whether a page needs no second factor."""
    assert request.resolver_match is not None  # noqa: S101 - a view was found
    return hasattr(view, _OPEN) or request.resolver_match.route.startswith(OPEN_ROUTES)


def _instead(request: HttpRequest, user: User) -> HttpResponse | None:
    proofs = second_factor.proofs_of(user)
    if not proofs and not second_factor.is_staff(user):
        return None
    if session_limits.signed_in_for(request) > LONGEST_SECONDS:
        logout(request)
        return redirect_to_login(request.get_full_path())
    if not proofs:
        return redirect("mfa_activate_totp")
    if _idle_for(request, user, proofs) > IDLE_SECONDS:
        # A form that was sent waits in the session until its sender is sure.
        answer: HttpResponse = suspend_request(request, reverse("mfa_reauthenticate"))
        return answer
    _note_visit(request)
    return None


def _idle_for(request: HttpRequest, user: User, proofs: frozenset[int]) -> float:
    """Return the seconds since staff last proved themselves or saw such a page; inf: never."""
    given = [
        record["at"]
        for record in get_authentication_records(request, user)
        if record["method"] == "mfa" and record.get("id") in proofs
    ]
    if not given:
        return float("inf")
    return time.time() - float(max(*given, request.session.get(SEEN, 0.0)))


def _note_visit(request: HttpRequest) -> None:
    if time.time() - request.session.get(SEEN, 0.0) > NOTE_AGAIN_SECONDS:
        request.session[SEEN] = time.time()
