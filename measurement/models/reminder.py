"""An email that reminds somebody of what is left to do."""

from django.conf import settings
from django.db import models


class Reminder(models.Model):
    """The one reminder of a person on a day, stored before it is sent: no worker sends a second.

    It stays `sending` where nobody can know whether the mail server took it.
    """

    class State(models.TextChoices):
        """How far it came. One that was refused may be tried again on its day."""

        SENDING = "sending"
        SENT = "sent"
        REFUSED = "refused"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    day = models.DateField()
    state = models.CharField(max_length=10, choices=State, default=State.SENDING)
    tries = models.PositiveSmallIntegerField(default=1)
    tried_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "day"], name="reminder_once_a_day"),
            models.CheckConstraint(
                condition=models.Q(state__in=["sending", "sent", "refused"]),
                name="reminder_state_is_known",
            ),
            models.CheckConstraint(condition=models.Q(tries__gte=1), name="reminder_was_tried"),
        ]

    def __str__(self) -> str:
        return f"reminder {self.pk} on {self.day}"
