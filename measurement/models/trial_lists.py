"""The lists of a trial: departments, grades, professions, task types, tools."""

from django.db import models

from measurement.estimation.definition import MAX_TEXT_LENGTH
from measurement.models.trial import Trial


class TrialListEntry(models.Model):
    """An entry of one list of one trial. Abstract."""

    trial = models.ForeignKey(Trial, on_delete=models.CASCADE)
    name = models.CharField(max_length=MAX_TEXT_LENGTH)

    class Meta:
        abstract = True
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["trial", "name"], name="%(class)s_name_once_a_trial"),
            models.CheckConstraint(
                condition=models.Q(name__regex=r"\S"), name="%(class)s_name_is_not_blank"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Department(TrialListEntry):
    """An employer of participants."""


class Grade(TrialListEntry):
    """A level of seniority."""


class Profession(TrialListEntry):
    """A civil service profession, such as policy or digital and data."""


class TaskType(TrialListEntry):
    """A kind of task that participants log."""


class Tool(TrialListEntry):
    """An AI tool under trial."""
