"""Enrolling, assigning, withdrawing: what is stored, what is left behind."""

import datetime
from typing import Any

import pytest

from measurement import enrolment
from measurement.models import (
    Arm,
    AuditEvent,
    Department,
    DirtyMark,
    Membership,
    Participant,
    Role,
    Trial,
)
from tests.people import make_trial, make_user

DAY = datetime.date(2025, 3, 3)


def test_enrol_makes_a_participant_without_a_name(trial: Trial) -> None:
    user = make_user("ann.teacup@example.com")
    Department.objects.create(trial=trial, name="Pottery")
    person = enrolment.enrol(
        trial=trial, user=user, actor=None, department="Pottery", team="B", enrolled_on=DAY
    )

    person = Participant.objects.select_related("department").get(pk=person.pk)
    assert (str(person.department), person.team, person.enrolled_on) == ("Pottery", "B", DAY)
    assert person.user == user
    assert "teacup" not in person.pseudonym
    assert Membership.objects.get().role == Role.PARTICIPANT
    assert DirtyMark.objects.get().participant == person
    assert {event.act for event in AuditEvent.objects.all()} == {
        "enrol_participant",
        "grant_role",
    }


def test_enrol_refuses_an_unknown_department(trial: Trial) -> None:
    user = make_user("ann.teacup@example.com")
    Department.objects.create(trial=trial, name="Pottery")
    with pytest.raises(ValueError, match="department 'Glass': one of Pottery is allowed"):
        enrolment.enrol(trial=trial, user=user, actor=None, department="Glass")
    with pytest.raises(ValueError, match="none"):
        enrolment.enrol(trial=trial, user=user, actor=None, grade="One")
    assert not Participant.objects.exists()


def test_pseudonyms_differ_by_trial_person_and_secret(trial: Trial, settings: Any) -> None:
    ann, bob = make_user("ann.teacup@example.com"), make_user("bob.teacup@example.com")
    other = make_trial("other")
    given = [
        enrolment.pseudonym_of(user=ann, trial=trial),
        enrolment.pseudonym_of(user=bob, trial=trial),
        enrolment.pseudonym_of(user=ann, trial=other),
    ]
    assert given[0] == enrolment.pseudonym_of(user=ann, trial=trial)
    settings.SECRET_KEY = "another secret, for this test alone"
    given.append(enrolment.pseudonym_of(user=ann, trial=trial))
    assert len(set(given)) == 4


def test_link_lets_a_user_be_a_loaded_participant(trial: Trial) -> None:
    person = Participant.objects.create(trial=trial, pseudonym="p9")
    user = make_user("ann.teacup@example.com")
    enrolment.link(participant=person, user=user, actor=None)
    enrolment.link(participant=person, user=user, actor=None)
    person.refresh_from_db()
    assert person.user == user
    assert Membership.objects.get().role == Role.PARTICIPANT
    with pytest.raises(ValueError, match="'p9' is another user already"):
        enrolment.link(participant=person, user=make_user("bob@example.com"), actor=None)


def test_grant_says_whether_it_did_something(trial: Trial) -> None:
    user = make_user("ann.teacup@example.com")
    assert enrolment.grant(user=user, trial=trial, role=Role.LEAD, actor=None)
    assert not enrolment.grant(user=user, trial=trial, role=Role.LEAD, actor=None)
    event = AuditEvent.objects.get()
    assert (event.act, event.subject, event.detail) == (
        "grant_role",
        f"user {user.pk}",
        {"role": "lead"},
    )


def test_assign_replaces_and_keeps_both_in_the_audit_trail(participant: Participant) -> None:
    Arm.objects.create(trial=participant.trial, name="ai", ai=True)
    enrolment.assign(participant=participant, arm="ai", actor=None)
    enrolment.assign(participant=participant, ai_from=DAY, actor=participant.user)

    participant.refresh_from_db()
    assert participant.assignment.arm is None
    assert participant.assignment.ai_from == DAY
    event = AuditEvent.objects.latest("pk")
    assert event.detail == {
        "before": {"arm": "ai", "sequence": "", "ai_from": None},
        "after": {"arm": None, "sequence": "", "ai_from": "2025-03-03"},
    }
    assert DirtyMark.objects.count() == 2


def test_assign_refuses_unknown_arms_and_unfitting_orders(participant: Participant) -> None:
    with pytest.raises(ValueError, match="arm 'ai': none"):
        enrolment.assign(participant=participant, arm="ai", actor=None)
    with pytest.raises(ValueError, match="sequence 'AC': some letters A"):
        enrolment.assign(participant=participant, sequence="AC", actor=None)
    trial = participant.trial
    trial.design["periods"] = [{"name": "1"}, {"name": "2"}]
    trial.save()
    with pytest.raises(ValueError, match="sequence 'ABA': 2 letters A"):
        enrolment.assign(participant=participant, sequence="ABA", actor=None)
    assert enrolment.assign(participant=participant, sequence="BA", actor=None).sequence == "BA"


def test_many_are_assigned_at_once(participant: Participant) -> None:
    """A draw's own audit event stands for all; marks are left for each."""
    trial = participant.trial
    Arm.objects.create(trial=trial, name="ai", ai=True)
    enrolment.assign_drawn(trial=trial, column="arm", values={"p1": "ai"})
    participant.refresh_from_db()
    assert participant.assignment.arm
    assert participant.assignment.arm.name == "ai"
    assert DirtyMark.objects.get().participant == participant
    assert not AuditEvent.objects.exists()
    for column, values, said in (
        ("arm", {"p1": "no such arm"}, "one of ai is allowed"),
        ("sequence", {"p1": "AC"}, "letters A"),
        ("arm", {"p1": "ai", "p2": "ai"}, "1 pseudonyms, participants of teapot are allowed"),
    ):
        with pytest.raises(ValueError, match=said):
            enrolment.assign_drawn(trial=trial, column=column, values=values)
    assert DirtyMark.objects.count() == 1


def test_withdraw_marks_the_participant(participant: Participant) -> None:
    enrolment.withdraw(participant=participant, on=DAY, actor=participant.user)
    participant.refresh_from_db()
    assert participant.withdrawn_on == DAY
    assert DirtyMark.objects.get().participant == participant
    event = AuditEvent.objects.get()
    assert (event.act, event.detail) == ("withdraw_participant", {"on": "2025-03-03"})
