"""Task logs of one participant, compressed without loss."""

from django.db import models

from measurement.estimation.definition import MAX_TEXT_LENGTH
from measurement.models.participant import Participant


class Cell(models.Model):
    """Count, mean and centred sum of squares of minutes and log minutes over like task logs.

    Written by cells.py alone; the columns are those of `measurement.estimation.cells`.
    """

    # The constraint below brings the index.
    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, db_index=False)
    task_type = models.CharField(max_length=MAX_TEXT_LENGTH, blank=True)
    assigned = models.BooleanField(null=True)
    used = models.BooleanField()
    access = models.BooleanField(default=True, help_text="On or after the day of access to AI")
    novel = models.BooleanField()
    period = models.CharField(max_length=MAX_TEXT_LENGTH, blank=True)
    week = models.IntegerField(null=True)
    logs = models.PositiveIntegerField()
    minutes_mean = models.FloatField()
    minutes_squares = models.FloatField()
    log_minutes_mean = models.FloatField()
    log_minutes_squares = models.FloatField()
    first_date = models.DateField(null=True)
    last_date = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=[
                    "participant",
                    "task_type",
                    "assigned",
                    "used",
                    "access",
                    "novel",
                    "period",
                    "week",
                ],
                name="cell_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(condition=models.Q(logs__gte=1), name="cell_has_logs"),
        ]

    def __str__(self) -> str:
        return f"cell {self.pk}"
