"""Too many tries: status 429, and when to try again, for programs too."""

from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Final

from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

WAIT_SECONDS: Final = 60
"""How long somebody waits, where their form has no `wait_seconds` of its own."""
CODES: Final = frozenset({"too_many_login_attempts", "rate_limited"})
"""allauth's codes of the errors that say so."""


class TooManyTries:
    """Middleware. allauth shows such a form as any other with a mistake in it, with status 200."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer; who has tried too often is told when to try again."""
        answer = self._get_response(request)
        if answer.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            answer.headers.setdefault("Retry-After", str(WAIT_SECONDS))
        return answer

    def process_template_response(
        self, request: HttpRequest, answer: TemplateResponse
    ) -> TemplateResponse:
        """Give a page whose form was refused for too many tries its status."""
        form = (answer.context_data or {}).get("form")
        if isinstance(form, BaseForm) and not CODES.isdisjoint(_codes(form)):
            answer.status_code = HTTPStatus.TOO_MANY_REQUESTS
            wait_seconds = getattr(form, "wait_seconds", WAIT_SECONDS)
            answer.headers["Retry-After"] = str(wait_seconds)
        return answer


def _codes(form: BaseForm) -> Iterator[str | None]:
    for errors in form.errors.as_data().values():
        for error in errors:
            yield error.code
