"""That a participant read a privacy notice and takes part under it."""

from django.db import models

from measurement.models.participant import Participant
from measurement.models.privacy_notice import PrivacyNotice


class NoticeAcceptance(models.Model):
    """One version of the notice, accepted by one participant."""

    participant = models.ForeignKey(Participant, on_delete=models.CASCADE)
    notice = models.ForeignKey(PrivacyNotice, on_delete=models.RESTRICT)
    accepted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["participant", "notice"], name="notice_acceptance_once_a_version"
            )
        ]

    def __str__(self) -> str:
        return f"acceptance of {self.notice_id} by {self.participant_id}"
