"""One try after the other: who sends fifty guesses at once has as few as who sends them in turn."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect


def one_try_at_a_time(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let each form of a session see what the one before it left there.

    allauth counts the tries of an emailed code in the session. Forms that are sent together would
    all read the same count: of fifty wrong guesses none would be the third.

    Of the right code sent twice, the second finds that its session has ended, since to sign in
    begins another. It is sent to the start page, and the browser keeps what the first gave it.
    """

    @wraps(view)
    def page(request: HttpRequest) -> HttpResponse:
        key = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
        if request.method != "POST" or key is None:
            return view(request)
        with _alone(key):
            request.session = type(request.session)(key)  # as the try before left it
            if not request.session.exists(key):
                # Django has a browser drop the cookie of no session: by now it may hold another.
                del request.COOKIES[settings.SESSION_COOKIE_NAME]
                return redirect("start")
            answer = view(request)
            if request.session.modified and not request.session.is_empty():
                request.session.save()
                # Stored again after the lock, it would undo the next try's count. Under a key of
                # its own it is nobody else's yet, and the browser has to be told the key.
                request.session.modified = request.session.session_key != key
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
