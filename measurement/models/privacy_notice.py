"""What a trial tells its participants about their data, version by version."""

from django.db import models

from measurement.estimation.definition import MAX_TEXT_LENGTH
from measurement.models.trial import Trial


class PrivacyNotice(models.Model):
    """The facts of one version of a trial's privacy notice; its words are the same in all trials.

    `edition` says which words: a change of them that matters is a new edition, and each trial
    publishes a new version with it.
    """

    trial = models.ForeignKey(Trial, on_delete=models.CASCADE)
    version = models.PositiveSmallIntegerField()
    edition = models.PositiveSmallIntegerField()
    controller = models.CharField(max_length=MAX_TEXT_LENGTH, help_text="Who answers for the data")
    contact = models.EmailField(help_text="Where participants can ask and complain")
    keep_until = models.DateField(help_text="Last day on which anything about people is kept")
    published_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["trial", "version"], name="privacy_notice_version_once"
            ),
            models.CheckConstraint(
                condition=models.Q(controller__regex=r"\S"),
                name="privacy_notice_controller_is_not_blank",
            ),
        ]

    def __str__(self) -> str:
        return f"privacy notice {self.version} of {self.trial_id}"
