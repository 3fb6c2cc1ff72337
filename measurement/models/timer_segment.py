"""One stretch of work that a timer measured."""

from django.db import models
from django.db.models import F, Q

from measurement.models.timer import Timer


class TimerSegment(models.Model):
    """From a start to a pause, by the server's clock. The one that runs has no end."""

    timer = models.ForeignKey(Timer, on_delete=models.CASCADE, related_name="segments")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["started_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["timer"], condition=Q(ended_at__isnull=True), name="timer_runs_once"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("started_at")),
                name="timer_segment_ends_after_its_start",
            ),
        ]

    def __str__(self) -> str:
        return f"segment of {self.timer_id} from {self.started_at:%H:%M:%S}"
