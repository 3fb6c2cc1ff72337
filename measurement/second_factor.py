"""The second factor of those who see other people's figures: who needs one, and who has one."""

from typing import Final

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db import transaction

from measurement.models import AuditEvent, Membership, Role, User

STAFF: Final = (Role.LEAD, Role.ANALYST, Role.ADMINISTRATOR)


def is_staff(user: User) -> bool:
    """Return whether somebody holds a role that needs a second factor, or may start trials."""
    return user.may_start_trials or Membership.objects.filter(user=user, role__in=STAFF).exists()


def proofs_of(user: User) -> frozenset[int]:
    """Return the keys of what can prove somebody, app and recovery codes: none without a factor."""
    return frozenset(Authenticator.objects.filter(user=user).values_list("pk", flat=True))


def note(user: User, act: str) -> None:
    """Leave a line in the record of what was done to an account by its owner."""
    AuditEvent.objects.create(actor=user, act=act, subject=str(user))


@transaction.atomic
def reset(user: User) -> bool:
    """Take somebody's second factor away, and sign them out everywhere.

    Returns whether they had one. For who has lost phone and codes.
    """
    removed, _ = Authenticator.objects.filter(user=user).delete()
    for session in UserSession.objects.filter(user=user):
        session.end()
    if removed:
        AuditEvent.objects.create(act="reset_second_factor", subject=str(user))
    return bool(removed)
