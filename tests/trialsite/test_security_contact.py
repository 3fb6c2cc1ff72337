"""security.txt: read as a scanner reads it, and what the environment may say."""

import datetime
from typing import Final

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from tests.trialsite.test_settings import run

ADDRESS: Final = "/.well-known/security.txt"
SHOW: Final = ["-c", "from trialsite import settings; print(settings.SECURITY_CONTACT)"]


def test_it_names_a_contact_until_a_day_within_a_year(client: Client, settings: Settings) -> None:
    settings.SECURITY_CONTACT = "mailto:security@teapot.example"
    settings.SITE_URL = "https://teapot.example"
    answer = client.get(ADDRESS)
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/plain; charset=utf-8")
    fields = dict(line.split(": ", 1) for line in answer.content.decode().splitlines())
    expires = datetime.datetime.fromisoformat(fields.pop("Expires"))
    left = expires - timezone.now()
    assert datetime.timedelta(days=30) < left < datetime.timedelta(days=365)
    assert fields == {
        "Contact": "mailto:security@teapot.example",
        "Preferred-Languages": "en, cy",
        "Canonical": f"https://teapot.example{ADDRESS}",
    }
    assert client.post(ADDRESS).status_code == 405


@pytest.mark.parametrize(
    ("given", "contact"),
    [
        ({}, "mailto:trialsite@localhost"),
        ({"DEFAULT_FROM_EMAIL": "Teapot <tea@pot.example>"}, "mailto:tea@pot.example"),
        ({"SECURITY_CONTACT": "https://pot.example/report"}, "https://pot.example/report"),
    ],
)
def test_without_a_contact_it_is_the_sender_of_emails(given: dict[str, str], contact: str) -> None:
    done = run(SHOW, **given)
    assert done.stdout.strip() == contact, done.stderr


@pytest.mark.parametrize("given", ["security@pot.example", "http://pot.example"])
def test_what_is_no_address_of_a_contact_is_refused(given: str) -> None:
    done = run(SHOW, SECURITY_CONTACT=given)
    assert done.returncode == 1
    assert f"SECURITY_CONTACT is '{given}'" in done.stderr
