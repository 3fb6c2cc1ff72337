"""A report that is to be public, or was."""

from django.conf import settings
from django.db import models

from measurement.models.exact_json import ExactJSONField
from measurement.models.trial import Trial


class Publication(models.Model):
    """Frozen answers that one person asked to publish, and what another decided.

    It holds a copy of the snapshot, so that a report stays what it was. `ended_at`: when it was
    refused or, once approved, withdrawn, and `ended_because` why. `replanned`: whether the plan had
    been changed since the answers were frozen.
    """

    trial = models.ForeignKey(Trial, on_delete=models.CASCADE, db_index=False)
    number = models.PositiveSmallIntegerField(help_text="1, 2, 3 within the trial")
    as_of = models.DateTimeField()
    definition = ExactJSONField()
    document = ExactJSONField()
    replanned = models.BooleanField(default=False)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    asked_at = models.DateTimeField()
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    approved_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    ended_at = models.DateTimeField(null=True)
    ended_because = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["trial", "number"], name="publication_number_once"),
            models.UniqueConstraint(
                fields=["trial"],
                condition=models.Q(approved_at__isnull=True, ended_at__isnull=True),
                name="publication_asked_for_once",
            ),
            models.CheckConstraint(
                condition=~models.Q(approved_by=models.F("asked_by")),
                name="publication_takes_two_people",
            ),
            models.CheckConstraint(
                condition=models.Q(approved_by__isnull=True) | models.Q(approved_at__isnull=False),
                name="publication_approval_has_its_moment",
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at__isnull=True, ended_because="")
                | models.Q(ended_at__isnull=False, ended_because__regex=r"\S"),
                name="publication_ends_for_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"report {self.number} of {self.trial_id}"

    @property
    def waits(self) -> bool:
        """Whether nobody has decided about it yet."""
        return self.approved_at is None and self.ended_at is None

    @property
    def is_public(self) -> bool:
        """Whether everybody may see it."""
        return self.approved_at is not None and self.ended_at is None


class ReportFile(models.Model):
    """A file of a publication: the PDF, the spreadsheet, a picture. Made by a worker."""

    publication = models.ForeignKey(Publication, on_delete=models.CASCADE, db_index=False)
    name = models.CharField(max_length=100)
    content_type = models.CharField(max_length=100)
    content = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["publication", "name"], name="report_file_name_once"),
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.publication_id}"
