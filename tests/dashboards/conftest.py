"""A simulated trial, loaded and analysed as the workers do it, with one secretly small group."""

from dataclasses import dataclass, replace

import pytest

from measurement import analysis, bundles
from measurement.estimation.simulate import simulate
from measurement.models import Role, Trial, User
from tests.people import make_user

SMALL_GROUP = "Secret Teapot Unit"
SMALL_GROUP_PEOPLE = 4


@dataclass(frozen=True)
class Led:
    """A trial and who leads it."""

    trial: Trial
    lead: User


def load_trial(*, participants: int = 80, design: str = "crossover") -> Trial:
    """Load and analyse a simulated trial, four of its people in a department of their own."""
    bundle = simulate(
        participants=participants, logs_per_participant=20, design=design, seed=7
    ).bundle
    people = bundle.participants.copy()
    people.loc[: SMALL_GROUP_PEOPLE - 1, "department"] = SMALL_GROUP
    trial = bundles.load(replace(bundle, participants=people))
    analysis.analyse(trial)
    return trial


@pytest.fixture
def led(db: None) -> Led:
    """Have an analysed trial with its lead."""
    trial = load_trial()
    return Led(trial, make_user("pat.ladle@example.com", (Role.LEAD, trial)))
