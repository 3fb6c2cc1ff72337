"""Who is invited, joins or declines, and under which privacy notice."""

import datetime
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from measurement import enrolment, inviting, notices
from measurement.models import (
    AuditEvent,
    Department,
    Invitation,
    Membership,
    NoticeAcceptance,
    Participant,
    PrivacyNotice,
    Trial,
    User,
)
from tests.people import make_trial, make_user, publish_notice

pytestmark = pytest.mark.django_db
EMAIL = "dot.teaspoon@example.com"


def invited(trial: Trial, **known: Any) -> Invitation:
    publish_notice(trial)
    return inviting.invite(trial=trial, email=EMAIL, actor=None, **known)


def test_notices_are_numbered_and_leave_a_trace(trial: Trial) -> None:
    assert notices.newest(trial) is None
    assert [publish_notice(trial).version for _ in range(3)] == [1, 2, 3]
    newest = notices.newest(trial)
    assert newest
    assert (newest.version, newest.edition) == (3, notices.EDITION)
    assert AuditEvent.objects.filter(act="publish_notice").count() == 3


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"controller": " "}, "controller ' '"),
        ({"contact": "by post"}, "an email address is allowed"),
        ({"keep_until": datetime.date(2001, 1, 1)}, "or a later day is allowed"),
    ],
)
def test_a_notice_without_its_facts_is_refused(
    trial: Trial, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        publish_notice(trial, **changes)
    assert not PrivacyNotice.objects.exists()


def test_nothing_is_kept_until_a_day_before_the_trial_ends(trial: Trial) -> None:
    trial.ends_on = timezone.localdate() + datetime.timedelta(days=90)
    with pytest.raises(ValueError, match=trial.ends_on.isoformat()):
        publish_notice(trial, keep_until=trial.ends_on - datetime.timedelta(days=1))
    publish_notice(trial, keep_until=trial.ends_on)


def test_nobody_is_invited_without_a_notice(trial: Trial) -> None:
    with pytest.raises(inviting.NoNotice):
        inviting.invite(trial=trial, email=EMAIL, actor=None)
    assert not User.objects.exists()


def test_who_is_invited_takes_no_part_yet(trial: Trial) -> None:
    invitation = invited(trial)
    assert invitation.user.email == EMAIL
    assert invitation.accepted is None
    assert not Participant.objects.exists()
    assert not Membership.objects.exists()


def test_the_same_invitation_again_changes_nothing(trial: Trial) -> None:
    first = invited(trial, team="Blue")
    again = inviting.invite(trial=trial, email=f" {EMAIL.upper()} ", actor=None, team="Green")
    assert (again.pk, again.team) == (first.pk, "Blue")
    assert AuditEvent.objects.filter(act="invite").count() == 1


@pytest.mark.parametrize("email", ["", "dot", "dot@", "a b@example.com"])
def test_only_addresses_are_invited(trial: Trial, email: str) -> None:
    publish_notice(trial)
    with pytest.raises(ValueError, match="an email address is allowed"):
        inviting.invite(trial=trial, email=email, actor=None)


def test_an_unknown_department_is_refused(trial: Trial) -> None:
    publish_notice(trial)
    with pytest.raises(ValueError, match="department 'Moon'"):
        inviting.invite(trial=trial, email=EMAIL, actor=None, department="Moon")
    assert not User.objects.exists()


def test_the_link_of_the_email_leads_to_the_invitation(trial: Trial, settings: Settings) -> None:
    settings.SITE_URL = "https://trial.example.com"
    invitation = invited(trial)
    inviting.send(invitation)
    (sent,) = mail.outbox
    assert sent.to == [EMAIL]
    found = re.search(r"https://trial\.example\.com/join/([^/]+)/", str(sent.body))
    assert found
    assert inviting.invitation_of(found.group(1)) == invitation
    assert trial.title in sent.body
    assert "&" not in sent.body


def test_the_email_speaks_the_language_of_the_account(trial: Trial) -> None:
    invitation = invited(trial)
    inviting.send(invitation)
    invitation.user.language = "cy"
    inviting.send(invitation)
    english, welsh = mail.outbox
    assert english.subject != welsh.subject
    assert english.body != welsh.body


def test_links_that_are_forged_or_old_lead_nowhere(trial: Trial) -> None:
    token = inviting.token_of(invited(trial))
    assert inviting.invitation_of(token[:-1]) is None
    assert inviting.invitation_of("1") is None
    with time_machine.travel(timezone.now() + datetime.timedelta(days=61)):
        assert inviting.invitation_of(token) is None
    Invitation.objects.all().delete()
    assert inviting.invitation_of(token) is None


def test_who_joins_takes_part_with_what_was_known(trial: Trial) -> None:
    Department.objects.create(trial=trial, name="Teapots")
    invitation = invited(trial, department="Teapots", team="Blue")
    notice = notices.newest(trial)
    assert notice
    participant = inviting.join(invitation=invitation, notice=notice)
    again = inviting.join(invitation=invitation, notice=notice)
    assert participant.pk == again.pk
    assert participant.department
    assert (participant.department.name, participant.team) == ("Teapots", "Blue")
    assert participant.enrolled_on == timezone.localdate()
    assert participant.user == invitation.user
    accepted = NoticeAcceptance.objects.get()
    assert (accepted.notice, accepted.participant) == (notice, participant)
    invitation.refresh_from_db()
    assert invitation.accepted is True
    for act in ("join_trial", "accept_notice", "enrol_participant"):
        assert AuditEvent.objects.filter(act=act).count() == 1


def test_who_is_a_participant_already_joins_as_that_one(trial: Trial) -> None:
    invitation = invited(trial)
    known = enrolment.enrol(trial=trial, user=invitation.user, actor=None)
    notice = notices.newest(trial)
    assert notice
    assert inviting.join(invitation=invitation, notice=notice).pk == known.pk


def test_who_declines_can_think_again(trial: Trial) -> None:
    Department.objects.create(trial=trial, name="Teapots")
    invitation = invited(trial, department="Teapots", team="Blue")
    assert inviting.decline(invitation)
    assert inviting.decline(invitation)
    declined = Invitation.objects.get()
    assert declined.accepted is False
    assert (declined.department, declined.team) == (None, "")
    assert AuditEvent.objects.filter(act="decline_invitation").count() == 1
    notice = notices.newest(trial)
    assert notice
    inviting.join(invitation=invitation, notice=notice)
    assert Invitation.objects.get().accepted is True
    assert not inviting.decline(invitation)
    assert Invitation.objects.get().accepted is True


def test_nobody_joins_what_is_over(trial: Trial) -> None:
    invitation = invited(trial)
    notice = notices.newest(trial)
    assert notice
    trial.ends_on = timezone.localdate()
    trial.save()
    participant = inviting.join(invitation=invitation, notice=notice)
    enrolment.withdraw(participant=participant, on=timezone.localdate(), actor=None)
    with pytest.raises(inviting.Over):
        inviting.join(invitation=invitation, notice=notice)
    Participant.objects.all().delete()
    with time_machine.travel(timezone.now() + datetime.timedelta(days=1)):
        assert inviting.is_over(invitation)


@pytest.mark.django_db(transaction=True)
def test_windows_that_join_at_once_make_one_participant(trial: Trial) -> None:
    invitation = invited(trial)
    notice = notices.newest(trial)
    assert notice

    def join(_: int) -> int:
        try:
            return inviting.join(
                invitation=Invitation.objects.get(pk=invitation.pk), notice=notice
            ).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        assert len(set(pool.map(join, range(12)))) == 1
    assert Participant.objects.count() == NoticeAcceptance.objects.count() == 1


def test_a_notice_is_accepted_once(trial: Trial) -> None:
    invitation = invited(trial)
    notice = notices.newest(trial)
    assert notice
    participant = inviting.join(invitation=invitation, notice=notice)
    notices.accept(participant=participant, notice=notice, actor=invitation.user)
    assert NoticeAcceptance.objects.count() == 1
    assert AuditEvent.objects.filter(act="accept_notice").count() == 1


def test_users_who_were_there_before_are_invited_as_they_are() -> None:
    user = make_user(EMAIL)
    assert invited(make_trial("kettle")).user == user
