"""How an always-valid interval was tuned when its trial's locked plan was first analysed."""

from django.db import models

from measurement.estimation.definition import MAX_TEXT_LENGTH
from measurement.models.plan_lock import PlanLock


class AlwaysValidTuning(models.Model):
    """The tau of one interval: the engine's `Tuning`. Never changed.

    An interval whose tau followed the data would not hold at every look.
    """

    # The constraint below brings the index.
    lock = models.ForeignKey(
        PlanLock, on_delete=models.CASCADE, related_name="tuning", db_index=False
    )
    estimand = models.CharField(max_length=MAX_TEXT_LENGTH)
    dimension = models.CharField(max_length=MAX_TEXT_LENGTH)
    group = models.CharField(max_length=MAX_TEXT_LENGTH)
    sample = models.CharField(max_length=MAX_TEXT_LENGTH)
    arm = models.CharField(max_length=MAX_TEXT_LENGTH, null=True)  # noqa: DJ001 - null in the JSON
    tau = models.FloatField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["lock", "estimand", "dimension", "group", "sample", "arm"],
                name="always_valid_tuning_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=models.Q(tau__gt=0, tau__lt=float("inf")),
                name="always_valid_tuning_tau_is_positive",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.estimand} {self.dimension}={self.group}"
