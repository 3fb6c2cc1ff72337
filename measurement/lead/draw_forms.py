"""The forms of the page that draws: dates of access, a tick to confirm, a reason to draw again."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any, Final

from django import forms

from measurement.estimation.history import MAX_REASON_LENGTH
from measurement.pages.fields import DayField, LinesField

FEWEST_DATES: Final = 4
MOST_DATES: Final = 52
MORE: Final = "more"
"""The button that asks for one more date."""


class OptionalDayField(DayField):
    """A day that may be left empty."""

    def clean(self, value: Sequence[str | None]) -> datetime.date | None:  # type: ignore[override]
        """Return the day, None if nothing was typed. Raises ValidationError."""
        if not any((part or "").strip() for part in value):
            return None
        return super().clean(value)


class DatesForm(forms.Form):
    """As many dates of access as are asked for: `dates`, 0 where there are none.

    known: what stands in them beforehand, days or what was typed as day, month and year.
    """

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        dates: int,
        known: Sequence[Any] = (),
        **initial: str,
    ) -> None:
        super().__init__(data, initial=initial)
        for number in range(1, dates + 1):
            self.fields[f"date_{number}"] = OptionalDayField(
                noun=f"Date {number}",
                label=f"Date {number}",
                required=False,
                initial=known[number - 1] if number <= len(known) else ["", "", ""],
            )

    @property
    def dates(self) -> list[forms.BoundField]:
        """The fields of the dates."""
        return [self[name] for name in self.fields if name.startswith("date_")]

    def steps(self) -> tuple[datetime.date, ...]:
        """Return the dates in order. Call it on a valid form."""
        given = [day for name, day in self.cleaned_data.items() if name.startswith("date_") and day]
        return tuple(sorted(given))


class RedrawForm(DatesForm):
    """Why, and for a stepped wedge on which dates."""

    reason = LinesField(
        label="Why must it be drawn again?",
        help_text="For example: two teams were in the wrong department.",
        max_length=MAX_REASON_LENGTH,
        error_messages={
            "required": "Enter why it must be drawn again",
            "max_length": f"The reason must be {MAX_REASON_LENGTH:,} characters or fewer",
        },
    )


class ConfirmForm(forms.Form):
    """That it is meant."""

    sure = forms.BooleanField(
        label="Assign everybody as drawn. This cannot be taken back",
        error_messages={"required": "Tick the box if everybody is to be assigned as drawn"},
    )


def typed_dates(posted: Mapping[str, Any]) -> list[list[str]]:
    """Return what was typed as day, month and year into the dates that a form had."""
    return [
        [posted.get(f"date_{number}_{part}", "") for part in ("day", "month", "year")]
        for number in range(1, MOST_DATES + 1)
        if f"date_{number}_day" in posted
    ]


def dates_asked(had: int, *, more: bool) -> int:
    """Return for how many dates to ask where `had` were there, one more if that is wanted."""
    return min(MOST_DATES, max(FEWEST_DATES, had + more))
