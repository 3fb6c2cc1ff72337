"""How many people were invited and what they answered, as far as a lead may know it."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Count, Q

from measurement.estimation.disclosure import rounded_count
from measurement.models import Invitation, Trial


@dataclass(frozen=True)
class Counted:
    """Rounded counts of people; None is withheld.

    `mail_*` say whether any first emails are so: of reminders that would tell who has not answered.
    """

    invited: int | None
    answers: Mapping[str, int | None]
    mail_waits: bool
    mail_is_held: bool
    mail_was_refused: bool


def counted(trial: Trial) -> Counted:
    """Return the counts of the trial's invitations. One query."""
    mail, first = Invitation.Mail, Q(nudged_at__isnull=True)
    counts = Invitation.objects.filter(trial=trial).aggregate(
        yes=Count("pk", filter=Q(accepted=True)),
        no=Count("pk", filter=Q(accepted=False)),
        unanswered=Count("pk", filter=Q(accepted__isnull=True)),
        mail_waits=Count("pk", filter=first & Q(mail=mail.WAITING)),
        mail_is_held=Count("pk", filter=first & Q(mail=mail.HELD)),
        mail_was_refused=Count("pk", filter=first & Q(mail=mail.REFUSED)),
    )
    minimum = int(trial.disclosure["minimum_people"])
    answers = {
        "accepted": counts["yes"],
        "declined": counts["no"],
        "waiting": counts["unanswered"],
    }
    return Counted(
        invited=rounded(sum(answers.values()), minimum),
        answers=published(answers, minimum),
        mail_waits=counts["mail_waits"] > 0,
        mail_is_held=counts["mail_is_held"] > 0,
        mail_was_refused=counts["mail_was_refused"] > 0,
    )


def published(parts: Mapping[str, int], minimum: int) -> dict[str, int | None]:
    """Return the parts of a known whole, rounded; None for those that are withheld.

    A part of fewer than `minimum` people is withheld, an empty one too: of people whom the lead
    knows by name it would tell what all of them did. As the whole is known, the next smallest
    parts are withheld with it until together they are `minimum` people or more.
    """
    hidden: set[str] = set()
    for name in sorted(parts, key=lambda part: (parts[part], part)):
        if parts[name] < minimum or (hidden and sum(parts[one] for one in hidden) < minimum):
            hidden.add(name)
    return {name: None if name in hidden else rounded_count(parts[name]) for name in parts}


def rounded(count: int, minimum: int) -> int | None:
    """Return the count to the nearest 5; None for fewer than `minimum` people."""
    return None if count < minimum else rounded_count(count)
