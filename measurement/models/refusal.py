"""Task logs that were refused: counted, never kept."""

from django.db import models

from measurement.estimation.definition import MAX_TEXT_LENGTH
from measurement.models.trial import Trial


class Refusal(models.Model):
    """A refused task log, or `count` of them from a loaded bundle. Append-only, so nobody waits."""

    trial = models.ForeignKey(Trial, on_delete=models.CASCADE)
    rule = models.CharField(max_length=MAX_TEXT_LENGTH)
    count = models.PositiveBigIntegerField(default=1)
    refused_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(count__gte=1), name="refusal_counts_one")
        ]

    def __str__(self) -> str:
        return f"{self.rule} x {self.count}"
