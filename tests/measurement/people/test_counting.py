"""What a lead may know of how many were invited and what they answered."""

import itertools
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from measurement.models import Invitation, Trial, User
from measurement.people.counting import counted, published, rounded

PARTS = st.fixed_dictionaries({name: st.integers(0, 60) for name in ("yes", "no", "open")})


@given(parts=PARTS, minimum=st.integers(10, 15))
@settings(max_examples=300, deadline=None)
def test_no_small_count_can_be_worked_out(parts: dict[str, int], minimum: int) -> None:
    """Whoever knows the whole exactly finds all that is hidden to be nobody or enough people."""
    shown = published(parts, minimum)
    hidden = [name for name in parts if shown[name] is None]
    assert all(shown[name] is None for name in parts if parts[name] < minimum)
    assert not hidden or len(hidden) == len(parts) or sum(parts[one] for one in hidden) >= minimum
    for name, count in shown.items():
        if count is not None:
            assert count % 5 == 0
            assert abs(count - parts[name]) <= 2


@given(parts=PARTS)
@settings(max_examples=100, deadline=None)
def test_what_may_be_shown_is_shown(parts: dict[str, int]) -> None:
    shown = published(parts, 10)
    if all(count >= 10 for count in parts.values()):
        assert None not in shown.values()


@pytest.mark.parametrize(
    ("parts", "shown"),
    [
        ((40, 0, 0), (None, None, None)),
        ((40, 0, 12), (40, None, None)),
        ((40, 9, 3), (40, None, None)),
        ((40, 9, 12), (40, None, None)),
        ((23, 12, 48), (25, 10, 50)),
        ((9, 9, 9), (None, None, None)),
        ((30, 6, 6), (30, None, None)),
    ],
)
def test_examples(parts: tuple[int, ...], shown: tuple[int | None, ...]) -> None:
    assert tuple(published(dict(zip("abc", parts, strict=True)), 10).values()) == shown


def test_every_answer_of_few_people_looks_the_same() -> None:
    """Of up to nine people nothing is told, whatever they answer."""
    for people in range(10):
        seen = {
            tuple(published({"a": a, "b": b, "c": people - a - b}, 10).items())
            for a, b in itertools.product(range(people + 1), repeat=2)
            if a + b <= people
        }
        assert len(seen) == 1
        assert rounded(people, 10) is None
    assert rounded(12, 10) == 10


@pytest.mark.django_db
def test_answers_and_emails_are_counted(trial: Trial, kim: User) -> None:
    now = timezone.now()
    answered: dict[str, Any] = {"answered_at": now, "mail": "sent", "emailed_at": now}
    rows = [
        *([{"accepted": True, **answered}] * 21),
        *([{"accepted": False, **answered}] * 12),
        *([{}] * 16),
    ]
    for number, row in enumerate(rows):
        user = User.objects.create_user(email=f"p{number}@example.com")
        Invitation.objects.create(trial=trial, user=user, invited_at=now, **row)
    found = counted(trial)
    assert found.invited == 50
    assert found.answers == {"accepted": 20, "declined": 10, "waiting": 15}
    assert (found.mail_waits, found.mail_is_held, found.mail_was_refused) == (False,) * 3


@pytest.mark.django_db
@pytest.mark.parametrize("mail", ["waiting", "held", "refused"])
def test_of_reminders_it_is_not_told_whether_any_wait(trial: Trial, kim: User, mail: str) -> None:
    now = timezone.now()
    invitation = Invitation.objects.create(
        trial=trial, user=kim, invited_at=now, mail=mail, emailed_at=now
    )
    found = counted(trial)
    assert (found.mail_waits, found.mail_is_held, found.mail_was_refused) == (
        mail == "waiting",
        mail == "held",
        mail == "refused",
    )
    invitation.nudged_at = now
    invitation.save()
    found = counted(trial)
    assert (found.mail_waits, found.mail_is_held, found.mail_was_refused) == (False,) * 3
