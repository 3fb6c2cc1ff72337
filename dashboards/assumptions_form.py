"""The form in which somebody moves assumptions: typed numbers within bounds, sent by GET."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from dashboards.moved_assumptions import Assumed

NUMBER: Final = r"[0-9]{1,8}(\.[0-9]{1,4})?"
"""What may be typed, once spaces and commas are gone; assumptions.js reads the same."""
LEFT_OUT: Final = re.compile(r"[\s,]")


@dataclass(frozen=True, kw_only=True)
class Question:
    """One assumption: its label, its bounds, and the sign of money before it."""

    label: str
    at_least: float
    at_most: float
    whole: bool = False
    prefix: str = ""

    @property
    def error(self) -> str:
        """What is said of a number that is not allowed."""
        kind = "whole number" if self.whole else "number"
        return (
            f"{self.label} must be a {kind} from {self.prefix}{self.at_least:,g} "
            f"to {self.prefix}{self.at_most:,.0f}"
        )


QUESTIONS: Final[Mapping[str, Question]] = {
    "working_days_per_year": Question(label="Working days a year", at_least=0.1, at_most=366),
    "hours_per_day": Question(label="Hours a day", at_least=0.1, at_most=24),
    "loaded_cost_per_hour": Question(
        label="Cost of an hour of work", at_least=0.01, at_most=100_000, prefix="£"
    ),
    "licence_cost_per_month": Question(
        label="Cost of a licence a month", at_least=0, at_most=100_000, prefix="£"
    ),
    "people": Question(
        label="People with AI (full-time)", at_least=1, at_most=10_000_000, whole=True
    ),
}


class AssumptionField(forms.CharField):
    """A number within the bounds of its question."""

    pattern = NUMBER

    def __init__(self, question: Question, **options: Any) -> None:
        super().__init__(
            label=question.label, error_messages={"required": question.error}, **options
        )
        self.question = question

    def clean(self, value: Any) -> float:
        """Return the number. Raises ValidationError for anything else."""
        question = self.question
        typed = LEFT_OUT.sub("", super().clean(value))
        if not re.fullmatch(NUMBER, typed):
            raise ValidationError(question.error)
        number = float(typed)
        if not question.at_least <= number <= question.at_most:
            raise ValidationError(question.error)
        if question.whole and not number.is_integer():
            raise ValidationError(question.error)
        return number


class AssumptionsForm(forms.Form):
    """Every assumption, at first as planned."""

    def __init__(self, planned: Assumed, sent: QueryDict) -> None:
        """Take what was `sent`; what was not sent stays as planned."""
        plan = {name: as_typed(number) for name, number in asdict(planned).items()}
        given = {name: sent[name] for name in QUESTIONS if name in sent}
        super().__init__(data=plan | given if given else None, initial=plan)
        for name, question in QUESTIONS.items():
            hint = f"The plan: {question.prefix}{asdict(planned)[name]:,.10g}"
            self.fields[name] = AssumptionField(question, help_text=hint)
        self.planned = planned

    def assumed(self) -> Assumed | None:
        """Return the assumptions to compute with; None where what was typed cannot be."""
        if not self.is_bound:
            return self.planned
        return Assumed(**self.cleaned_data) if self.is_valid() else None


def as_typed(number: float) -> str:
    """Return a number as one types it: 225, 7.25."""
    return f"{number:.4f}".rstrip("0").rstrip(".")
