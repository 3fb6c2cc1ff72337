"""Who stood behind a published cell when its answer was frozen."""

from django.db import models

from measurement.estimation.definition import MAX_TEXT_LENGTH
from measurement.models.trial import Trial


class FrozenCell(models.Model):
    """One side of a cell of the engine's `standing.Cell`: a hash of 8 bytes a person, sorted.

    Hashes are keyed by a secret that is not in the database and differ from cell to cell, so that
    they tell of nobody; see `freezing.py`. `sighting`: 0 for who stood behind the cell's own
    answer; else the number of the engine's `Sighting`, and `left` says whether the cell
    was among what it left. Of the subject "profiles", `group` is made of short names of groups.
    """

    # The constraint below brings the index.
    trial = models.ForeignKey(Trial, on_delete=models.CASCADE, db_index=False)
    subject = models.CharField(max_length=20)
    dimension = models.CharField(max_length=40)
    group = models.CharField(max_length=MAX_TEXT_LENGTH)
    side = models.PositiveSmallIntegerField(help_text="0: with AI, or the only one; 1: without")
    sighting = models.PositiveSmallIntegerField(default=0)
    left = models.BooleanField(default=False)
    hashes = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["trial", "subject", "dimension", "group", "side", "sighting"],
                name="frozen_cell_once",
            ),
            models.CheckConstraint(
                condition=models.Q(side__in=[0, 1]), name="frozen_cell_side_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject} {self.dimension}={self.group} of {self.trial_id}"
