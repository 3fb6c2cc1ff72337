"""A change of a plan after it was fixed."""

from django.db import models

from measurement.estimation.definition import MAX_TEXT_LENGTH
from measurement.estimation.history import MAX_REASON_LENGTH
from measurement.models.exact_json import ExactJSONField
from measurement.models.plan_lock import PlanLock


class PlanChange(models.Model):
    """What was changed at once, by whom and why: the engine's `PlanChange`. Never changed.

    `changes` is a list of path, value before and value after.
    """

    lock = models.ForeignKey(PlanLock, on_delete=models.CASCADE, related_name="changes")
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=MAX_TEXT_LENGTH)
    reason = models.CharField(max_length=MAX_REASON_LENGTH)
    changes = ExactJSONField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(changed_by__regex=r"\S"), name="plan_change_says_by_whom"
            ),
            models.CheckConstraint(
                condition=models.Q(reason__regex=r"\S"), name="plan_change_says_why"
            ),
        ]

    def __str__(self) -> str:
        return f"change of {self.lock_id}"
