"""That somebody was invited to a trial, and what they answered."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from measurement.estimation.definition import MAX_TEXT_LENGTH
from measurement.models.trial import Trial
from measurement.models.trial_lists import Department, Grade, Profession


class Invitation(models.Model):
    """One invitation, with what is known of the person beforehand.

    `accepted` is empty until it is answered. `mail` says what became of its newest email, which
    was sent or begun at `emailed_at`; `nudged_at` is when the person was last reminded to answer.
    """

    class Mail(models.TextChoices):
        """How far its email is. What was begun and not noted as sent may have arrived."""

        NONE = "none"
        WAITING = "waiting"
        HELD = "held"
        SENDING = "sending"
        SENT = "sent"
        REFUSED = "refused"

    trial = models.ForeignKey(Trial, on_delete=models.CASCADE)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    department = models.ForeignKey(Department, on_delete=models.RESTRICT, null=True, blank=True)
    team = models.CharField(max_length=MAX_TEXT_LENGTH, blank=True)
    grade = models.ForeignKey(Grade, on_delete=models.RESTRICT, null=True, blank=True)
    profession = models.ForeignKey(Profession, on_delete=models.RESTRICT, null=True, blank=True)
    invited_at = models.DateTimeField()
    accepted = models.BooleanField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    mail = models.CharField(max_length=10, choices=Mail, default=Mail.NONE)
    mail_tries = models.PositiveSmallIntegerField(default=0)
    emailed_at = models.DateTimeField(null=True, blank=True)
    nudged_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["trial", "user"], name="invitation_once_a_trial"),
            models.CheckConstraint(
                condition=Q(accepted__isnull=True, answered_at__isnull=True)
                | Q(accepted__isnull=False, answered_at__isnull=False),
                name="invitation_answer_has_its_moment",
            ),
            models.CheckConstraint(
                condition=Q(mail__in=["none", "waiting", "held"])
                | Q(mail__in=["sending", "sent", "refused"], emailed_at__isnull=False),
                name="invitation_mail_is_known_and_has_its_moment",
            ),
        ]
        indexes = [
            models.Index(
                fields=["trial", "id"],
                name="invitation_mail_waits",
                condition=Q(mail="waiting"),
            )
        ]

    def __str__(self) -> str:
        return f"invitation of user {self.user_id} to {self.trial_id}"
