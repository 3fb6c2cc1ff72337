"""Numbers typed into a box: whole ones, decimals, and shares in per cent."""

import re
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError

from measurement.plan_words import percent

MAX_LENGTH: Final = 20
"""The most characters that are read: no number that is allowed has more."""

MINUS: Final = ("-", "\N{MINUS SIGN}")


class NumberField(forms.CharField):
    """A number of 0 or more, commas between thousands allowed: how large is for others to say.

    `noun` is what a sentence about it calls it.
    """

    pattern: re.Pattern[str] = re.compile(r"[0-9]+(\.[0-9]+)?")
    example = "a number, like 7.5"

    def __init__(self, *, noun: str, suffix: str = "", prefix: str = "", **options: Any) -> None:
        required = f"Enter {noun[:1].lower()}{noun[1:]}"
        super().__init__(error_messages={"required": required}, **options)
        self.noun, self.suffix, self.prefix = noun, suffix, prefix

    def clean(self, value: Any) -> Any:
        """Return the number; None where nothing was typed and that is allowed.

        Raises ValidationError for what is no such number.
        """
        typed = str(super().clean(value)).replace(",", "").rstrip("%£ ").lstrip("£ ")
        if not typed and not self.required:
            return None
        if typed.startswith(MINUS) and self.pattern.fullmatch(typed[1:]):
            raise ValidationError(f"{self.noun} must be 0 or more")
        if len(typed) > MAX_LENGTH and self.pattern.fullmatch(typed):
            raise ValidationError(f"{self.noun} must have {MAX_LENGTH} digits or fewer")
        if not self.pattern.fullmatch(typed):
            raise ValidationError(f"{self.noun} must be {self.example}")
        return self.number(typed)

    def prepare_value(self, value: Any) -> Any:
        """Return how a stored number is shown; what was typed stays."""
        return value if isinstance(value, str) or value is None else self.shown(value)

    def number(self, typed: str) -> float:
        """Return the number that the digits say."""
        return float(typed)

    def shown(self, value: float) -> str:
        """Return a number as it is typed."""
        return f"{value:.10g}"


class WholeField(NumberField):
    """A whole number."""

    pattern = re.compile(r"[0-9]+")
    example = "a whole number, like 12"

    def number(self, typed: str) -> int:
        """Return the number that the digits say."""
        return int(typed)

    def shown(self, value: float) -> str:
        """Return a number as it is typed."""
        return f"{value:.0f}"


class PercentField(NumberField):
    """A share of 1, typed in per cent."""

    example = "a number of per cent, like 95"

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"suffix": "%", **options})

    def number(self, typed: str) -> float:
        """Return the share that the digits say."""
        return float(Decimal(typed) / 100)

    def shown(self, value: float) -> str:
        """Return a share as it is typed."""
        return percent(value)
