"""How long somebody stays signed in: 14 days without a visit, 30 days in all.

A phone is in use for weeks, and a participant logs for a minute or two a day: whoever had to sign
in each time would log less. Pages of staff are stricter; see staff_door.
"""

import time
from collections.abc import Callable
from typing import Any, Final

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.http import HttpRequest, HttpResponse

from measurement.models import User

BEGAN: Final = "signed_in_at"
SEEN: Final = "seen_at"
LONGEST_SECONDS: Final = 30 * 86_400
NOTE_AGAIN_SECONDS: Final = 86_400
"""A visit is noted once a day: noting it each time would write a row for each page."""

PROBES: Final = ("/healthz", "/readyz")
"""They say whether the process is up, so they ask no database about a session."""


def begin(request: HttpRequest, **signal: Any) -> None:
    """Note when somebody signs in; sent by Django."""
    request.session[BEGAN] = request.session[SEEN] = time.time()


def signed_in_for(request: HttpRequest) -> float:
    """Return for how many seconds somebody has been signed in here."""
    return time.time() - float(request.session[BEGAN])


class SessionLimits:
    """Middleware that ends sessions which are too old, and keeps those alive that are in use.

    That nobody came for 14 days Django notices itself, by SESSION_COOKIE_AGE: to keep a session
    alive means to store it again.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Look at the session, where there is one, before the page is made."""
        has_session = settings.SESSION_COOKIE_NAME in request.COOKIES
        if has_session and request.path not in PROBES and isinstance(request.user, User):
            _look_at_session(request)
        return self.get_response(request)


def forget_ended() -> None:
    """Delete sessions that have ended, and what was noted of their devices."""
    SessionStore.clear_expired()
    alive = Session.objects.values("session_key")
    UserSession.objects.exclude(session_key__in=alive).delete()


def _look_at_session(request: HttpRequest) -> None:
    if BEGAN not in request.session:  # a session that no sign-in began
        begin(request)
    if signed_in_for(request) > LONGEST_SECONDS:
        logout(request)
    elif time.time() - float(request.session[SEEN]) > NOTE_AGAIN_SECONDS:
        request.session[SEEN] = time.time()
        UserSession.objects.create_from_request(request)
