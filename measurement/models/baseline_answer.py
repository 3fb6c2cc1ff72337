"""What a participant said before the first log."""

from django.db import models

from measurement.models.participant import Participant


class BaselineAnswer(models.Model):
    """The baseline survey's answer that has no column in the participant's row."""

    class AiUse(models.TextChoices):
        """How often AI was used at work before the trial."""

        NEVER = "never"
        RARELY = "rarely"
        WEEKLY = "weekly"
        DAILY = "daily"

    participant = models.OneToOneField(
        Participant, on_delete=models.CASCADE, related_name="baseline"
    )
    ai_use_before = models.CharField(max_length=10, choices=AiUse)
    answered_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ai_use_before__in=["never", "rarely", "weekly", "daily"]),
                name="baseline_answer_ai_use_is_known",
            )
        ]

    def __str__(self) -> str:
        return f"baseline of {self.participant_id}"
