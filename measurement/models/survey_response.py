"""One answer to the weekly survey."""

from typing import Final

from django.db import models
from django.db.models.functions import Length
from django.db.models.lookups import LessThanOrEqual

from measurement.estimation.definition import MAX_MINUTES, MAX_TEXT_LENGTH
from measurement.models.participant import Participant

MAX_COMMENT_LENGTH: Final = 1000
"""Characters."""


class SurveyResponse(models.Model):
    """A band of reported minutes saved a day, two scores from 0 to 10, and words.

    `comment` may name people: analysts read it through the API, and it goes into no bundle, export
    or dashboard.
    """

    participant = models.ForeignKey(Participant, on_delete=models.CASCADE)
    date = models.DateField(null=True, blank=True)
    wave = models.CharField(max_length=MAX_TEXT_LENGTH, blank=True)
    minutes_saved_low = models.FloatField(null=True, blank=True)
    minutes_saved_high = models.FloatField(null=True, blank=True, help_text="Empty: open band")
    satisfaction = models.PositiveSmallIntegerField(null=True, blank=True)
    recommend = models.PositiveSmallIntegerField(null=True, blank=True)
    comment = models.TextField(blank=True, db_default="")
    answered_at = models.DateTimeField(
        null=True, blank=True, help_text="Empty: not answered here, but loaded from a file"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["participant", "wave"],
                condition=models.Q(answered_at__isnull=False),
                name="survey_response_answered_once",
            ),
            models.CheckConstraint(
                condition=models.Q(minutes_saved_high__isnull=True)
                | models.Q(
                    minutes_saved_low__isnull=False,
                    minutes_saved_high__gte=models.F("minutes_saved_low"),
                    minutes_saved_high__lte=MAX_MINUTES,
                ),
                name="survey_response_band_is_ordered",
            ),
            models.CheckConstraint(
                condition=models.Q(minutes_saved_low__isnull=True)
                | models.Q(minutes_saved_low__gte=0, minutes_saved_low__lte=MAX_MINUTES),
                name="survey_response_minutes_saved_low_are_possible",
            ),
            models.CheckConstraint(
                condition=models.Q(satisfaction__isnull=True) | models.Q(satisfaction__lte=10),
                name="survey_response_satisfaction_is_0_to_10",
            ),
            models.CheckConstraint(
                condition=models.Q(recommend__isnull=True) | models.Q(recommend__lte=10),
                name="survey_response_recommend_is_0_to_10",
            ),
            models.CheckConstraint(
                condition=LessThanOrEqual(Length("comment"), MAX_COMMENT_LENGTH),
                name="survey_response_comment_is_short",
            ),
        ]

    def __str__(self) -> str:
        return f"survey response {self.pk}"
