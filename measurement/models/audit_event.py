"""What was done, by whom, when. Rows are added, never changed."""

from django.conf import settings
from django.db import models

from measurement.estimation.definition import MAX_SLUG_LENGTH, MAX_TEXT_LENGTH


class AuditEvent(models.Model):
    """One act. The trial is named by slug, so that the record outlives the trial."""

    at = models.DateTimeField(auto_now_add=True)
    # No constraint: the record outlives the user, and its rows cannot be updated.
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        null=True,
        blank=True,
    )
    trial_slug = models.CharField(max_length=MAX_SLUG_LENGTH, blank=True)
    act = models.CharField(max_length=50)
    subject = models.CharField(max_length=2 * MAX_TEXT_LENGTH + 1, blank=True)
    detail = models.JSONField(default=dict)

    class Meta:
        indexes = [
            # Whole subjects and their beginnings: all that was done to one participant.
            models.Index(
                fields=["subject", "trial_slug"],
                name="audit_event_subject",
                opclasses=["varchar_pattern_ops", "varchar_pattern_ops"],
            )
        ]

    def __str__(self) -> str:
        return f"{self.act} {self.subject}"
