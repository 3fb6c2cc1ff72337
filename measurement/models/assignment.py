"""What a participant was assigned to."""

from django.db import models

from measurement.estimation.definition import MAX_TEXT_LENGTH
from measurement.models.arm import Arm
from measurement.models.participant import Participant


class Assignment(models.Model):
    """The arm, the order of periods, or the date of access: whichever the trial's design uses."""

    participant = models.OneToOneField(Participant, on_delete=models.CASCADE)
    arm = models.ForeignKey(Arm, on_delete=models.RESTRICT, null=True, blank=True)
    sequence = models.CharField(
        max_length=MAX_TEXT_LENGTH,
        blank=True,
        help_text="A letter a period: A without AI, B with AI; other designs do not read it",
    )
    ai_from = models.DateField(null=True, blank=True, help_text="First day with access to AI")

    def __str__(self) -> str:
        return f"assignment of {self.participant_id}"
