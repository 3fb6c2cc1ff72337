"""A simulated trial, loaded and analysed as the workers do it, with one secretly small group."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from pytest_django import DjangoDbBlocker

from measurement import analysis, bundles
from measurement.estimation.simulate import simulate
from measurement.models import Role, Trial, User
from tests.people import make_user
from tests.stored_once import stored_once

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


@pytest.fixture(scope="module")
def loaded(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Led]:
    """Have the trial loaded once for the tests of a file: what each changes is rolled back."""
    with stored_once(django_db_blocker, _led) as led:
        yield led


def _led() -> Led:
    trial = load_trial()
    return Led(trial, make_user("pat.ladle@example.com", (Role.LEAD, trial)))


@pytest.fixture
def led(db: None, loaded: Led) -> Led:
    """Have an analysed trial with its lead, as the database has them."""
    return Led(Trial.objects.get(pk=loaded.trial.pk), User.objects.get(pk=loaded.lead.pk))
