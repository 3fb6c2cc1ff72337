"""A participant of a trial, known by a pseudonym."""

from django.conf import settings
from django.db import models

from measurement.estimation.definition import MAX_MINUTES, MAX_TEXT_LENGTH
from measurement.models.trial import Trial
from measurement.models.trial_lists import Department, Grade, Profession


class Participant(models.Model):
    """Somebody whose tasks a trial measures. No name: `user` links to who signs in."""

    trial = models.ForeignKey(Trial, on_delete=models.CASCADE)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True
    )
    pseudonym = models.CharField(max_length=MAX_TEXT_LENGTH)
    department = models.ForeignKey(Department, on_delete=models.RESTRICT, null=True, blank=True)
    team = models.CharField(max_length=MAX_TEXT_LENGTH, blank=True)
    grade = models.ForeignKey(Grade, on_delete=models.RESTRICT, null=True, blank=True)
    profession = models.ForeignKey(Profession, on_delete=models.RESTRICT, null=True, blank=True)
    enrolled_on = models.DateField(null=True, blank=True)
    withdrawn_on = models.DateField(null=True, blank=True)
    baseline_minutes = models.FloatField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["trial", "pseudonym"], name="participant_pseudonym_once_a_trial"
            ),
            models.UniqueConstraint(fields=["trial", "user"], name="participant_user_once_a_trial"),
            models.CheckConstraint(
                condition=models.Q(pseudonym__regex=r"\S"),
                name="participant_pseudonym_is_not_blank",
            ),
            models.CheckConstraint(
                condition=models.Q(baseline_minutes__isnull=True)
                | (models.Q(baseline_minutes__gt=0) & models.Q(baseline_minutes__lte=MAX_MINUTES)),
                name="participant_baseline_minutes_are_possible",
            ),
        ]

    def __str__(self) -> str:
        return self.pseudonym
