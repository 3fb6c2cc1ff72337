"""What a user may do in a trial."""

from django.conf import settings
from django.db import models

from measurement.models.trial import Trial


class Role(models.TextChoices):
    """The roles of a trial."""

    PARTICIPANT = "participant"
    LEAD = "lead"
    ANALYST = "analyst"
    ADMINISTRATOR = "administrator"


class Membership(models.Model):
    """One role of one user in one trial."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    trial = models.ForeignKey(Trial, on_delete=models.CASCADE)
    role = models.CharField(max_length=20, choices=Role)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "trial", "role"], name="membership_role_once"),
            models.CheckConstraint(
                condition=models.Q(role__in=Role.values), name="membership_role_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} of {self.trial_id}"
