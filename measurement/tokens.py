"""API tokens: made, stored hashed, found."""

import hashlib
import secrets
from collections.abc import Collection
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from measurement.models import ApiToken, AuditEvent, Trial, User

PREFIX = "trialsite_"  # lets secret scanners and people tell what a leaked text is
RANDOM_BYTES = 32
MAX_DAYS = 366


def issue(*, user: User, trial: Trial, scopes: Collection[str], days: int) -> str:
    """Store a new token of `user` for `trial` and return its text, which cannot be shown again.

    Raises ValueError, saying what is allowed, for an unknown or no scope or `days` out of bounds.
    """
    _check(scopes, days)
    text = PREFIX + secrets.token_urlsafe(RANDOM_BYTES)
    with transaction.atomic():
        token = ApiToken.objects.create(
            user=user,
            trial=trial,
            digest=digest(text),
            scopes=sorted(set(scopes)),
            expires_at=timezone.now() + timedelta(days=days),
        )
        AuditEvent.objects.create(
            trial_slug=trial.slug,
            act="token_issued",
            subject=f"token {token.pk}",
            detail={
                "user": user.pk,
                "scopes": token.scopes,
                "expires_at": token.expires_at.isoformat(),
            },
        )
    return text


def find(text: str) -> ApiToken | None:
    """Return the usable token of that text with its user and trial, or None: one query.

    Usable: neither expired nor revoked, and its user may still sign in.
    """
    return (
        ApiToken.objects.select_related("user", "trial")
        .filter(
            digest=digest(text),
            expires_at__gt=timezone.now(),
            revoked_at__isnull=True,
            user__is_active=True,
        )
        .first()
    )


def digest(text: str) -> str:
    """Return what is stored of a token: the SHA-256 of its text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def _check(scopes: Collection[str], days: int) -> None:
    allowed = ", ".join(ApiToken.Scope.values)
    if not scopes:
        raise ValueError(f"No scope given; allowed are {allowed}")
    for scope in scopes:
        if scope not in ApiToken.Scope.values:
            raise ValueError(f"The scope {scope!r} is unknown; allowed are {allowed}")
    if not 1 <= days <= MAX_DAYS:
        raise ValueError(f"{days} days were given; 1 to {MAX_DAYS} are allowed")
