"""Long work that somebody asked for and that workers do."""

from typing import Final

from django.conf import settings
from django.db import models

from measurement.models.trial import Trial

MAX_MESSAGE_LENGTH: Final = 20_000


class Job(models.Model):
    """One piece of long work, from being asked for to its end.

    `given` is what the work needs to know, `message` says how it ended in words for whoever asked.
    `beat_at` is when the worker that does it was last alive, `tries` how often one has begun.
    """

    class State(models.TextChoices):
        """How far it is."""

        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"

    kind = models.CharField(max_length=50)
    trial = models.ForeignKey(Trial, on_delete=models.CASCADE, null=True, blank=True)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True)
    asked_at = models.DateTimeField()
    given = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    stop_asked = models.BooleanField(default=False)
    tries = models.PositiveSmallIntegerField(default=0)
    beat_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    message = models.TextField(max_length=MAX_MESSAGE_LENGTH, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["waiting", "running"], ended_at__isnull=True)
                | models.Q(state__in=["done", "failed", "cancelled"], ended_at__isnull=False),
                name="job_state_is_known_and_ends",
            ),
            models.CheckConstraint(condition=models.Q(kind__regex=r"\S"), name="job_has_a_kind"),
        ]
        indexes = [
            models.Index(
                fields=["id"],
                name="job_goes_on",
                condition=models.Q(ended_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"job {self.pk}: {self.kind}"
