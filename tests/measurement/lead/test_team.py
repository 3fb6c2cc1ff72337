"""Who runs a trial: giving and taking roles, and what nobody may do."""

from smtplib import SMTPServerDisconnected

import pytest
from django.core import mail
from django.test import Client

from measurement import team
from measurement.models import AuditEvent, Membership, Role, Trial, User
from tests.measurement.pages.page import Page
from tests.people import make_participant, make_trial, make_user

pytestmark = pytest.mark.django_db
PAGE = "/trials/teapot/team/"


@pytest.fixture
def visitor(client: Client, kim: User) -> Client:
    client.force_login(kim)
    return client


def roles(trial: Trial) -> list[tuple[str, str]]:
    return [(member.email, member.role.value) for member in team.members(trial)]


def test_a_lead_gives_a_role_and_takes_it_away(trial: Trial, kim: User) -> None:
    sam = team.add(trial=trial, email=" Sam.Spoon@example.com", role=Role.LEAD, by=kim)
    assert roles(trial) == [("kim.kettle@example.com", "lead"), ("sam.spoon@example.com", "lead")]
    number = str(Membership.objects.get(user=sam).pk)
    assert team.remove(trial=trial, membership=number, by=kim).email == sam.email
    assert roles(trial) == [("kim.kettle@example.com", "lead")]
    acts = AuditEvent.objects.filter(subject=f"user {sam.pk}").order_by("pk")
    assert [(act.act, act.actor_id, act.detail) for act in acts] == [
        ("grant_role", kim.pk, {"role": "lead"}),
        ("revoke_role", kim.pk, {"role": "lead"}),
    ]


def test_participants_are_not_of_the_team(trial: Trial, kim: User) -> None:
    make_participant(trial, make_user("pat.pot@example.com"))
    assert roles(trial) == [("kim.kettle@example.com", "lead")]
    number = str(Membership.objects.get(role=Role.PARTICIPANT).pk)
    with pytest.raises(team.Refused, match="does not have the role any more"):
        team.remove(trial=trial, membership=number, by=kim)
    with pytest.raises(team.Refused, match="Select a role"):
        team.add(trial=trial, email="amy@example.com", role=Role.PARTICIPANT, by=kim)


@pytest.mark.parametrize("number", ["x", "", "-1", "9" * 5000])
def test_what_is_no_role_is_not_taken_away(trial: Trial, kim: User, number: str) -> None:
    with pytest.raises(team.Refused):
        team.remove(trial=trial, membership=number, by=kim)


def test_a_role_of_another_trial_is_not_taken_away(trial: Trial, kim: User) -> None:
    make_user("olly.other@example.com", (Role.LEAD, make_trial("coffee")))
    number = str(Membership.objects.get(trial__slug="coffee").pk)
    with pytest.raises(team.Refused):
        team.remove(trial=trial, membership=number, by=kim)
    assert Membership.objects.filter(pk=number).exists()


def test_nobody_changes_their_own_roles(trial: Trial, kim: User) -> None:
    with pytest.raises(team.Refused, match="cannot give yourself"):
        team.add(trial=trial, email=kim.email, role=Role.ADMINISTRATOR, by=kim)
    number = str(Membership.objects.get(user=kim).pk)
    with pytest.raises(team.Refused, match="from yourself"):
        team.remove(trial=trial, membership=number, by=kim)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (Role.LEAD, Role.ANALYST),
        (Role.ANALYST, Role.LEAD),
        (Role.ANALYST, Role.ADMINISTRATOR),
    ],
)
def test_nobody_is_analyst_and_lead(trial: Trial, kim: User, first: Role, second: Role) -> None:
    team.add(trial=trial, email="sam.spoon@example.com", role=first, by=kim)
    with pytest.raises(team.Refused, match=f"This person is an? {first.value}"):
        team.add(trial=trial, email="sam.spoon@example.com", role=second, by=kim)
    assert len(roles(trial)) == 2


def test_the_same_role_twice_is_refused(trial: Trial, kim: User) -> None:
    team.add(trial=trial, email="sam.spoon@example.com", role=Role.LEAD, by=kim)
    with pytest.raises(team.Refused, match="has this role already"):
        team.add(trial=trial, email="sam.spoon@example.com", role=Role.LEAD, by=kim)


def test_the_page_gives_a_role_and_tells_by_email(visitor: Client, trial: Trial) -> None:
    trial.title = "Tea & biscuits"
    trial.save()
    answer = visitor.post(PAGE, {"email": "ann.ladle@example.com", "role": "analyst"})
    assert answer.status_code == 302
    (email,) = mail.outbox
    assert email.to == ["ann.ladle@example.com"]
    assert email.subject == "You are an analyst of a trial"
    assert 'the trial "Tea & biscuits"' in email.body
    assert "/api-guide/" in str(email.body)
    page = Page(visitor.get(PAGE))
    assert "ann.ladle@example.com has the role and was told by email" in page.words
    assert "Remove ann.ladle@example.com as analyst" in page.words


def test_a_lead_is_told_where_the_trial_is(visitor: Client, trial: Trial) -> None:
    visitor.post(PAGE, {"email": "sam.spoon@example.com", "role": "lead"})
    assert mail.outbox[0].subject == "You are a lead of a trial"
    assert "/trials/teapot/" in str(mail.outbox[0].body)


def test_a_mail_server_that_is_down_takes_no_role_away(
    visitor: Client, trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*args: object) -> None:
        raise SMTPServerDisconnected

    monkeypatch.setattr(mail.EmailMessage, "send", down)
    visitor.post(PAGE, {"email": "sam.spoon@example.com", "role": "lead"})
    assert len(roles(trial)) == 2
    assert "The email could not be sent: tell them" in Page(visitor.get(PAGE)).words


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ({"email": "", "role": "lead"}, "Enter an email address"),
        ({"email": "sam", "role": "lead"}, "Enter an email address"),
        ({"email": "x" * 250 + "@example.com", "role": "lead"}, "Enter an email address"),
        ({"email": "sam.spoon@example.com"}, "Select a role"),
        ({"email": "sam.spoon@example.com", "role": "participant"}, "Select a role"),
        ({"email": "kim.kettle@example.com", "role": "lead"}, "You cannot give yourself a role"),
    ],
)
def test_what_is_wrong_is_said(visitor: Client, answers: dict[str, str], error: str) -> None:
    answer = visitor.post(PAGE, answers)
    page = Page(answer)
    assert answer.status_code == 422
    assert page.title.startswith("Error: ")
    assert error in page.words
    assert not mail.outbox


def test_the_page_takes_a_role_away(visitor: Client, trial: Trial) -> None:
    make_user("sam.spoon@example.com", (Role.LEAD, trial))
    number = Membership.objects.get(user__email="sam.spoon@example.com").pk
    visitor.post(PAGE, {"remove": str(number)})
    assert "sam.spoon@example.com does not have the role any more" in Page(visitor.get(PAGE)).words
    visitor.post(PAGE, {"remove": str(number)})
    assert "This person does not have the role any more" in Page(visitor.get(PAGE)).words
    assert len(roles(trial)) == 1
