"""A participant whose cells must be recomputed."""

from django.db import models

from measurement.models.participant import Participant

FAILURES_THAT_PARK = 5


class DirtyMark(models.Model):
    """Written in the transaction that stores a task log; deleted by the worker that recomputed.

    Append-only for writers: two logs leave two marks, so that forms never wait for each other.
    """

    participant = models.ForeignKey(Participant, on_delete=models.CASCADE)
    marked_at = models.DateTimeField(auto_now_add=True)
    failures = models.PositiveSmallIntegerField(default=0)

    def __str__(self) -> str:
        return f"mark of {self.participant_id}"
