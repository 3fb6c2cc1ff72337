"""One thing that a reminder was about."""

from django.db import models
from django.db.models import Q

from measurement.models.participant import Participant
from measurement.models.reminder import Reminder


class ReminderItem(models.Model):
    """What was left to do in one trial: `kind` is one of to_do.Kind."""

    reminder = models.ForeignKey(
        Reminder, on_delete=models.CASCADE, related_name="items", db_index=False
    )
    participant = models.ForeignKey(Participant, on_delete=models.CASCADE)
    kind = models.CharField(max_length=20)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["reminder", "participant", "kind"], name="reminder_item_once"
            ),
            models.CheckConstraint(
                condition=Q(kind__regex=r"\S"), name="reminder_item_kind_is_not_blank"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} in reminder {self.reminder_id}"
