"""Fields that GOV.UK asks in its own way: minutes, a day in three boxes, counted lines."""

import datetime
import re
from collections.abc import Sequence
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _


class MinutesField(forms.CharField):
    """A number typed with the digits 0 to 9: how large it may be is for recording.py to say."""

    NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")

    def clean(self, value: Any) -> float | None:
        """Return the number; None if nothing was typed and that is allowed.

        Raises ValidationError if it is not, and if no number was typed.
        """
        typed = super().clean(value)
        if typed == "":
            return None
        if not self.NUMBER.fullmatch(typed):
            raise ValidationError(_("Minutes must be a number, like 25"))
        return float(typed)


class DayWidget(forms.MultiWidget):
    """Three boxes for day, month and year."""

    def __init__(self) -> None:
        super().__init__(dict.fromkeys(("day", "month", "year"), forms.TextInput))

    def decompress(self, value: datetime.date | None) -> list[int | None]:
        """Return day, month and year."""
        return [value.day, value.month, value.year] if value else [None, None, None]


class DayField(forms.Field):
    """A day typed as day, month and year.

    `noun` is what errors call it where a page asks for several; such pages are English only.
    """

    widget = DayWidget
    PARTS: Final = {"day": r"[0-9]{1,2}", "month": r"[0-9]{1,2}", "year": r"[0-9]{4}"}
    MISSING: Final = {
        "day": _("The date must include a day"),
        "month": _("The date must include a month"),
        "year": _("The date must include a year"),
    }

    def __init__(self, *, noun: str = "", **options: Any) -> None:
        super().__init__(**options)
        self.noun = noun

    def clean(self, value: Sequence[str | None]) -> datetime.date:
        """Return the day. Raises ValidationError with the code of the part that is missing."""
        typed = dict(zip(self.PARTS, ((part or "").strip() for part in value), strict=True))
        missing = [part for part, text in typed.items() if not text]
        if len(missing) == len(typed):
            raise ValidationError(self.error_messages["required"])
        if missing:
            words = f"{self.noun} must include a {missing[0]}" if self.noun else ""
            raise ValidationError(words or self.MISSING[missing[0]], code=missing[0])
        try:
            return datetime.date(*self._numbers(typed))
        except ValueError as error:
            words = f"{self.noun} must be a real date, like 27 3 2025" if self.noun else ""
            unnamed = _("The date must be a real date, like 27 3 2025")
            raise ValidationError(words or unnamed) from error

    def _numbers(self, typed: dict[str, str]) -> tuple[int, int, int]:
        """Return year, month and day. Raises ValueError if one is not written in digits."""
        for part, pattern in self.PARTS.items():
            if not re.fullmatch(pattern, typed[part]):
                raise ValueError(f"{part} is {typed[part]!r}")
        return int(typed["year"]), int(typed["month"]), int(typed["day"])


class LinesField(forms.CharField):
    """A text of several lines. The end of a line counts as one character, as in the browser."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> str:
        """Return the text; forms are sent with two characters at the end of each line."""
        return str(super().to_python(value)).replace("\r\n", "\n")
