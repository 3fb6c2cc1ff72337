"""Who runs a trial: its leads, analysts and administrators, and how they come and go.

Nobody changes their own roles, and nobody is lead and analyst of one trial: leads never reach the
records of people.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.validators import validate_email
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse

from measurement import enrolment
from measurement.access import LEADS
from measurement.models import AuditEvent, Membership, Role, Trial, User

ROLES: Final = (Role.LEAD, Role.ANALYST, Role.ADMINISTRATOR)
APART: Final = ({Role.LEAD, Role.ANALYST}, {Role.ADMINISTRATOR, Role.ANALYST})
"""Pairs of roles that one person does not hold in one trial."""


class Refused(ValueError):  # noqa: N818 - what it is
    """The change of the team is not allowed; the message says why, in a sentence."""


@dataclass(frozen=True)
class Member:
    """Somebody in one role."""

    pk: int
    email: str
    role: Role
    user_id: int


def members(trial: Trial) -> list[Member]:
    """Return who runs the trial, by role and address. One query."""
    held = Membership.objects.filter(trial=trial, role__in=ROLES).select_related("user")
    found = [Member(one.pk, one.user.email, Role(one.role), one.user_id) for one in held]
    return sorted(found, key=lambda member: (ROLES.index(member.role), member.email))


def others_who_lead(trial: Trial, user: User) -> bool:
    """Return whether anybody but the user leads or administers the trial, and may so approve."""
    held = Membership.objects.filter(trial=trial, role__in=LEADS)
    return held.exclude(user=user).exists()


def add(*, trial: Trial, email: str, role: Role, by: User) -> User:
    """Give whoever has the address the role. Raises Refused."""
    address = email.strip().lower()
    try:
        validate_email(address)
    except ValidationError:
        raise Refused("Enter an email address, like name@example.com") from None
    if role not in ROLES:
        raise Refused("Select a role")
    with transaction.atomic():
        _locked(trial)
        user, _ = User.objects.get_or_create(email=address)
        if user == by:
            raise Refused("You cannot give yourself a role. Ask another lead")
        held = Membership.objects.filter(trial=trial, user=user).values_list("role", flat=True)
        _check_apart(role, map(Role, held))
        if not enrolment.grant(user=user, trial=trial, role=role, actor=by):
            raise Refused(f"{address} has this role already")
    return user


def remove(*, trial: Trial, membership: str, by: User) -> Member:
    """Take the role of that number away, at once. Raises Refused, also where there is none."""
    with transaction.atomic():
        _locked(trial)
        team = members(trial)
        member = next((one for one in team if str(one.pk) == membership), None)
        if member is None:
            raise Refused("This person does not have the role any more")
        if member.user_id == by.pk:
            raise Refused("You cannot take a role from yourself. Ask another lead")
        Membership.objects.filter(pk=member.pk).delete()
        AuditEvent.objects.create(
            actor=by,
            trial_slug=trial.slug,
            act="revoke_role",
            subject=f"user {member.user_id}",
            detail={"role": member.role.value},
        )
    return member


def tell(user: User, trial: Trial, role: Role) -> None:
    """Email somebody about their new role. Raises what the mail server's library raises."""
    context = {"trial": trial, "role": role.label.lower(), "link": _address(trial, role)}
    body = render_to_string("lead/email/role.txt", context)
    EmailMessage(f"You are {_with_article(role)} of a trial", body, to=[user.email]).send()


def _address(trial: Trial, role: Role) -> str:
    name = "api_guide" if role == Role.ANALYST else "dashboard"
    path = reverse(name, args=[] if role == Role.ANALYST else [trial.slug])
    return f"{settings.SITE_URL}{path}"


def _with_article(role: Role) -> str:
    return f"{'a' if role == Role.LEAD else 'an'} {role.label.lower()}"


def _locked(trial: Trial) -> None:
    """Wait for another change of the team: two who remove each other must not both succeed."""
    Trial.objects.select_for_update(no_key=True).get(pk=trial.pk)


def _check_apart(role: Role, held: Iterable[Role]) -> None:
    for other in held:
        if {role, other} in APART:
            raise Refused(
                f"This person is {_with_article(other)}, and analysts reach records of people that "
                "leads and administrators do not. Take the other role away first"
            )
