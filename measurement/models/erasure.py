"""What stays of a participant who was erased."""

from django.db import models

from measurement.estimation.definition import MAX_SLUG_LENGTH, MAX_TEXT_LENGTH


class Erasure(models.Model):
    """A tombstone: no user and no key of the participant, only what erasing again needs.

    The trial is named by slug, so that the tombstone outlives the trial.
    """

    trial_slug = models.CharField(max_length=MAX_SLUG_LENGTH)
    pseudonym = models.CharField(max_length=MAX_TEXT_LENGTH)
    erased_at = models.DateTimeField()

    class Meta:
        ordering = ["erased_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["trial_slug", "pseudonym"], name="erasure_once"),
            models.CheckConstraint(
                condition=models.Q(trial_slug__regex=r"\S", pseudonym__regex=r"\S"),
                name="erasure_names_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"erasure of {self.pseudonym}"
