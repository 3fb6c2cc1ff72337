"""The moment at which a trial's plan was fixed."""

from django.db import models

from measurement.estimation.definition import MAX_TEXT_LENGTH
from measurement.models.exact_json import ExactJSONField
from measurement.models.trial import Trial


class PlanLock(models.Model):
    """The plan as it was fixed, the fields of the engine's `PlanLock`. Never changed."""

    trial = models.OneToOneField(Trial, on_delete=models.CASCADE, related_name="plan_lock")
    locked_at = models.DateTimeField()
    # A role and not a person: this is shown in every result. The audit event names the user.
    locked_by = models.CharField(max_length=MAX_TEXT_LENGTH)
    plan_sha256 = models.CharField(max_length=64)
    sections = ExactJSONField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(locked_by__regex=r"\S"), name="plan_lock_says_by_whom"
            ),
            models.CheckConstraint(
                condition=models.Q(plan_sha256__regex=r"^[0-9a-f]{64}$"),
                name="plan_lock_sha256_is_one",
            ),
        ]

    def __str__(self) -> str:
        return f"lock of {self.trial_id}"
