"""What was published in one week."""

from django.db import models

from measurement.models.exact_json import ExactJSONField
from measurement.models.trial import Trial

MONDAY = 1


class Snapshot(models.Model):
    """The published answers of a trial from one freeze to the next. Never changed.

    `as_of` is the moment of the data of its figures over everybody; rows of another day say so.
    `definition` is the trial's as those figures have it, `document` the published results.
    """

    trial = models.ForeignKey(Trial, on_delete=models.CASCADE)
    week = models.DateField(help_text="The Monday since which it may be frozen")
    frozen_at = models.DateTimeField()
    as_of = models.DateTimeField()
    plan_sha256 = models.CharField(max_length=64)
    code_version = models.CharField(max_length=100)
    definition = ExactJSONField()
    document = ExactJSONField()
    key_sha256 = models.CharField(
        max_length=64, help_text="Of the key that made the hashes of who stood behind it"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["trial", "week"], name="snapshot_once_a_week"),
            models.CheckConstraint(
                condition=models.Q(week__iso_week_day=MONDAY), name="snapshot_week_is_a_monday"
            ),
            models.CheckConstraint(
                condition=models.Q(as_of__lte=models.F("frozen_at")),
                name="snapshot_data_are_of_before",
            ),
            models.CheckConstraint(
                condition=models.Q(plan_sha256__regex=r"^[0-9a-f]{64}$"),
                name="snapshot_plan_sha256_is_one",
            ),
        ]

    def __str__(self) -> str:
        return f"snapshot of {self.trial_id} of {self.week}"
