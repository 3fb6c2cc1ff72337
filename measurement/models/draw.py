"""One draw of a trial: what chance decided for whom, and all that repeating it needs."""

from django.db import models
from django.db.models import Q

from measurement.estimation.definition import MAX_SLUG_LENGTH, MAX_TEXT_LENGTH
from measurement.estimation.history import MAX_REASON_LENGTH
from measurement.models.exact_json import ExactJSONField
from measurement.models.trial import Trial


class Draw(models.Model):
    """A proposal until it is confirmed, which assigns, or dropped, which says why.

    options, lots and people are the engine's `Allocation`, item by item. The database refuses
    to change what was drawn; only an erased participant leaves `people`.
    """

    trial = models.ForeignKey(Trial, on_delete=models.CASCADE)
    number = models.PositiveIntegerField()
    algorithm = models.PositiveSmallIntegerField()
    # "SLUG:SEED:DRAW", which every hash begins with.
    name = models.CharField(max_length=MAX_SLUG_LENGTH + 30)
    design = ExactJSONField()
    column = models.CharField(max_length=10)
    options = ExactJSONField()
    lots = ExactJSONField()
    people = ExactJSONField()
    balance = ExactJSONField()
    input_sha256 = models.CharField(max_length=64)
    outcome_sha256 = models.CharField(max_length=64)
    # Roles and not people: leads read this. The audit events name the users.
    proposed_at = models.DateTimeField()
    proposed_by = models.CharField(max_length=MAX_TEXT_LENGTH)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.CharField(max_length=MAX_TEXT_LENGTH, blank=True)
    dropped_at = models.DateTimeField(null=True, blank=True)
    dropped_by = models.CharField(max_length=MAX_TEXT_LENGTH, blank=True)
    dropped_because = models.CharField(max_length=MAX_REASON_LENGTH, blank=True)

    class Meta:
        ordering = ["trial", "number"]
        constraints = [
            models.UniqueConstraint(fields=["trial", "number"], name="draw_number_once_a_trial"),
            models.UniqueConstraint(
                fields=["trial"],
                condition=Q(confirmed_at__isnull=True, dropped_at__isnull=True),
                name="draw_is_open_once",
            ),
            models.CheckConstraint(condition=Q(number__gte=1), name="draw_number_is_positive"),
            models.CheckConstraint(
                condition=Q(column__in=["arm", "sequence", "ai_from"]), name="draw_column_is_known"
            ),
            models.CheckConstraint(
                condition=Q(input_sha256__regex=r"^[0-9a-f]{64}$")
                & Q(outcome_sha256__regex=r"^[0-9a-f]{64}$"),
                name="draw_sha256s_are_ones",
            ),
            models.CheckConstraint(
                condition=Q(proposed_by__regex=r"\S"), name="draw_says_who_proposed_it"
            ),
            models.CheckConstraint(
                condition=Q(confirmed_at__isnull=True, confirmed_by="")
                | Q(confirmed_at__isnull=False, confirmed_by__regex=r"\S", dropped_at__isnull=True),
                name="draw_says_who_confirmed_it",
            ),
            models.CheckConstraint(
                condition=Q(dropped_at__isnull=True, dropped_by="", dropped_because="")
                | Q(
                    dropped_at__isnull=False,
                    dropped_by__regex=r"\S",
                    dropped_because__regex=r"\S",
                ),
                name="draw_says_why_it_was_dropped",
            ),
        ]

    def __str__(self) -> str:
        return f"draw {self.number} of {self.trial_id}"

    @property
    def is_open(self) -> bool:
        """Whether it waits to be confirmed or dropped."""
        return self.confirmed_at is None and self.dropped_at is None
