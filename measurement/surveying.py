"""The weekly survey: when it is open, to whom, and the one door through which it is answered."""

import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import transaction
from django.db.models import Max, OuterRef, QuerySet, Subquery
from django.utils import timezone

from measurement.estimation.waves import OPEN_FOR, OPENS_AFTER, Wave
from measurement.models import (
    AuditEvent,
    Participant,
    SurveyResponse,
    Trial,
    TrialMark,
    User,
)


def open_wave(trial: Trial, today: datetime.date) -> Wave | None:
    """Return the wave that can be answered today: none before the first and after the last.

    There is one for each week of the trial that is at least four days long. A trial without a
    first day has none.
    """
    if trial.starts_on is None:
        return None
    first = trial.starts_on + OPENS_AFTER
    number = (today - first) // OPEN_FOR
    opens_on = first + number * OPEN_FOR
    if number < 0 or (trial.ends_on and opens_on > trial.ends_on):
        return None
    return Wave(number=number + 1, opens_on=opens_on)


def due(participant: Participant) -> Wave | None:
    """Return the wave that the participant can answer now and has not answered."""
    wave = open_wave(participant.trial, timezone.localdate())
    if wave is None or _answers(participant, wave).exists():
        return None
    return wave


def answered_waves() -> ArraySubquery:
    """Return an expression of participants: the names of the waves that they answered."""
    return ArraySubquery(SurveyResponse.objects.filter(participant=OuterRef("pk")).values("wave"))


def answered_on() -> Subquery:
    """Return an expression of participants: the day of their last answer; NULL without one."""
    own = SurveyResponse.objects.filter(participant=OuterRef("pk")).values("participant")
    return Subquery(own.annotate(last=Max("date")).values("last"))


def answer(
    *,
    participant: Participant,
    wave: Wave,
    band: tuple[float, float | None],
    satisfaction: int | None,
    recommend: int | None,
    comment: str = "",
    actor: User,
) -> bool:
    """Store the answer and have the results counted anew; False if there is one already.

    `band`: minutes saved a day from and to, to None for the open one.
    """
    low, high = band
    row: dict[str, Any] = {
        "date": timezone.localdate(),
        "minutes_saved_low": low,
        "minutes_saved_high": high,
        "satisfaction": satisfaction,
        "recommend": recommend,
        "comment": comment,
    }
    with transaction.atomic():
        # Two windows may send at once: the second waits here, and finds the first one's answer.
        Participant.objects.select_for_update(no_key=True).get(pk=participant.pk)
        if _answers(participant, wave).exists():
            return False
        SurveyResponse.objects.create(
            participant=participant, wave=wave.name, answered_at=timezone.now(), **row
        )
        AuditEvent.objects.create(
            actor=actor,
            trial_slug=participant.trial.slug,
            act="answer_survey",
            subject=f"{participant.pseudonym}/{wave.name}",
            detail={},
        )
        TrialMark.objects.create(trial=participant.trial)
    return True


def _answers(participant: Participant, wave: Wave) -> QuerySet[SurveyResponse]:
    return SurveyResponse.objects.filter(participant=participant, wave=wave.name)
