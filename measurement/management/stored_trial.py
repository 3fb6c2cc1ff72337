"""The trial that a command names."""

from django.core.management.base import CommandError

from measurement.models import Trial


def stored_trial(slug: str) -> Trial:
    """Return the trial of the slug. Raises CommandError naming the slugs that there are."""
    trial = Trial.objects.filter(slug=slug).first()
    if trial is None:
        slugs = ", ".join(Trial.objects.order_by("slug").values_list("slug", flat=True))
        allowed = f"one of {slugs} is allowed" if slugs else "no trial is stored"
        raise CommandError(f"SLUG: {slug!r}, {allowed}")
    return trial
