"""What staff do to sign in with two factors, for tests of pages."""

import datetime
import re
from typing import Any

from django.core import mail
from django.test import Client

from measurement.models import User
from tests.authenticator import code_for
from tests.measurement.pages.page import Page

SET_UP = "/account/second-factor/set-up/"
SECOND, CONFIRM = "/account/second-factor/", "/account/second-factor/confirm/"
CODES = "/account/second-factor/codes/"
NEW_CODES = f"{CODES}new/"
TURN_OFF = "/account/second-factor/turn-off/"
REQUEST = "/account/login/code/"
EMAILED = re.compile(r"^[0-9]{4}-[0-9]{4}$", re.MULTILINE)
START = datetime.datetime(2025, 3, 3, 9, 0, tzinfo=datetime.UTC)
"""A Monday morning: the time at which `clock` stands still."""


def sign_in_by_email(client: Client, user: User, wanted: str = "/") -> Any:
    """Return the answer to the right emailed code."""
    client.post(REQUEST, {"email": user.email})
    code = EMAILED.search(str(mail.outbox[-1].body))
    assert code
    return client.post(f"{REQUEST}confirm/", {"code": code.group(), "next": wanted})


def secret_on(answer: Any) -> str:
    """Return the key that the page shows as text."""
    shown = re.search(r'<code class="site-secret">(.*?)</code>', answer.content.decode())
    assert shown
    return re.sub(r"<[^>]*>|\s", "", shown.group(1))


def set_up(client: Client) -> str:
    """Set a second factor up; return its key."""
    secret = secret_on(client.get(SET_UP))
    answer = client.post(SET_UP, {"code": code_for(secret)})
    assert answer.headers["Location"] == CODES
    return secret


def recovery_codes(client: Client) -> list[str]:
    """Return the codes that the page lists."""
    answer = client.get(CODES)
    assert answer.status_code == 200
    return re.findall(r"<li><code>(\d{8})</code></li>", Page(answer).text)


def has_to_confirm(answer: Any) -> bool:
    """Whether somebody is asked for the second factor once more."""
    return bool(answer.status_code == 302 and answer.headers["Location"].startswith(CONFIRM))
