"""How a trial begins: somebody who may start one gives it a title, and leads it from then on."""

from itertools import count

from django.db import transaction
from django.utils.text import slugify

from measurement import enrolment
from measurement.estimation.definition import MAX_SLUG_LENGTH
from measurement.estimation.trial_toml import parse_trial, sections
from measurement.models import AuditEvent, Role, Trial, User


class MayNot(Exception):  # noqa: N818 - what it is
    """The user may not start trials."""


def start(*, title: str, sector: str, by: User) -> Trial:
    """Store a trial in which all is yet to be set up, led by whoever starts it.

    Until its design is chosen it is one without a comparison group. Raises MayNot, and
    DefinitionErrors for a title or a sector that no trial may have.
    """
    if not by.may_start_trials:
        raise MayNot(f"{by} may not start trials")
    about = {"slug": "new", "title": title, "sector": sector}
    definition = parse_trial({"trial": about, "design": {"kind": "observational"}})
    with transaction.atomic():
        trial = Trial.objects.create(
            slug=_free_slug(definition.title),
            title=definition.title,
            sector=definition.sector,
            **sections(definition),
        )
        AuditEvent.objects.create(actor=by, trial_slug=trial.slug, act="start_trial")
        enrolment.grant(user=by, trial=trial, role=Role.LEAD, actor=by)
    return trial


def allow(*, email: str, actor: User | None) -> User:
    """Let whoever has the address start trials; a new user is made for a new address."""
    with transaction.atomic():
        user, _ = User.objects.get_or_create(email=email.strip().lower())
        if not user.may_start_trials:
            user.may_start_trials = True
            user.save(update_fields=["may_start_trials"])
            AuditEvent.objects.create(
                actor=actor, act="allow_starting_trials", subject=f"user {user.pk}"
            )
    return user


def _free_slug(title: str) -> str:
    """Return a name for addresses, made from the title, that no trial has had before.

    Records of a trial that is gone name it by slug, so its slug is not used again.
    """
    plain = slugify(title)[: MAX_SLUG_LENGTH - 6].strip("-") or "trial"
    return next(slug for number in count(1) if not _is_taken(slug := _numbered(plain, number)))


def _numbered(plain: str, number: int) -> str:
    return plain if number == 1 else f"{plain}-{number}"


def _is_taken(slug: str) -> bool:
    return (
        Trial.objects.filter(slug=slug).exists()
        or AuditEvent.objects.filter(trial_slug=slug).exists()
    )
