"""The user who answers for what a command does to a plan."""

from typing import Final

from django.core.management.base import CommandError

from measurement.models import User
from measurement.planning import STAFF

BY: Final = "who answers for it: a lead, analyst or administrator of the trial"


def member_of_staff(email: str, slug: str) -> User:
    """Return the user of the email. Raises CommandError for those without a role that answers."""
    users = User.objects.filter(
        email=email.strip().lower(), membership__trial__slug=slug, membership__role__in=STAFF
    )
    user = users.distinct().first()
    if user is None:
        raise CommandError(
            f"--by: {email!r}, the email of a lead, analyst or administrator of {slug} is allowed "
            "(create_token makes somebody without a role an analyst)"
        )
    return user
