"""Somebody whose tasks chance decides for."""

import pytest
from django.test import Client

from measurement.models import Participant
from tests.people import make_participant, make_trial, make_user


@pytest.fixture
def dot(client: Client) -> Participant:
    """Have somebody signed in who takes part in a trial that flips coins."""
    trial = make_trial("coin", design={"kind": "task_randomised"})
    participant = make_participant(trial, make_user("dot.teaspoon@example.com"))
    assert participant.user
    client.force_login(participant.user)
    return participant
