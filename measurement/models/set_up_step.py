"""The steps of setting up a trial that somebody has saved."""

from django.db import models

from measurement.models.trial import Trial


class SetUpStep(models.Model):
    """One step of one trial, saved at least once: defaults that nobody looked at have no row.

    `answers` is what was answered on the way to what the trial stores: what the number of people
    was worked out from.
    """

    class Step(models.TextChoices):
        """The steps."""

        ABOUT = "about"
        DATES = "dates"
        DESIGN = "design"
        GROUPS = "groups"
        TASKS = "tasks"
        LISTS = "lists"
        POWER = "power"
        SURVEY = "survey"
        ASSUMPTIONS = "assumptions"
        DISCLOSURE = "disclosure"
        ANALYSIS = "analysis"

    trial = models.ForeignKey(Trial, on_delete=models.CASCADE)
    step = models.CharField(max_length=20, choices=Step)
    saved_at = models.DateTimeField()
    answers = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["trial", "step"], name="set_up_step_once_a_trial"),
            models.CheckConstraint(
                condition=models.Q(
                    step__in=[
                        "about",
                        "dates",
                        "design",
                        "groups",
                        "tasks",
                        "lists",
                        "power",
                        "survey",
                        "assumptions",
                        "disclosure",
                        "analysis",
                    ]
                ),
                name="set_up_step_is_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.step} of {self.trial_id}"
