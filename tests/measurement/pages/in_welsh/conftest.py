"""A Thursday of a trial, and somebody who takes part in it and reads Welsh."""

import datetime
from collections.abc import Iterator

import pytest
import time_machine
from django.test import Client

from measurement.models import Participant
from tests.measurement.pages.in_welsh.dates import THURSDAY
from tests.measurement.pages.in_welsh.welsh import read_welsh


@pytest.fixture
def robin(client: Client, participant: Participant) -> Participant:
    """Have a participant of a dated, simulated trial signed in who reads Welsh."""
    trial = participant.trial
    trial.starts_on, trial.simulated = datetime.date(2025, 2, 24), True
    trial.save()
    assert participant.user
    read_welsh(participant.user)
    client.force_login(participant.user)
    return participant


@pytest.fixture(autouse=True)
def _thursday(_no_earlier_tries: None) -> Iterator[None]:
    with time_machine.travel(THURSDAY, tick=False):
        yield
