"""One task of one participant."""

from django.db import models

from measurement.estimation.definition import MAX_MINUTES, MAX_TEXT_LENGTH
from measurement.models.participant import Participant
from measurement.models.trial_lists import TaskType, Tool


class TaskLog(models.Model):
    """A task and the minutes it took. Made, changed and voided by recording.py alone.

    `key` is the sender's name for the log: sending it again stores nothing new.
    """

    class Source(models.TextChoices):
        """How the minutes became known."""

        TIMER = "timer"
        RECALL = "recall"
        IMPORT = "import"

    class Status(models.TextChoices):
        """Whether the log counts: withheld tasks were announced and never logged."""

        LOGGED = "logged"
        WITHHELD = "withheld"
        VOID = "void"

    # A million rows are loaded at once: only the indexes that something reads.
    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, db_index=False)
    key = models.CharField(max_length=MAX_TEXT_LENGTH)
    minutes = models.FloatField(null=True, blank=True)
    ai_used = models.BooleanField()
    ai_assigned = models.BooleanField(null=True, blank=True)
    date = models.DateField(null=True, blank=True)
    task_type = models.ForeignKey(
        TaskType, on_delete=models.RESTRICT, db_index=False, null=True, blank=True
    )
    tool = models.ForeignKey(Tool, on_delete=models.RESTRICT, db_index=False, null=True, blank=True)
    period = models.CharField(max_length=MAX_TEXT_LENGTH, blank=True)
    forecast_minutes = models.FloatField(null=True, blank=True)
    forecast_minutes_with_ai = models.FloatField(null=True, blank=True)
    quality = models.PositiveSmallIntegerField(null=True, blank=True)
    novel = models.BooleanField(default=False)
    censored = models.BooleanField(default=False)
    source = models.CharField(max_length=10, choices=Source, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.LOGGED)
    announced_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    recorded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["participant", "key"], name="task_log_key_once"),
            models.CheckConstraint(
                condition=models.Q(key__regex=r"\S"), name="task_log_key_is_not_blank"
            ),
            models.CheckConstraint(
                condition=models.Q(
                    status="logged",
                    minutes__isnull=False,
                    minutes__gt=0,
                    minutes__lte=MAX_MINUTES,
                )
                | (~models.Q(status="logged") & models.Q(minutes__isnull=True)),
                name="task_log_minutes_are_possible",
            ),
            models.CheckConstraint(
                condition=models.Q(quality__isnull=True)
                | (models.Q(quality__gte=1) & models.Q(quality__lte=5)),
                name="task_log_quality_is_1_to_5",
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=["logged", "withheld", "void"]),
                name="task_log_status_is_known",
            ),
            models.CheckConstraint(
                condition=models.Q(source__in=["", "timer", "recall", "import"]),
                name="task_log_source_is_known",
            ),
            models.CheckConstraint(
                condition=models.Q(forecast_minutes__isnull=True)
                | (models.Q(forecast_minutes__gt=0) & models.Q(forecast_minutes__lte=MAX_MINUTES)),
                name="task_log_forecast_minutes_are_possible",
            ),
            models.CheckConstraint(
                condition=models.Q(forecast_minutes_with_ai__isnull=True)
                | (
                    models.Q(forecast_minutes_with_ai__gt=0)
                    & models.Q(forecast_minutes_with_ai__lte=MAX_MINUTES)
                ),
                name="task_log_forecast_minutes_with_ai_are_possible",
            ),
        ]

    def __str__(self) -> str:
        return f"task log {self.participant_id}/{self.key}"
