"""One analysis of one trial, and the marks that call for one."""

from django.db import models

from measurement.estimation.definition import MAX_TEXT_LENGTH
from measurement.models.exact_json import ExactJSONField
from measurement.models.trial import Trial


class TrialMark(models.Model):
    """Cells or surveys of the trial changed since its last analysis. Append-only, as DirtyMark.

    `replanned`: its plan changed. Limits and all cells are those of the plan before, until a
    worker has computed the limits anew; nothing is analysed until then.
    """

    trial = models.ForeignKey(Trial, on_delete=models.CASCADE)
    marked_at = models.DateTimeField(auto_now_add=True)
    failures = models.PositiveSmallIntegerField(default=0)
    replanned = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"mark of {self.trial_id}"


class AnalysisRun(models.Model):
    """The results of one analysis but for its estimates, which are StoredEstimate rows."""

    trial = models.ForeignKey(Trial, on_delete=models.CASCADE)
    as_of = models.DateTimeField(help_text="The moment of the data: when the snapshot was taken")
    counted_until = models.DateField(help_text="Last day that counts as a working day")
    finished_at = models.DateTimeField()
    plan_sha256 = models.CharField(max_length=64)
    code_version = models.CharField(max_length=100)
    flag_rules_version = models.TextField(default="")
    last_log = models.PositiveBigIntegerField()
    logs = models.JSONField()
    plan_locked_at = models.DateTimeField(null=True)
    plan_locked_by = models.CharField(max_length=MAX_TEXT_LENGTH, null=True)  # noqa: DJ001 - null in the JSON
    deviations = ExactJSONField(default=list)
    tuning = ExactJSONField(default=list)
    winsorising_limits = ExactJSONField(default=list)
    checks = models.JSONField(default=list)
    sensitivity = ExactJSONField(default=list)

    class Meta:
        indexes = [models.Index(fields=["trial", "-id"], name="analysis_run_latest")]

    def __str__(self) -> str:
        return f"analysis {self.pk} of {self.trial_id}"
