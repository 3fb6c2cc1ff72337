"""The baseline survey: what a participant says once, before the first log."""

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from measurement import enrolment
from measurement.estimation.definition import MAX_MINUTES
from measurement.models import (
    AuditEvent,
    BaselineAnswer,
    DirtyMark,
    NoticeAcceptance,
    Participant,
    User,
)


@dataclass(frozen=True)
class Answers:
    """What was said. Lists are given by name; None where nothing was said or asked."""

    ai_use_before: str
    usual_minutes: float | None = None
    department: str | None = None
    grade: str | None = None
    profession: str | None = None


def is_answered(participant: Participant) -> bool:
    """Return whether the participant has answered; one query."""
    return BaselineAnswer.objects.filter(participant=participant).exists()


def waits() -> Exists:
    """Return an expression of participants: whether one who joined by a notice has yet to answer.

    Participants who were loaded from a file said before what the trial needs of them.
    """
    joined = NoticeAcceptance.objects.filter(participant=OuterRef("pk"))
    unanswered = Participant.objects.filter(pk=OuterRef("pk"), baseline__isnull=True)
    return Exists(unanswered.filter(Exists(joined), baseline_minutes__isnull=True))


def asked_lists(participant: Participant) -> dict[str, list[str]]:
    """Return the lists that are asked about: those that the trial has and that nobody filled in."""
    trial = participant.trial
    empty = [name for name in enrolment.LISTS if getattr(participant, f"{name}_id") is None]
    lists = {
        name: list(getattr(trial, f"{name}_set").values_list("name", flat=True)) for name in empty
    }
    return {name: entries for name, entries in lists.items() if entries}


def answer(*, participant: Participant, answers: Answers, actor: User) -> bool:
    """Store the answers and have the results counted anew; False if there are some already.

    What the people who run the trial filled in before stays as it is. Raises ValueError for more
    minutes than a day has, or none, and for what is not in the trial's lists.
    """
    _check(answers)
    with transaction.atomic():
        # Two windows may send at once: the second waits here, and finds the first one's answer.
        locked = Participant.objects.select_for_update(no_key=True).get(pk=participant.pk)
        _, is_new = BaselineAnswer.objects.get_or_create(
            participant=locked,
            defaults={"ai_use_before": answers.ai_use_before, "answered_at": timezone.now()},
        )
        if is_new:
            _fill_in(locked, answers)
            AuditEvent.objects.create(
                actor=actor,
                trial_slug=participant.trial.slug,
                act="answer_baseline",
                subject=participant.pseudonym,
                detail={},
            )
            DirtyMark.objects.create(participant=locked)
    return is_new


def _fill_in(participant: Participant, answers: Answers) -> None:
    """Complete the participant's row with what it lacks."""
    said: dict[str, Any] = {"baseline_minutes": answers.usual_minutes}
    for name in enrolment.LISTS:
        said[name] = enrolment.entry(participant.trial, name, getattr(answers, name))
    filled = [name for name, value in said.items() if getattr(participant, name) is None]
    for name in filled:
        setattr(participant, name, said[name])
    participant.save(update_fields=filled)


def _check(answers: Answers) -> None:
    if answers.ai_use_before not in BaselineAnswer.AiUse.values:
        allowed = ", ".join(BaselineAnswer.AiUse.values)
        raise ValueError(f"AI use before {answers.ai_use_before!r}: one of {allowed} is allowed")
    minutes = answers.usual_minutes
    if minutes is not None and not 0 < minutes <= MAX_MINUTES:
        raise ValueError(f"{minutes} usual minutes: above 0 and at most {MAX_MINUTES} are allowed")
