"""Many invitations at once, all of them or none."""

import datetime
from collections.abc import Callable, Sequence
from typing import Final

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from measurement import enrolment, inviting, notices
from measurement.models import AuditEvent, Invitation, PlanLock, Trial, User
from measurement.people.known import invited_before, pieces
from measurement.people.reading import LISTED, Person

AT_ONCE: Final = 1_000

Ids = dict[str, dict[str, int]]
"""The row of each entry of the trial's lists, by column and name."""


def hindrances(trial: Trial) -> list[str]:
    """Return what keeps the trial from inviting anybody now, in plain words; nothing if nothing."""
    found = []
    if notices.newest(trial) is None:
        found.append("The trial has not published a privacy notice")
    if not PlanLock.objects.filter(trial=trial).exists():
        found.append("The plan is not locked")
    if is_over(trial):
        found.append("The trial has ended")
    return found


def is_over(trial: Trial) -> bool:
    """Return whether the last day of the trial is over, so that nobody can join any more."""
    return trial.ends_on is not None and timezone.localdate() > trial.ends_on


def invite(
    *,
    trial: Trial,
    people: Sequence[Person],
    actor: User | None,
    sha256: str,
    progress: Callable[[int], None] = lambda stored: None,
) -> int:
    """Store an invitation of everybody who has none; their emails wait. Return how many are new.

    Must be called in a transaction. `progress` is told how many people are dealt with. The audit
    record gets an event for each invitation, and one for the file with its hash.
    """
    Trial.objects.select_for_update(no_key=True).get(pk=trial.pk)  # one file after the other
    before = invited_before(trial, [person.email for person in people])
    new = [person for person in people if person.email not in before]
    now, ids = timezone.now(), _ids(trial)
    stored = 0
    for some in pieces(new, AT_ONCE):
        stored += _invite(trial, some, _users(some), ids, actor, now)
        progress(len(before) + stored)
    AuditEvent.objects.create(
        actor=actor,
        trial_slug=trial.slug,
        act="invite_people",
        detail={"sha256": sha256, "people": len(people), "new": stored},
    )
    return stored


def _users(people: Sequence[Person]) -> dict[str, int]:
    """Return the user of each address; who has none gets one, who can sign in by email alone."""
    emails = [person.email for person in people]
    known = set(User.objects.filter(email__in=emails).values_list("email", flat=True))
    User.objects.bulk_create(
        [User(email=email, password=make_password(None)) for email in emails if email not in known],
        ignore_conflicts=True,
    )
    return dict(User.objects.filter(email__in=emails).values_list("email", "pk"))


def _invite(
    trial: Trial,
    people: Sequence[Person],
    users: dict[str, int],
    ids: Ids,
    actor: User | None,
    now: datetime.datetime,
) -> int:
    Invitation.objects.bulk_create(
        [
            Invitation(
                trial=trial,
                user_id=users[person.email],
                team=person.team,
                invited_at=now,
                mail=Invitation.Mail.WAITING,
                **{f"{name}_id": ids[name].get(getattr(person, name)) for name in LISTED},
            )
            for person in people
        ],
        ignore_conflicts=True,  # somebody who was invited by hand just now
    )
    stored = Invitation.objects.filter(trial=trial, user__in=users.values(), invited_at=now)
    events = [
        AuditEvent(actor=actor, trial_slug=trial.slug, act=inviting.INVITED, subject=f"user {user}")
        for user in stored.values_list("user", flat=True)
    ]
    AuditEvent.objects.bulk_create(events)
    return len(events)


def _ids(trial: Trial) -> Ids:
    return {
        name: dict(model._default_manager.filter(trial=trial).values_list("name", "pk"))
        for name, model in enrolment.LISTS.items()
    }
