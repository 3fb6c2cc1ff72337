"""Guessing codes: as many at once as one likes, and no more of them count."""

import datetime
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import permutations
from threading import Barrier
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from measurement.models import Role, User
from measurement.pages.one_try import _alone
from tests.authenticator import code_for
from tests.gates import eventually
from tests.measurement.pages.staff import EMAILED, REQUEST, SECOND, set_up, sign_in_by_email
from tests.people import make_trial, make_user

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("_no_earlier_tries"),
]
TRIES = 50
CONFIRM = f"{REQUEST}confirm/"


@pytest.fixture
def kim() -> User:
    return make_user("kim.kettle@example.com", (Role.LEAD, make_trial()))


def at_once(acts: list[Callable[[], Any]]) -> list[Any]:
    """Return what threads get that begin together."""
    together = Barrier(len(acts))

    def one(act: Callable[[], Any]) -> Any:
        together.wait()
        try:
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(one, acts))


def posts(clients: list[Client], path: str, **form: str) -> list[Callable[[], Any]]:
    return [partial(client.post, path, form) for client in clients]


def same_browser(client: Client) -> Client:
    """Return another client with the session of the first."""
    twin = Client()
    name = settings.SESSION_COOKIE_NAME
    twin.cookies[name] = client.cookies[name].value
    return twin


def test_fifty_guesses_at_an_emailed_code_count_as_three(client: Client, kim: User) -> None:
    right = right_code(client, kim)
    wrong = "0000-0000" if right != "0000-0000" else "1111-1111"

    twins = [same_browser(client) for _ in range(TRIES)]
    answers = at_once(posts(twins, CONFIRM, code=wrong))
    # Two are told that they are wrong; with the third the code is gone, and so for all others.
    assert sorted(answer.status_code for answer in answers) == [200] * 2 + [302] * (TRIES - 2)
    client.post(CONFIRM, {"code": right})
    assert "_auth_user_id" not in client.session


def right_code(client: Client, user: User) -> str:
    """Return the code that is emailed to who asks for one."""
    client.post(REQUEST, {"email": user.email})
    found = EMAILED.search(str(mail.outbox[-1].body))
    assert found
    return found.group()


def assert_stays_signed_in(client: Client, answers: list[Any]) -> None:
    """Whichever answer arrives last, the browser is signed in."""
    assert sorted(answer.headers["Location"] for answer in answers) == ["/", "/"]
    for arriving in permutations(answers):
        browser = same_browser(client)
        for answer in arriving:
            browser.cookies.update(answer.cookies)
        assert "_auth_user_id" in browser.session


def test_a_try_writes_nothing_to_its_session_once_the_next_may_begin(
    client: Client, kim: User
) -> None:
    right = right_code(client, kim)
    wrong = "0000-0000" if right != "0000-0000" else "1111-1111"
    with CaptureQueriesContext(connection) as queries:
        client.post(CONFIRM, {"code": wrong})
    statements = [query["sql"] for query in queries]
    (unlocked,) = [at for at, sql in enumerate(statements) if "pg_advisory_unlock" in sql]
    writes = [at for at, sql in enumerate(statements) if sql.startswith('UPDATE "django_session"')]
    assert writes
    assert max(writes) < unlocked


def test_a_double_click_with_the_right_code_signs_in(client: Client, kim: User) -> None:
    code = right_code(client, kim)
    key = client.session.session_key
    assert key
    twins = [same_browser(client) for _ in range(2)]
    with ThreadPoolExecutor() as pool:
        with _alone(key):
            clicks = pool.submit(at_once, posts(twins, CONFIRM, code=code))
            eventually(lambda: waiting() == 2, "both have read the session and wait")
        assert_stays_signed_in(client, clicks.result())


def test_a_click_that_comes_after_the_sign_in_ends_no_session(client: Client, kim: User) -> None:
    code = right_code(client, kim)
    twins = [same_browser(client) for _ in range(2)]
    assert_stays_signed_in(client, [twin.post(CONFIRM, {"code": code}) for twin in twins])


def waiting() -> int:
    """Return how many wait for a lock of a name."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        return int(cursor.fetchone()[0])


def test_fifty_guesses_at_a_second_factor_count_as_five(client: Client, kim: User) -> None:
    sign_in_by_email(client, kim)
    secret = set_up(client)
    thief = Client()
    sign_in_by_email(thief, kim)
    twins = [same_browser(thief) for _ in range(TRIES)]
    wrong = "000000" if code_for(secret) != "000000" else "111111"
    answers = at_once(posts(twins, SECOND, code=wrong))
    told = [b"The code is not right" in answer.content for answer in answers]
    assert 1 <= sum(told) <= 5
    assert b"Too many wrong codes" in thief.post(SECOND, {"code": code_for(secret)}).content
    assert "_auth_user_id" not in thief.session


def test_fifty_requests_for_a_code_send_three(kim: User) -> None:
    at_once(posts([Client() for _ in range(TRIES)], REQUEST, email=kim.email))
    assert 1 <= len(mail.outbox) <= 3


def test_one_code_signs_in_once(client: Client, kim: User) -> None:
    """The app's code is worth one sign-in, however many ask for it at once."""
    with time_machine.travel(datetime.datetime(2025, 3, 3, 9, 0, tzinfo=datetime.UTC), tick=False):
        sign_in_by_email(client, kim)
        secret = set_up(client)
        browsers = [Client() for _ in range(3)]
        for browser in browsers:
            cache.clear()
            sign_in_by_email(browser, kim)
        at_once(posts(browsers, SECOND, code=code_for(secret)))
        assert sum("_auth_user_id" in browser.session for browser in browsers) == 1
