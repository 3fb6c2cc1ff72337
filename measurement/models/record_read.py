"""Who read pseudonymised records of a trial."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from measurement.models.trial import Trial


class RecordRead(models.Model):
    """One reader's reads of one kind of record of a trial on one day: how many, from when to when.

    No reader: an export on the command line, where nobody signs in.
    """

    class Kind(models.TextChoices):
        """What was read: the API's lists and bundle, or an export on the command line."""

        TASK_LOGS = "task_logs"
        PARTICIPANTS = "participants"
        SURVEYS = "surveys"
        BUNDLE = "bundle"
        EXPORT = "export"

    # The constraint below brings the index.
    trial = models.ForeignKey(Trial, on_delete=models.CASCADE, db_index=False)
    # No constraint: that somebody read outlives their account.
    reader = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        null=True,
        blank=True,
    )
    role = models.CharField(
        max_length=20, blank=True, help_text="The role that let the reader read; empty: no reader"
    )
    kind = models.CharField(max_length=20, choices=Kind)
    day = models.DateField()
    reads = models.PositiveIntegerField(default=1)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        ordering = ["-last_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["trial", "day", "kind", "reader"],
                name="record_read_once_a_day",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(kind="export", reader__isnull=True, role="")
                | Q(
                    kind__in=["task_logs", "participants", "surveys", "bundle"],
                    reader__isnull=False,
                    role__regex=r"\S",
                ),
                name="record_read_says_who_read_what",
            ),
            models.CheckConstraint(
                condition=Q(reads__gte=1, first_at__lte=F("last_at")),
                name="record_read_counts_from_first_to_last",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.trial_id} on {self.day}"
