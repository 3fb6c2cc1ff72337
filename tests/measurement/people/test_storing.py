"""Many invitations at once: all of them or none, each person once."""

import datetime
import time

import pytest
from django.core import mail
from django.db import transaction
from django.utils import timezone

from measurement import inviting, leaving
from measurement.models import AuditEvent, Invitation, PlanLock, PrivacyNotice, Trial, User
from measurement.people import storing
from measurement.people.known import ever_invited, invited_before, pieces
from measurement.people.reading import Person
from tests.people import make_trial, make_user
from tests.untraced import untraced

pytestmark = pytest.mark.django_db


def invite(trial: Trial, *people: Person, actor: User | None = None) -> int:
    with transaction.atomic():
        return storing.invite(trial=trial, people=people, actor=actor, sha256="f" * 64)


def test_what_the_file_says_is_stored(trial: Trial, kim: User) -> None:
    dot = Person("dot.spoon@example.com", "Treasury", "Blue", "Grade 7")
    assert invite(trial, dot, Person("pat.pot@example.com"), actor=kim) == 2
    first, second = Invitation.objects.order_by("user__email").select_related(
        "department", "grade", "user"
    )
    assert first.department
    assert first.grade
    assert (first.department.name, first.grade.name, first.team) == ("Treasury", "Grade 7", "Blue")
    assert (second.department, second.grade, second.profession, second.team) == (None,) * 3 + ("",)
    assert {first.mail, second.mail} == {"waiting"}
    assert not first.user.has_usable_password()
    assert not mail.outbox


def test_the_record_has_each_invitation_and_the_file(trial: Trial, kim: User) -> None:
    invite(trial, Person("dot.spoon@example.com"), Person("pat.pot@example.com"), actor=kim)
    events = AuditEvent.objects.filter(trial_slug=trial.slug, actor=kim)
    subjects = {f"user {pk}" for pk in Invitation.objects.values_list("user", flat=True)}
    assert set(events.filter(act="invite").values_list("subject", flat=True)) == subjects
    assert len(subjects) == 2
    event = events.get(act="invite_people")
    assert event.detail == {"sha256": "f" * 64, "people": 2, "new": 2}


def test_who_was_invited_before_is_left_as_they_are(trial: Trial, kim: User) -> None:
    known = inviting.invite(trial=trial, email="dot.spoon@example.com", actor=kim, team="Blue")
    elsewhere = make_trial("kettle")
    dot = Person("dot.spoon@example.com", team="Green")
    assert invite(trial, dot, Person("pat.pot@example.com")) == 1
    known.refresh_from_db()
    assert (known.team, known.mail) == ("Blue", "none")
    assert invite(trial, dot) == 0
    assert invite(elsewhere, dot) == 1


@pytest.mark.django_db(transaction=True)
def test_who_was_erased_counts_as_invited_and_is_not_asked_again(trial: Trial, kim: User) -> None:
    """A lead who uploads a person again does not learn that they left."""
    invite(trial, Person("dot.spoon@example.com"))
    invitation, notice = Invitation.objects.get(), PrivacyNotice.objects.get()
    assert leaving.erase(inviting.join(invitation=invitation, notice=notice))
    assert not Invitation.objects.exists()
    assert ever_invited(trial)
    assert not ever_invited(make_trial("kettle"))
    assert invited_before(trial, ["dot.spoon@example.com", "x@example.com"]) == {
        "dot.spoon@example.com"
    }
    assert invite(trial, Person("dot.spoon@example.com")) == 0
    assert not Invitation.objects.exists()


def test_users_who_were_there_before_are_invited_as_they_are(trial: Trial, kim: User) -> None:
    user = make_user("dot.spoon@example.com")
    invite(trial, Person("dot.spoon@example.com"))
    assert Invitation.objects.get().user == user


def test_a_fault_in_the_middle_stores_nothing(
    trial: Trial, kim: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storing, "AT_ONCE", 2)
    people = [Person(f"p{number}@example.com") for number in range(5)]
    users = User.objects.count()

    def stop(done: int) -> None:
        assert Invitation.objects.count() == done
        if done == 4:
            raise RuntimeError("stopped")

    with pytest.raises(RuntimeError), transaction.atomic():
        storing.invite(trial=trial, people=people, actor=kim, sha256="f" * 64, progress=stop)
    assert not Invitation.objects.exists()
    assert User.objects.count() == users
    assert not AuditEvent.objects.filter(act="invite").exists()


def test_twenty_thousand_people_are_quick(trial: Trial, kim: User) -> None:
    people = [Person(f"p{number}@example.com", "Treasury") for number in range(20_000)]
    started = time.process_time()
    with untraced():
        assert invite(trial, *people, actor=kim) == 20_000
    assert time.process_time() - started < 20
    assert Invitation.objects.filter(mail="waiting").count() == 20_000
    assert AuditEvent.objects.filter(act="invite").count() == 20_000


def test_what_hinders_is_said(trial: Trial, kim: User) -> None:
    assert storing.hindrances(trial) == []
    trial.ends_on = timezone.localdate()
    assert storing.hindrances(trial) == []
    trial.ends_on -= datetime.timedelta(days=1)
    PrivacyNotice.objects.all().delete()
    bare = make_trial("bare")
    assert storing.hindrances(bare) == [
        "The trial has not published a privacy notice",
        "The plan is not locked",
    ]
    assert PlanLock.objects.exists()
    assert storing.hindrances(trial) == [
        "The trial has not published a privacy notice",
        "The trial has ended",
    ]


def test_pieces_are_the_whole() -> None:
    assert list(pieces(range(5), 2)) == [[0, 1], [2, 3], [4]]
    assert list(pieces([], 2)) == []
