"""A trial that may invite people: it has lists, a privacy notice and a locked plan."""

from measurement import planning
from measurement.models import Department, Grade, Role, Trial, User
from tests.people import make_trial, make_user, publish_notice


def make_inviting_trial() -> Trial:
    """Store the trial with a privacy notice; its lead locks the plan."""
    trial = make_trial()
    for name in ("Home Teapots", "Treasury"):
        Department.objects.create(trial=trial, name=name)
    Grade.objects.create(trial=trial, name="Grade 7")
    publish_notice(trial)
    return trial


def make_lead(trial: Trial) -> User:
    """Store its lead, who has locked the plan."""
    kim = make_user("kim.kettle@example.com", (Role.LEAD, trial))
    planning.lock(trial=trial, by=kim)
    return kim
