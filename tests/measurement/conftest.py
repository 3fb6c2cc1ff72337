"""An invented trial with one participant, for tests of the data path."""

import pytest
from django.test import Client
from pytest_django import Settings

from measurement.models import Participant, Role, Trial, User
from tests.measurement.mail_server import MailServer
from tests.people import make_participant, make_trial, make_user


@pytest.fixture
def trial(db: None) -> Trial:
    """Have an observational trial with lists."""
    return make_trial()


@pytest.fixture
def kim(trial: Trial) -> User:
    """Have its lead."""
    return make_user("kim.kettle@example.com", (Role.LEAD, trial))


@pytest.fixture
def participant(trial: Trial) -> Participant:
    """Have a participant of it who can sign in."""
    return make_participant(trial, make_user("dot.teaspoon@example.com"))


@pytest.fixture
def robin(participant: Participant, client: Client) -> Participant:
    """Have the participant signed in to `client`."""
    assert participant.user
    client.force_login(participant.user)
    return participant


@pytest.fixture
def server(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> type[MailServer]:
    """Have emails sent through a server that a test can break."""
    settings.EMAIL_BACKEND = "tests.measurement.mail_server.MailServer"
    monkeypatch.setattr(MailServer, "down", None)
    monkeypatch.setattr(MailServer, "breaks", {})
    monkeypatch.setattr(MailServer, "closed", 0)
    return MailServer
