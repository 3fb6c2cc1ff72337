"""A trial that is being set up, its lead, and a function that answers a step."""

from collections.abc import Callable
from typing import Any

import pytest

from measurement import setting_up, starting
from measurement.models import (
    Trial,
    User,
)
from measurement.set_up_answers import fingerprint, stored


@pytest.fixture
def kim() -> User:
    return starting.allow(email="kim.kettle@example.com", actor=None)


@pytest.fixture
def trial(kim: User) -> Trial:
    return starting.start(title="Tea", sector="education", by=kim)


@pytest.fixture
def save(trial: Trial, kim: User) -> Callable[..., Trial]:
    """Return a function that answers a step as somebody does who saw what is stored."""

    def answer(step: str, given: dict[str, Any], **more: Any) -> Trial:
        fresh = Trial.objects.get(pk=trial.pk)
        seen = {"seen": fingerprint(stored(fresh, step)), **more}
        setting_up.save(trial=fresh, step=step, given=given, by=kim, **seen)
        return Trial.objects.get(pk=trial.pk)

    return answer
