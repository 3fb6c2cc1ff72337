"""What the cells of one participant leave out: counts and days."""

from django.db import models

from measurement.models.participant import Participant


class ParticipantTotal(models.Model):
    """Stored and excluded logs by rule, distinct days, withheld tasks of one participant.

    Written with the participant's cells; the columns are those of `measurement.estimation.cells`.
    """

    participant = models.OneToOneField(Participant, on_delete=models.CASCADE)
    stored = models.PositiveIntegerField()
    excluded = models.JSONField(default=dict)
    days_logged = models.PositiveIntegerField()
    days_assigned = models.PositiveIntegerField()
    days_used = models.PositiveIntegerField()
    withheld_with_ai = models.PositiveIntegerField()
    withheld_without_ai = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"totals of {self.participant_id}"
