"""Whether and when somebody wants reminders."""

from typing import Final

from django.conf import settings
from django.db import models
from django.db.models import F, Q

EARLIEST_HOUR: Final = 8
LATEST_HOUR: Final = 18


class ReminderChoice(models.Model):
    """What a person chose, for all trials; without a row the defaults hold.

    Reminders come from `earliest_hour` on and before `latest_hour`, in London.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    wanted = models.BooleanField(default=True)
    earliest_hour = models.PositiveSmallIntegerField(default=EARLIEST_HOUR)
    latest_hour = models.PositiveSmallIntegerField(default=LATEST_HOUR)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(earliest_hour__lt=F("latest_hour"), latest_hour__lte=24),
                name="reminder_choice_hours_are_ordered",
            )
        ]

    def __str__(self) -> str:
        return f"reminder choice of user {self.user_id}"
