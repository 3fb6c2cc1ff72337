"""Which people a trial knows already: those who were ever invited to it."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final, TypeVar

from measurement import inviting
from measurement.models import AuditEvent, Invitation, Trial, User

AT_ONCE: Final = 5_000
"""So many texts stand in one question to the database."""

Found = TypeVar("Found")


def invited_before(trial: Trial, emails: Sequence[str]) -> set[str]:
    """Return which of the addresses, in lower case, were ever invited to the trial.

    Those who were erased since are among them: a lead who tries addresses does not learn who
    left, and nobody who left is asked again by a file.
    """
    known: set[str] = set()
    for some in pieces(emails, AT_ONCE):
        users = dict(User.objects.filter(email__in=some).values_list("pk", "email"))
        invitations = Invitation.objects.filter(trial=trial, user__in=users)
        known.update(users[pk] for pk in invitations.values_list("user", flat=True))
        subjects = {f"user {pk}": email for pk, email in users.items()}
        acts = AuditEvent.objects.filter(
            subject__in=subjects, trial_slug=trial.slug, act=inviting.INVITED
        )
        known.update(subjects[subject] for subject in acts.values_list("subject", flat=True))
    return known


def ever_invited(trial: Trial) -> bool:
    """Return whether anybody was ever invited to the trial, whoever left since."""
    acts = AuditEvent.objects.filter(subject__startswith="user ", trial_slug=trial.slug)
    return acts.filter(act=inviting.INVITED).exists()


def pieces(whole: Iterable[Found], size: int) -> Iterator[list[Found]]:
    """Yield the whole, in order, in lists of at most `size`."""
    rest = iter(whole)
    while piece := list(islice(rest, size)):
        yield piece
