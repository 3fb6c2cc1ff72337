"""A key to the API."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from measurement.models.trial import Trial


class ApiToken(models.Model):
    """Belongs to a user and a trial. Only the SHA-256 of the token is stored; it is shown once."""

    class Scope(models.TextChoices):
        """What a token opens."""

        RESULTS = "results"
        RECORDS = "records"
        WRITE = "write"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    trial = models.ForeignKey(Trial, on_delete=models.CASCADE)
    digest = models.CharField(max_length=64, unique=True)
    scopes = ArrayField(models.CharField(max_length=20, choices=Scope))
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("created_at")),
                name="api_token_expires_after_it_was_made",
            ),
            models.CheckConstraint(
                condition=models.Q(scopes__contained_by=["results", "records", "write"])
                & models.Q(scopes__len__gte=1),
                name="api_token_scopes_are_known",
            ),
        ]

    def __str__(self) -> str:
        return f"token {self.pk}"
