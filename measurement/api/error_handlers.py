"""Errors that arise before or outside any view, such as a wrong Host: problems under /api/ too."""

from django.http import HttpRequest, HttpResponse
from django.views import defaults

from measurement.api.problems import BAD_REQUEST, INTERNAL_ERROR, Problem, problem_document

PREFIX = "/api/"


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that Django refuses to look at (handler400)."""
    if request.path.startswith(PREFIX):
        return problem_document(Problem(BAD_REQUEST))
    return defaults.bad_request(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer where something failed outside the API's views (handler500)."""
    if request.path.startswith(PREFIX):
        return problem_document(Problem(INTERNAL_ERROR))
    return defaults.server_error(request)
