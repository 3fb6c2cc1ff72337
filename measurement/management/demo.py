"""The demonstration's sign-ins: an address for each thing to do, in both trials."""

import datetime
from typing import Final

from django.utils import timezone

from measurement import enrolment, notices, starting
from measurement.models import Participant, PrivacyNotice, Role, Trial, User

KEPT_FOR: Final = datetime.timedelta(days=730)
PARTICIPANT: Final = "participant@demo.example"
LEAD: Final = "lead@demo.example"
SECOND_LEAD: Final = "second-lead@demo.example"
SIGN_INS: Final[dict[str, tuple[Role, str]]] = {
    PARTICIPANT: (Role.PARTICIPANT, "logs tasks, sees own logs"),
    LEAD: (Role.LEAD, "sets up and runs trials, sees the dashboards, asks for reports"),
    SECOND_LEAD: (Role.LEAD, "approves the reports that the other lead asks for"),
    "analyst@demo.example": (Role.ANALYST, "gets full results and pseudonymised records"),
    "administrator@demo.example": (Role.ADMINISTRATOR, "keeps the trial"),
}


def admit(trial: Trial) -> None:
    """Give every demonstration user their role in the trial; does nothing the second time."""
    for email, (role, _) in SIGN_INS.items():
        user = User.objects.filter(email=email).first() or User.objects.create_user(email=email)
        if role == Role.PARTICIPANT:
            _take_part(user, trial)
        enrolment.grant(user=user, trial=trial, role=role, actor=None)
        if role == Role.LEAD:
            starting.allow(email=email, actor=None)


def _publish_notice(trial: Trial) -> PrivacyNotice:
    """Have the trial say what becomes of data: participants of the demonstration accepted it."""
    today = timezone.localdate()
    return notices.newest(trial) or notices.publish(
        trial=trial,
        controller="Government of Imaginaria",
        contact="privacy@demo.example",
        keep_until=max(today, trial.ends_on or today) + KEPT_FOR,
        actor=None,
    )


def _take_part(user: User, trial: Trial) -> None:
    people = Participant.objects.filter(trial=trial)
    if people.filter(user=user).exists():
        return
    free = people.filter(user__isnull=True, withdrawn_on__isnull=True).order_by("pseudonym")
    first = free.first()
    if first is None:
        raise ValueError(f"trial {trial.slug}: nobody is left whom {user.email} could be")
    enrolment.link(participant=first, user=user, actor=None)
    notices.accept(participant=first, notice=_publish_notice(trial), actor=user)
