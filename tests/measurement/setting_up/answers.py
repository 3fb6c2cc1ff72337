"""What a lead answers, and what the set-up says to it."""

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from measurement import setting_up
from measurement.models import (
    PlanLock,
    Trial,
    User,
)
from measurement.set_up_answers import Step, whole_fingerprint
from measurement.set_up_refusals import Refused

DATES = {
    "trial.starts_on": datetime.date(2034, 9, 4),
    "trial.ends_on": datetime.date(2034, 11, 24),
    "trial.run_in_days": 7,
    "plan.read_out_on": datetime.date(2034, 12, 8),
}
PERIODS = [
    {"name": "1", "starts_on": "2034-09-11", "ends_on": "2034-10-15"},
    {"name": "2", "starts_on": "2034-10-16", "ends_on": "2034-11-24"},
]


Save = Callable[..., Trial]


def choose(save: Save, kind: str) -> Trial:
    return save(Step.DESIGN, {"design.kind": kind})


def lock(trial: Trial, by: User) -> PlanLock:
    seen = whole_fingerprint(Trial.objects.get(pk=trial.pk).definition())
    return setting_up.lock(trial=trial, seen=seen, by=by)


def refused(call: Callable[..., Any], *given: Any, **named: Any) -> dict[str, str]:
    """Return what is refused, by setting."""
    with pytest.raises(Refused) as caught, transaction.atomic():
        call(*given, **named)
    return dict(caught.value.faults)
