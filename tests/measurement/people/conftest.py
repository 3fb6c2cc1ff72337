"""A trial that may invite people, and its lead."""

import pytest

from measurement.models import Trial, User
from tests.measurement.people.inviting_trial import make_inviting_trial, make_lead


@pytest.fixture
def trial(db: None) -> Trial:
    """Have a trial with lists and all that inviting needs."""
    return make_inviting_trial()


@pytest.fixture
def kim(trial: Trial) -> User:
    """Have its lead, who has locked the plan."""
    return make_lead(trial)
