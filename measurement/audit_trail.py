"""The audit record of one participant, and nobody else's."""

from typing import Final

from django.db.models import Q, QuerySet

from measurement.models import ApiToken, AuditEvent, Erasure, Participant, User

ABOUT_THE_PERSON: Final = (
    "enrol_participant",
    "link_participant",
    "assign_participant",
    "withdraw_participant",
    "accept_notice",
    "answer_baseline",
)
"""Acts whose subject is the whole pseudonym; of others it is followed by "/" and a key."""
OTHER_SUBJECTS: Final = ("user ", "token ")
"""How the subjects begin of acts on accounts: "user 5" may be a participant's pseudonym too."""


def about(participant: Participant) -> QuerySet[AuditEvent]:
    """Return the acts done to the participant, their logs and answers, oldest first.

    Pseudonyms and keys of loaded bundles may hold a "/", so "a/b" can be the log "b" of "a" and
    the participant "a/b" too. What may be about somebody else is left out.
    """
    trial, name = participant.trial, participant.pseudonym
    events = AuditEvent.objects.filter(trial_slug=trial.slug).order_by("pk")
    parts = name.split("/")
    shorter = ["/".join(parts[:count]) for count in range(1, len(parts))]
    rivals = _others(participant, Q(pseudonym__in=shorter) | Q(pseudonym__startswith=f"{name}/"))
    if name.startswith(OTHER_SUBJECTS) or any(rival in shorter for rival in rivals):
        return events.filter(subject=name, act__in=ABOUT_THE_PERSON)
    own = events.filter(Q(subject=name) | Q(subject__startswith=f"{name}/"))
    for rival in rivals:
        own = own.exclude(Q(subject=rival) | Q(subject__startswith=f"{rival}/"))
    return own


def about_account(user: User) -> QuerySet[AuditEvent]:
    """Return the acts on the user's roles, tokens and downloads, oldest first."""
    subjects = [f"user {user.pk}"]
    tokens = ApiToken.objects.filter(user=user).values_list("pk", flat=True)
    subjects += [f"token {pk}" for pk in tokens]
    events = AuditEvent.objects.filter(subject__in=subjects)
    return events.exclude(act__in=ABOUT_THE_PERSON).order_by("pk")


def subject_of(pseudonym: str, key: str) -> str:
    """Return the subject of acts on one task log."""
    return f"{pseudonym}/{key}"


def _others(participant: Participant, chosen: Q) -> set[str]:
    """Return the chosen pseudonyms of the trial, of people who were erased too."""
    trial = participant.trial
    people = Participant.objects.filter(chosen, trial=trial).values_list("pseudonym", flat=True)
    erased = Erasure.objects.filter(chosen, trial_slug=trial.slug)
    return set(people.union(erased.order_by().values_list("pseudonym", flat=True)))
