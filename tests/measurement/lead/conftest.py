"""The lead of a trial that is being set up."""

import pytest
from django.test import Client

from measurement import starting
from tests.measurement.lead.setting_up import Lead


@pytest.fixture
def lead(client: Client) -> Lead:
    kim = starting.allow(email="kim.kettle@example.com", actor=None)
    starting.start(title="Tea", sector="education", by=kim)
    return Lead(client, kim)
