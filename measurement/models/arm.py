"""An arm of a trial."""

from django.db import models

from measurement.models.trial import Trial


class Arm(models.Model):
    """A group that participants, teams or departments are assigned to."""

    trial = models.ForeignKey(Trial, on_delete=models.CASCADE)
    name = models.CharField(max_length=100)
    ai = models.BooleanField(help_text="Whether this arm is given AI")
    ratio = models.PositiveSmallIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["trial", "name"], name="arm_name_once_a_trial"),
            models.CheckConstraint(condition=models.Q(ratio__gte=1), name="arm_ratio_is_positive"),
        ]

    def __str__(self) -> str:
        return self.name
