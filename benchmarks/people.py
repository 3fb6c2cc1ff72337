"""Invented people who take part in a simulated trial and are signed in."""

from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore

from measurement import bundles
from measurement.estimation.simulate import simulate
from measurement.models import Membership, Participant, Role, Trial, User

LOGS_EACH = 10
"""Task logs that everybody has before: the page puts one's frequent tasks first."""


@dataclass(frozen=True)
class SignedIn:
    """Somebody with a session; `session` is the cookie's value."""

    participant: int
    session: str


def sign_in(number: int) -> tuple[list[SignedIn], Trial]:
    """Store a simulated trial whose people are all signed in; return them and the trial."""
    bundle = simulate(
        participants=number, logs_per_participant=LOGS_EACH, design="parallel", seed=1
    ).bundle
    trial = bundles.load(bundle)
    users = User.objects.bulk_create(
        User(email=f"person-{n}@bench.example", password=f"!{n}") for n in range(number)
    )
    Membership.objects.bulk_create(
        Membership(user=user, trial=trial, role=Role.PARTICIPANT) for user in users
    )
    people = list(Participant.objects.filter(trial=trial).order_by("pk"))
    for person, user in zip(people, users, strict=True):
        person.user, person.withdrawn_on = user, None
    Participant.objects.bulk_update(people, ["user", "withdrawn_on"])
    return [
        SignedIn(person.pk, session_of(user)) for person, user in zip(people, users, strict=True)
    ], trial


def session_of(user: User) -> str:
    """Sign somebody in; return the cookie's value."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    assert session.session_key is not None  # noqa: S101  # `create` gave it one
    return session.session_key
