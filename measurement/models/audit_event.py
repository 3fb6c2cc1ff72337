"""What was done, by whom, when. Rows are added, never changed."""

from django.conf import settings
from django.db import models


class AuditEvent(models.Model):
    """One act. The trial is named by slug, so that the record outlives the trial."""

    at = models.DateTimeField(auto_now_add=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, null=True, blank=True
    )
    trial_slug = models.CharField(max_length=50, blank=True)
    act = models.CharField(max_length=50)
    subject = models.CharField(max_length=220, blank=True)
    detail = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"{self.act} {self.subject}"
