"""A file that somebody uploaded for long work, for as long as the work needs it."""

from django.conf import settings
from django.db import models

from measurement.models.trial import Trial


class Upload(models.Model):
    """One file, without its name; its bytes stand in its parts.

    `report` is what was found in it (nothing before it is checked), `faults` all that is wrong
    with it, as CSV.
    """

    class Kind(models.TextChoices):
        """What it is for."""

        PEOPLE = "people"
        BUNDLE = "bundle"

    kind = models.CharField(max_length=10, choices=Kind)
    trial = models.ForeignKey(Trial, on_delete=models.CASCADE, null=True, blank=True)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    uploaded_at = models.DateTimeField()
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    report = models.JSONField(default=dict, blank=True)
    faults = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind="people", trial__isnull=False)
                | models.Q(kind="bundle", trial__isnull=True),
                name="upload_kind_is_known_and_of_a_trial",
            ),
            models.CheckConstraint(
                condition=models.Q(sha256__regex="^[0-9a-f]{64}$", size__gt=0),
                name="upload_has_size_and_hash",
            ),
        ]

    def __str__(self) -> str:
        return f"upload {self.pk}"


class UploadPart(models.Model):
    """A piece of an uploaded file, so that nobody ever holds a large one whole to store it."""

    upload = models.ForeignKey(Upload, on_delete=models.CASCADE, related_name="parts")
    position = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["upload", "position"], name="upload_part_once")
        ]

    def __str__(self) -> str:
        return f"part {self.position} of upload {self.upload_id}"
