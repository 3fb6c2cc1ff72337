"""The commands that publish a notice and invite people, as they are typed."""

import io

import pytest
from django.core import mail
from django.core.management import CommandError, call_command

from measurement.inviting import decline, invitation_of
from measurement.models import Invitation, PrivacyNotice, Role, Trial
from tests.people import make_trial, make_user

pytestmark = pytest.mark.django_db
LEAD = "lee.lead@example.com"
FACTS = {
    "controller": "Department of Teapots",
    "contact": "privacy@teapots.example.com",
    "keep-until": "2099-12-31",
    "by": LEAD,
}


def run(*command: str, **options: str) -> str:
    out = io.StringIO()
    call_command(*command, *(f"--{name}={value}" for name, value in options.items()), stdout=out)
    return out.getvalue()


@pytest.fixture
def lead(trial: Trial) -> None:
    """Have a lead of the trial."""
    make_user(LEAD, (Role.LEAD, trial))


@pytest.fixture
def notice(trial: Trial, lead: None) -> None:
    """Have its notice published."""
    run("publish_notice", trial.slug, **FACTS)


def test_a_notice_is_published_in_versions(trial: Trial, notice: None) -> None:
    said = run("publish_notice", trial.slug, **FACTS)
    assert said == "Version 2 of the privacy notice of teapot is published.\n"
    assert PrivacyNotice.objects.count() == 2


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"keep-until": "2001-01-01"}, "or a later day is allowed"),
        ({"contact": "nobody"}, "an email address is allowed"),
        ({"by": "pat.kettle@example.com"}, "--by"),
    ],
)
def test_faults_of_a_notice_are_told(
    trial: Trial, lead: None, changes: dict[str, str], message: str
) -> None:
    with pytest.raises(CommandError, match=message):
        run("publish_notice", trial.slug, **FACTS | changes)
    assert not PrivacyNotice.objects.exists()


def test_people_are_invited_by_email(trial: Trial, notice: None) -> None:
    said = run("invite", trial.slug, "dot@example.com", "pat@example.com", by=LEAD)
    assert said == "dot@example.com is invited.\npat@example.com is invited.\n"
    assert [sent.to for sent in mail.outbox] == [["dot@example.com"], ["pat@example.com"]]


def test_links_can_be_printed_instead(trial: Trial, notice: None) -> None:
    said = run("invite", trial.slug, "dot@example.com", "--print-links", by=LEAD)
    email, link = said.split()
    assert email == "dot@example.com"
    assert invitation_of(link.rstrip("/").rsplit("/", 1)[-1]) == Invitation.objects.get()
    assert not mail.outbox


def test_one_address_that_is_none_invites_nobody(trial: Trial, notice: None) -> None:
    with pytest.raises(CommandError, match="'pat'"):
        run("invite", trial.slug, "dot@example.com", "pat", by=LEAD)
    assert not Invitation.objects.exists()
    assert not mail.outbox


def test_a_notice_comes_first(trial: Trial, lead: None) -> None:
    with pytest.raises(CommandError, match="publish a privacy notice first"):
        run("invite", trial.slug, "dot@example.com", by=LEAD)


def test_who_has_answered_is_not_asked_again(trial: Trial, notice: None) -> None:
    run("invite", trial.slug, "dot@example.com", "pat@example.com", by=LEAD)
    decline(Invitation.objects.get(user__email="dot@example.com"))
    mail.outbox.clear()
    said = run("invite", trial.slug, "dot@example.com", "pat@example.com", by=LEAD)
    assert said.splitlines() == [
        "dot@example.com has answered before: not asked again.",
        "pat@example.com is invited.",
    ]
    assert [sent.to for sent in mail.outbox] == [["pat@example.com"]]


def test_where_chance_decides_for_whole_teams_an_address_is_too_little() -> None:
    arms = [{"name": "control", "ai": False}, {"name": "ai", "ai": True}]
    trial = make_trial("teams", design={"kind": "cluster", "unit": "team", "arms": arms})
    make_user(LEAD, (Role.LEAD, trial))
    with pytest.raises(CommandError, match="chance decides for each team as a whole"):
        run("invite", trial.slug, "dot.teaspoon@example.com", by=LEAD)
    assert not Invitation.objects.exists()
