"""Errors that arise before or outside any view, such as a wrong Host: problems under /api/ too."""

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views import defaults

from measurement.api.problems import (
    BAD_REQUEST,
    INTERNAL_ERROR,
    RETRY_AFTER_SECONDS,
    UNAVAILABLE,
    Problem,
    problem_document,
)

PREFIX = "/api/"


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that Django refuses to look at (handler400)."""
    if request.path.startswith(PREFIX):
        return problem_document(Problem(BAD_REQUEST))
    return defaults.bad_request(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer where something failed outside the API's views (handler500).

    With 503 where it is the database, which comes back: who sends the same again loses nothing.
    """
    # Django calls this while it handles the exception.
    unavailable = isinstance(sys.exception(), OperationalError | InterfaceError)
    if request.path.startswith(PREFIX):
        return problem_document(Problem(UNAVAILABLE if unavailable else INTERNAL_ERROR))
    return _unavailable() if unavailable else defaults.server_error(request)


def _unavailable() -> HttpResponse:
    # Without the request, whose session and user would ask the database again.
    return HttpResponse(
        render_to_string("503.html"), status=503, headers={"Retry-After": str(RETRY_AFTER_SECONDS)}
    )
