"""Whether and when somebody wants reminders: what they chose, and the link that stops them."""

from typing import Any, Final

from django.core import signing
from django.db import transaction
from django.urls import reverse

from measurement.models import AuditEvent, ReminderChoice, User

SALT: Final = "measurement.reminders.stop"
LINK_SECONDS: Final = 180 * 86_400
"""How long the link of an email stops reminders: longer than most trials last."""


def choice_of(user: User) -> ReminderChoice:
    """Return what the user chose, or the defaults, not stored."""
    return ReminderChoice.objects.filter(user=user).first() or ReminderChoice(user=user)


def change(user: User, *, wanted: bool, earliest_hour: int, latest_hour: int) -> None:
    """Store what the user chose on the page, with its audit event."""
    chosen = {"wanted": wanted, "earliest_hour": earliest_hour, "latest_hour": latest_hour}
    with transaction.atomic():
        choice = _locked(user)
        _store(choice, chosen, act="change_reminders", actor=user)


def stop(user: User) -> None:
    """Stop all reminders, by whoever holds the link. Nothing happens if they are stopped."""
    with transaction.atomic():
        choice = _locked(user)
        if choice.wanted:
            _store(choice, {"wanted": False}, act="stop_reminders", actor=None)


def stop_path(user: User) -> str:
    """Return the path that stops the user's reminders without a sign-in."""
    return reverse("stop_reminders", args=[signing.dumps(user.pk, salt=SALT)])


def holder(token: str) -> User | None:
    """Return whose reminders a token of `stop_path` stops; None if forged, too old or of nobody."""
    try:
        pk = signing.loads(token, salt=SALT, max_age=LINK_SECONDS)
    except signing.BadSignature:
        return None
    return User.objects.filter(pk=pk).first()


def _locked(user: User) -> ReminderChoice:
    """Return the stored choice while nobody else can change it."""
    ReminderChoice.objects.get_or_create(user=user)
    return ReminderChoice.objects.select_for_update().get(user=user)


def _store(choice: ReminderChoice, chosen: dict[str, Any], *, act: str, actor: User | None) -> None:
    before = {name: getattr(choice, name) for name in chosen}
    for name, value in chosen.items():
        setattr(choice, name, value)
    choice.save()
    AuditEvent.objects.create(
        actor=actor,
        act=act,
        subject=f"user {choice.user_id}",
        detail={"before": before, "after": chosen},
    )
