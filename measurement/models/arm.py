"""An arm of a trial."""

from django.db import models

from measurement.estimation.definition import MAX_TEXT_LENGTH
from measurement.models.trial import Trial


class Arm(models.Model):
    """A group that participants, teams or departments are assigned to."""

    trial = models.ForeignKey(Trial, on_delete=models.CASCADE)
    name = models.CharField(max_length=MAX_TEXT_LENGTH)
    ai = models.BooleanField(
        null=True, help_text="Whether this arm is given AI; empty: the design does not say"
    )
    ratio = models.PositiveSmallIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["trial", "name"], name="arm_name_once_a_trial"),
            models.CheckConstraint(condition=models.Q(ratio__gte=1), name="arm_ratio_is_positive"),
        ]

    def __str__(self) -> str:
        return self.name
