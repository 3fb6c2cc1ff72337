"""Task logs of one participant, compressed without loss."""

from django.db import models

from measurement.estimation.definition import MAX_TEXT_LENGTH
from measurement.models.participant import Participant


class Cell(models.Model):
    """Count, mean and centred sum of squares of minutes, log minutes and quality of like task logs.

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
    tool = models.CharField(max_length=MAX_TEXT_LENGTH, blank=True)
    timed = models.BooleanField()
    flags = models.BigIntegerField(help_text="Bit i: the i-th flag rule holds")
    tail = models.SmallIntegerField(help_text="-1, 0, 1: below, within, above the limits")
    censored_minutes = models.FloatField(null=True)
    logs = models.PositiveIntegerField()
    minutes_mean = models.FloatField()
    minutes_squares = models.FloatField()
    log_minutes_mean = models.FloatField()
    log_minutes_squares = models.FloatField()
    quality_logs = models.PositiveIntegerField()
    quality_mean = models.FloatField(null=True)
    quality_squares = models.FloatField()
    heaped_5 = models.PositiveIntegerField()
    heaped_15 = models.PositiveIntegerField()
    heaped_30 = models.PositiveIntegerField()
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
                    "tool",
                    "timed",
                    "flags",
                    "tail",
                    "censored_minutes",
                ],
                name="cell_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(condition=models.Q(logs__gte=1), name="cell_has_logs"),
            models.CheckConstraint(
                condition=models.Q(tail__in=[-1, 0, 1]), name="cell_tail_is_known"
            ),
            models.CheckConstraint(
                condition=models.Q(quality_logs=0, quality_mean__isnull=True)
                | models.Q(quality_logs__gte=1, quality_mean__isnull=False),
                name="cell_quality_has_logs",
            ),
        ]

    def __str__(self) -> str:
        return f"cell {self.pk}"
