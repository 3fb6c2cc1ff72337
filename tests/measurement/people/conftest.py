"""A trial that may invite people, and its lead."""

import pytest

from measurement import planning
from measurement.models import Department, Grade, Role, Trial, User
from tests.people import make_trial, make_user, publish_notice


@pytest.fixture
def trial(db: None) -> Trial:
    """Have a trial with lists and all that inviting needs."""
    trial = make_trial()
    for name in ("Home Teapots", "Treasury"):
        Department.objects.create(trial=trial, name=name)
    Grade.objects.create(trial=trial, name="Grade 7")
    publish_notice(trial)
    return trial


@pytest.fixture
def kim(trial: Trial) -> User:
    """Have its lead, who has locked the plan."""
    kim = make_user("kim.kettle@example.com", (Role.LEAD, trial))
    planning.lock(trial=trial, by=kim)
    return kim
