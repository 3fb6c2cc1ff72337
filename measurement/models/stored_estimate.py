"""One row of the results."""

from django.db import models

from measurement.estimation.definition import MAX_TEXT_LENGTH
from measurement.models.analysis_run import AnalysisRun


class StoredEstimate(models.Model):
    """An estimate, or the reason why there is none. The fields are the results JSON's, by name."""

    run = models.ForeignKey(AnalysisRun, on_delete=models.CASCADE, related_name="estimates")
    position = models.PositiveIntegerField()
    estimand = models.CharField(max_length=60)
    dimension = models.CharField(max_length=40)
    group = models.CharField(max_length=MAX_TEXT_LENGTH)
    sample = models.CharField(max_length=40)
    arm = models.CharField(max_length=MAX_TEXT_LENGTH, null=True)  # noqa: DJ001 - null in the JSON
    reference = models.CharField(max_length=MAX_TEXT_LENGTH, null=True)  # noqa: DJ001 - null in the JSON
    terms = models.JSONField(default=list)
    value = models.FloatField(null=True)
    std_error = models.FloatField(null=True)
    scale = models.CharField(max_length=20)
    ci_low = models.FloatField(null=True)
    ci_high = models.FloatField(null=True)
    confidence = models.FloatField()
    always_valid_low = models.FloatField(null=True)
    always_valid_high = models.FloatField(null=True)
    p_value = models.FloatField(null=True)
    p_value_adjusted = models.FloatField(null=True)
    ci_adjusted_low = models.FloatField(null=True)
    ci_adjusted_high = models.FloatField(null=True)
    shrunken_value = models.FloatField(null=True)
    bootstrap_p_value = models.FloatField(null=True)
    standard_errors = models.CharField(max_length=10, null=True)  # noqa: DJ001 - null in the JSON
    degrees_of_freedom = models.FloatField(null=True)
    clusters = models.PositiveIntegerField(null=True)
    participants = models.PositiveIntegerField(null=True)
    participants_with_ai = models.PositiveIntegerField(null=True)
    participants_without_ai = models.PositiveIntegerField(null=True)
    logs = models.PositiveIntegerField(null=True)
    reference_mean = models.FloatField(null=True)
    comparison = models.CharField(max_length=200)
    not_estimable = models.TextField(null=True)  # noqa: DJ001 - null in the JSON
    notes = models.JSONField(default=list)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["run", "position"], name="stored_estimate_position_once"
            ),
            models.UniqueConstraint(
                fields=["run", "estimand", "dimension", "group", "sample", "arm"],
                name="stored_estimate_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=models.Q(value__isnull=True, not_estimable__isnull=False)
                | models.Q(value__isnull=False, not_estimable__isnull=True),
                name="stored_estimate_has_value_or_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.estimand} {self.dimension}={self.group}"
