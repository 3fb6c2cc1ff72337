"""That somebody was invited to a trial, and what they answered."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from measurement.estimation.definition import MAX_TEXT_LENGTH
from measurement.models.trial import Trial
from measurement.models.trial_lists import Department, Grade, Profession


class Invitation(models.Model):
    """One invitation, with what is known of the person beforehand.

    `accepted` is empty until it is answered.
    """

    trial = models.ForeignKey(Trial, on_delete=models.CASCADE)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    department = models.ForeignKey(Department, on_delete=models.RESTRICT, null=True, blank=True)
    team = models.CharField(max_length=MAX_TEXT_LENGTH, blank=True)
    grade = models.ForeignKey(Grade, on_delete=models.RESTRICT, null=True, blank=True)
    profession = models.ForeignKey(Profession, on_delete=models.RESTRICT, null=True, blank=True)
    invited_at = models.DateTimeField()
    accepted = models.BooleanField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["trial", "user"], name="invitation_once_a_trial"),
            models.CheckConstraint(
                condition=Q(accepted__isnull=True, answered_at__isnull=True)
                | Q(accepted__isnull=False, answered_at__isnull=False),
                name="invitation_answer_has_its_moment",
            ),
        ]

    def __str__(self) -> str:
        return f"invitation of user {self.user_id} to {self.trial_id}"
