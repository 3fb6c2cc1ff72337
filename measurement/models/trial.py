"""A trial with its plan."""

import datetime
from typing import Any

from django.db import models

from measurement.estimation.definition import MAX_SLUG_LENGTH, MAX_TEXT_LENGTH
from measurement.estimation.definition import Trial as Definition
from measurement.estimation.trial_toml import parse_trial


class Trial(models.Model):
    """One trial, with the five sections of its definition as a complete trial.toml has them.

    `design`, `plan`, `assumptions`, `survey` and `disclosure` are complete, defaults filled in, so
    that a later change of a default changes no stored trial.
    """

    slug = models.SlugField(max_length=MAX_SLUG_LENGTH, unique=True)
    title = models.CharField(max_length=MAX_TEXT_LENGTH)
    sector = models.CharField(max_length=20)
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)
    run_in_days = models.PositiveSmallIntegerField(default=0)
    simulated = models.BooleanField(default=False)
    design = models.JSONField()
    plan = models.JSONField()
    assumptions = models.JSONField()
    survey = models.JSONField()
    disclosure = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    sector__in=["civil_service", "education", "justice", "security"]
                ),
                name="trial_sector_is_known",
            ),
            models.CheckConstraint(
                condition=models.Q(starts_on__isnull=True)
                | models.Q(ends_on__isnull=True)
                | models.Q(ends_on__gte=models.F("starts_on")),
                name="trial_ends_after_it_starts",
            ),
        ]

    def __str__(self) -> str:
        return self.slug

    @property
    def announces_tasks(self) -> bool:
        """Whether chance decides for each task, so that tasks are announced before they begin."""
        return bool(self.design["kind"] == "task_randomised")

    def definition(self) -> Definition:
        """Return the definition that the engine reads; `tools` in alphabetical order."""
        return parse_trial(self._sections())

    def definition_document(self) -> dict[str, Any]:
        """Return the definition as JSON, from which `parse_trial` makes it again."""
        document = self._sections()
        for name, value in document["trial"].items():
            if isinstance(value, datetime.date):
                document["trial"][name] = value.isoformat()
        return document

    def _sections(self) -> dict[str, Any]:
        return {
            "trial": self._trial_section(),
            "design": self.design,
            "plan": self.plan,
            "assumptions": self.assumptions,
            "survey": self.survey,
            "disclosure": self.disclosure,
        }

    def _trial_section(self) -> dict[str, Any]:
        section = {
            "slug": self.slug,
            "title": self.title,
            "sector": self.sector,
            "starts_on": self.starts_on,
            "ends_on": self.ends_on,
            "run_in_days": self.run_in_days,
            "tools": list(self.tool_set.order_by("name").values_list("name", flat=True)),
            "simulated": self.simulated,
        }
        return {key: value for key, value in section.items() if value is not None}
