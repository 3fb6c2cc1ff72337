"""The timer of a participant who is at a task now."""

from uuid import uuid4

from django.db import models

from measurement.models.participant import Participant


class Timer(models.Model):
    """A task that is being timed: at most one a participant, the same from every device.

    `key` becomes the task log's key, so that what was timed is stored once. `estimated`: the
    participant said how long a part of it took, because the timer had been forgotten.
    """

    participant = models.OneToOneField(Participant, on_delete=models.CASCADE)
    key = models.UUIDField(default=uuid4, editable=False)
    estimated = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"timer of {self.participant_id}"
