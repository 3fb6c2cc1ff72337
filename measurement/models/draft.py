"""What a participant typed into a form and has not sent yet."""

from typing import Final

from django.db import models
from django.db.models.functions import Cast, Length
from django.db.models.lookups import LessThanOrEqual

from measurement.estimation.definition import MAX_TEXT_LENGTH
from measurement.models.participant import Participant

MAX_DRAFT_LENGTH: Final = 4_000
"""Characters that the answers of a draft may take as JSON."""


class Draft(models.Model):
    """Answers as they were typed, by the names of the form's controls. It is no task log.

    `key` is the form's: it becomes the key of the task log.
    """

    class Form(models.TextChoices):
        """Which form the answers belong to."""

        LOG = "log"
        TIMED = "timed"
        ANNOUNCED = "announced"

    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, db_index=False)
    form = models.CharField(max_length=10, choices=Form)
    key = models.CharField(max_length=MAX_TEXT_LENGTH)
    answers = models.JSONField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["participant", "form"], name="draft_once_a_form"),
            models.CheckConstraint(
                condition=models.Q(form__in=["log", "timed", "announced"]),
                name="draft_form_is_known",
            ),
            models.CheckConstraint(condition=models.Q(key__regex=r"\S"), name="draft_has_a_key"),
            models.CheckConstraint(
                condition=LessThanOrEqual(
                    Length(Cast("answers", models.TextField())), MAX_DRAFT_LENGTH
                ),
                name="draft_is_short",
            ),
        ]

    def __str__(self) -> str:
        return f"draft of {self.participant_id} for {self.form}"
