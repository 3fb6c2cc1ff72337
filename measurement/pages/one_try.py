"""One try after the other: who sends fifty guesses at once has as few as who sends them in turn."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps

from django.db import connection
from django.http import HttpRequest, HttpResponse


def one_try_at_a_time(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let each form of a session see what the one before it left there.

    allauth counts the tries of an emailed code in the session. Forms that are sent together would
    all read the same count: of fifty wrong guesses none would be the third.
    """

    @wraps(view)
    def page(request: HttpRequest) -> HttpResponse:
        key = request.session.session_key
        if request.method != "POST" or key is None:
            return view(request)
        with _alone(key):
            request.session = type(request.session)(key)  # as the try before left it
            answer = view(request)
            if request.session.modified and not request.session.is_empty():
                request.session.save()
        return answer

    return page


@contextmanager
def _alone(key: str) -> Iterator[None]:
    """Hold a lock of PostgreSQL of that name; it goes with the connection at the latest."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [key])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [key])
