"""Who may reach what. Another trial's objects do not exist for those without a role in it."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypedDict, TypeVar

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.db import IntegrityError
from django.db.models import Exists, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest
from django.utils.translation import gettext

from measurement.models import (
    Membership,
    NoticeAcceptance,
    Participant,
    PrivacyNotice,
    Role,
    TaskLog,
    Trial,
    User,
)

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

Found = TypeVar("Found", bound=Participant)

LEADS: Final = (Role.LEAD, Role.ADMINISTRATOR)
"""Who sets up and runs a trial, and sees what may be published of it."""


class Asked(TypedDict):
    """What the database is asked beside the row of somebody who takes part."""

    has_notice_to_accept: bool


class SignedInRequest(HttpRequest):
    """A request to a view that needs a signed-in user."""

    user: User


def trials_for(user: User | AnonymousUser, roles: Collection[Role]) -> QuerySet[Trial]:
    """Return the trials in which `user` holds one of `roles`, by title."""
    if not isinstance(user, User):
        return Trial.objects.none()
    return (
        Trial.objects.filter(membership__user=user, membership__role__in=roles)
        .distinct()
        .order_by("title")
    )


def trial_for(user: User | AnonymousUser, slug: str, roles: Collection[Role]) -> Trial:
    """Return the trial if `user` holds one of `roles` in it. Raises Http404 otherwise."""
    trial = trials_for(user, roles).filter(slug=slug).first()
    if trial is None:
        raise Http404("No such trial")
    return trial


def roles_in(user: User, trial: Trial) -> frozenset[Role]:
    """Return the roles that `user` holds in `trial` now: none for those it does not concern."""
    held = Membership.objects.filter(user=user, trial=trial).values_list("role", flat=True)
    return frozenset(map(Role, held))


@dataclass(frozen=True)
class Standing:
    """The roles that a user holds in any trial now, and whether they left one as a participant."""

    roles: frozenset[Role]
    has_left: bool


def standing(user: User) -> Standing:
    """Return the user's standing, with one query. Who left a trial has no participant's role."""
    left = Participant.objects.filter(
        user=user, trial=OuterRef("trial"), withdrawn_on__isnull=False
    )
    held = Membership.objects.filter(user=user).values_list("role", Exists(left))
    roles = {Role(role) for role, has_left in held if not (has_left and role == Role.PARTICIPANT)}
    return Standing(frozenset(roles), any(has_left for _, has_left in held))


def roles_of(user: User) -> frozenset[Role]:
    """Return the roles of the user's standing."""
    return standing(user).roles


def taking_part() -> QuerySet[Participant]:
    """Return everybody who takes part still, newest trial first: not withdrawn, role held."""
    return (
        Participant.objects.filter(withdrawn_on__isnull=True)
        .filter(trial__membership__user=F("user"), trial__membership__role=Role.PARTICIPANT)
        .select_related("trial")
        .order_by("-trial_id")
    )


def participations(user: User | AnonymousUser) -> QuerySet[Participant]:
    """Return the participants that `user` is and that take part still, newest trial first."""
    if not isinstance(user, User):
        return Participant.objects.none()
    return taking_part().filter(user=user).select_related("assignment__arm")


def asked(people: QuerySet[Participant]) -> "QuerySet[WithAnnotations[Participant, Asked]]":
    """Return the participants with what else the database is asked about each."""
    return people.annotate(has_notice_to_accept=Exists(_newer_notices()))


def participants_of(user: User) -> "list[WithAnnotations[Participant, Asked]]":
    """Return who `user` is in each trial. Raises PermissionDenied if in none."""
    participants = list(asked(participations(user)))
    if not participants:
        if own_participants(user).exists():
            raise PermissionDenied(gettext("You have left the trial, so you log no more tasks."))
        raise PermissionDenied(gettext("This page is for people who take part in a trial."))
    return participants


def own_participants(user: User) -> QuerySet[Participant]:
    """Return all that `user` is or was in a trial, erased ones excepted, newest trial first."""
    return Participant.objects.filter(user=user).select_related("trial").order_by("-trial_id")


@contextmanager
def while_taking_part(participant: Participant) -> Iterator[None]:
    """Raise PermissionDenied where something fails since the participant was erased meanwhile."""
    try:
        yield
    except (IntegrityError, ObjectDoesNotExist):
        if Participant.objects.filter(pk=participant.pk).exists():
            raise
        raise PermissionDenied(gettext("All that was kept about you is erased.")) from None


def participant_in(participants: list[Found], slug: str | None) -> Found:
    """Return the participant of the named trial, or the only one. Raises Http404."""
    if slug is None and len(participants) == 1:
        return participants[0]
    for participant in participants:
        if participant.trial.slug == slug:
            return participant
    raise Http404("No such trial")


def _newer_notices() -> QuerySet[PrivacyNotice]:
    """Return the trial's privacy notices that are newer than all that the participant accepted."""
    # Two levels out: the participant of the query that asks for notices.
    accepted = NoticeAcceptance.objects.filter(participant=OuterRef(OuterRef("pk")))
    newest = accepted.order_by("-notice__version").values("notice__version")[:1]
    known = Coalesce(Subquery(newest), 0)
    return PrivacyNotice.objects.filter(trial=OuterRef("trial"), version__gt=known)


def own_logs(user: User) -> QuerySet[TaskLog]:
    """Return the task logs of `user` in all trials in which they take part still."""
    return TaskLog.objects.filter(participant__in=participations(user)).select_related(
        "participant__trial", "task_type", "tool"
    )
