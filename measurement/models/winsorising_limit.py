"""The minutes beyond which a task log of a task type counts as extreme."""

from django.db import models

from measurement.estimation.definition import MAX_TEXT_LENGTH
from measurement.models.trial import Trial


class WinsorisingLimit(models.Model):
    """Lowest and highest minutes of a task type that winsorising leaves as they are.

    Written by limits.py alone, over all logs of the trial at once; the task type is blank for the
    logs without one.
    """

    # The constraint below brings the index.
    trial = models.ForeignKey(Trial, on_delete=models.CASCADE, db_index=False)
    task_type = models.CharField(max_length=MAX_TEXT_LENGTH, blank=True)
    low = models.FloatField()
    high = models.FloatField()
    computed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["trial", "task_type"], name="winsorising_limit_once"),
            models.CheckConstraint(
                condition=models.Q(low__lte=models.F("high")),
                name="winsorising_limits_are_ordered",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.task_type}: {self.low:g} to {self.high:g} minutes"
