"""The form about what the design needs: who is assigned together, groups, balance, periods."""

import datetime
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Final

from django import forms

from measurement.estimation.crossover_periods import cut
from measurement.estimation.definition import KINDS_WITH_ARMS, MAX_TEXT_LENGTH
from measurement.lead.choice_fields import Radios, Ticks
from measurement.lead.number_fields import WholeField
from measurement.lead.step_form import Part, StepForm
from measurement.models import Trial
from measurement.pages.fields import DayField
from measurement.plan_words import STRATA, UNITS

FEWEST_ARMS: Final = 4
"""Groups that the page has room for; trials with more show all of theirs and one more."""
MOST_SHARES: Final = 1000
"""The largest share of a group that a plan may have."""
UNITS_OF: Final = {
    "parallel": ("participant",),
    "crossover": ("participant", "team", "department"),
    "cluster": ("team", "department"),
    "stepped_wedge": ("team", "department"),
}
STRATA_OF: Final = {
    "participant": ("department", "team", "grade", "profession"),
    "team": ("department",),
    "department": (),
}
"""What is the same for all of a unit, so that units can be kept in balance by it."""
FEWEST_PERIODS: Final = 2
MOST_PERIODS: Final = 12


class GroupsForm(StepForm):
    """What the trial's design needs; which fields there are depends on the design.

    `periods`: shows as many, cut anew from the trial's dates, instead of those that are stored.
    """

    saying: ClassVar = {
        "design.arms": "name_1",
        "design.periods": "starts_on_1",
        "design.unit": "unit",
        "design.stratify_by": "stratify_by",
    }

    def __init__(self, data: Any = None, *, periods: int | None = None, **known: Any) -> None:
        self.periods = periods
        super().__init__(data, **known)

    def extend(self, stored: Mapping[str, Any]) -> None:
        """Add the fields of the design."""
        self.design_kind = self.trial.design["kind"]
        self.arm_rows = self.period_rows = 0
        units = UNITS_OF[self.design_kind]
        if len(units) > 1:
            self.fields["unit"] = _unit_field(units, stored["design.unit"])
        if self.design_kind in KINDS_WITH_ARMS:
            self._add_arms(stored["design.arms"])
        self.fields["stratify_by"] = _strata_field(units, stored["design.stratify_by"])
        if self.design_kind == "crossover":
            cut_anew = self.periods or (0 if stored["design.periods"] else FEWEST_PERIODS)
            periods = _suggested(self.trial, cut_anew) if cut_anew else stored["design.periods"]
            self._add_periods(periods)

    def shown(self, stored: Mapping[str, Any]) -> dict[str, Any]:
        """Return nothing: each field brings what it shows."""
        return {}

    def clean(self) -> dict[str, Any]:
        """Say what of a group or period is missing."""
        cleaned: dict[str, Any] = super().clean() or {}
        unit = cleaned.get("unit", UNITS_OF[self.design_kind][0])
        for stratum in cleaned.get("stratify_by", []):
            if stratum not in STRATA_OF[unit]:
                words = f"Whole {unit}s cannot be kept in balance by {stratum}: leave it out"
                self.add_error("stratify_by", words)
        for number in self._named():
            share = cleaned.get(f"ratio_{number}")
            if share is not None and not 1 <= share <= MOST_SHARES:
                words = f"Share of group {number} must be a whole number from 1 to {MOST_SHARES:,}"
                self.add_error(f"ratio_{number}", words)
            if not cleaned.get(f"ai_{number}") and f"ai_{number}" not in self.errors:
                self.add_error(f"ai_{number}", f"Select whether group {number} gets AI")
        return cleaned

    def _named(self) -> list[int]:
        names = ((row, str(self.data.get(f"name_{row}", ""))) for row in self._rows())
        return [row for row, name in names if name.strip()]

    def _rows(self) -> range:
        return range(1, self.arm_rows + 1)

    def given(self) -> dict[str, Any]:
        """Return what of the design was answered."""
        said = self.cleaned_data
        found: dict[str, Any] = {"design.stratify_by": said.get("stratify_by", [])}
        if "unit" in said:
            found["design.unit"] = said["unit"]
        if self.arm_rows:
            found["design.arms"] = [self._arm(number) for number in self._named()]
        if self.design_kind == "crossover":
            found["design.periods"] = [
                {
                    "name": str(number),
                    "starts_on": said[f"starts_on_{number}"],
                    "ends_on": said[f"ends_on_{number}"],
                }
                for number in range(1, self.period_rows + 1)
            ]
        return found

    def _arm(self, number: int) -> dict[str, Any]:
        said = self.cleaned_data
        return {
            "name": said[f"name_{number}"],
            "ai": said[f"ai_{number}"] == "yes",
            "ratio": 1 if said[f"ratio_{number}"] is None else said[f"ratio_{number}"],
        }

    def parts(self) -> Iterator[Part]:
        """Yield the periods, who is assigned together, one part a group, and the balance."""
        for number in range(1, self.period_rows + 1):
            names = (f"starts_on_{number}", f"ends_on_{number}")
            yield self.part(names, f"Period {number}", in_a_row=True)
        if "unit" in self.fields:
            yield self.part(["unit"])
        for number in self._rows():
            of_group = (f"name_{number}", f"ai_{number}", f"ratio_{number}")
            hint = "" if number <= 2 else "Leave the name empty if there is no such group."
            yield self.part(of_group, f"Group {number}", hint, in_a_row=True)
        yield self.part(["stratify_by"])

    def _add_arms(self, arms: Any) -> None:
        self.arm_rows = max(FEWEST_ARMS, len(arms) + 1)
        for number in self._rows():
            arm = arms[number - 1] if number <= len(arms) else {}
            for name, field in _arm_fields(number, arm).items():
                self.fields[f"{name}_{number}"] = field

    def _add_periods(self, periods: Any) -> None:
        """Show the periods; of those that were sent, as many as there are boxes for."""
        sent = [number for number in range(1, MOST_PERIODS + 1) if self._has_sent(number)]
        self.period_rows = len(sent) if self.is_bound else len(periods)
        for number in range(1, self.period_rows + 1):
            period = periods[number - 1] if number <= len(periods) else {}
            for name, word in (("starts_on", "First day"), ("ends_on", "Last day")):
                self.fields[f"{name}_{number}"] = DayField(
                    noun=f"{word} of period {number}",
                    label=word,
                    initial=_day(period.get(name)),
                    error_messages={"required": f"Enter the {word.lower()} of period {number}"},
                )

    def _has_sent(self, number: int) -> bool:
        return f"starts_on_{number}_day" in self.data


class HowManyForm(forms.Form):
    """How many periods there are to be."""

    periods = WholeField(
        noun="Number of periods",
        label="How many periods are there to be?",
        help_text="Two are enough. With four, a change that would have come anyway sways the "
        "result less.",
    )

    def __init__(self, data: Any = None, *, trial: Trial) -> None:
        super().__init__(data)
        self.trial = trial

    def clean_periods(self) -> int:
        """Refuse too few, and more than the trial has weeks."""
        count: int = self.cleaned_data["periods"]
        if not FEWEST_PERIODS <= count <= MOST_PERIODS:
            words = f"Number of periods must be from {FEWEST_PERIODS} to {MOST_PERIODS}"
            raise forms.ValidationError(words)
        try:
            cut_days(self.trial, count)
        except ValueError as error:
            words = "The trial has fewer weeks than that: enter a smaller number"
            raise forms.ValidationError(words) from error
        return count


def _unit_field(units: tuple[str, ...], unit: str) -> Radios:
    return Radios(
        {name: UNITS[name] for name in units},
        label="Who is assigned together?",
        help_text="Choose whole teams where colleagues share their work, and whole departments "
        "where teams do.",
        initial=unit,
    )


def _strata_field(units: tuple[str, ...], chosen: Any) -> Ticks:
    strata = max((STRATA_OF[unit] for unit in units), key=len)
    return Ticks(
        {name: STRATA[name] for name in strata},
        label="Should chance keep the groups alike in some way? (optional)",
        help_text="For example by department: then about as many people of each department get "
        "AI early or at all. Choose one or two at most.",
        initial=chosen,
    )


def _arm_fields(number: int, arm: Mapping[str, Any]) -> dict[str, forms.Field]:
    return {
        "name": forms.CharField(
            label="Name",
            max_length=MAX_TEXT_LENGTH,
            required=False,
            initial=arm.get("name"),
            error_messages={
                "max_length": f"The name must be {MAX_TEXT_LENGTH} characters or fewer"
            },
        ),
        "ai": Radios(
            {"yes": "With AI", "no": "Without AI"},
            label="Does this group get AI?",
            required=False,
            initial=arm and ("yes" if arm["ai"] else "no"),
        ),
        "ratio": WholeField(
            noun=f"Share of group {number}",
            label="Share",
            required=False,
            initial=arm.get("ratio", 1),
        ),
    }


def cut_days(trial: Trial, count: int) -> list[dict[str, datetime.date]]:
    """Return so many periods of the trial's days after settling in.

    Raises ValueError where they do not fit.
    """
    if not (trial.starts_on and trial.ends_on):
        raise ValueError("the trial has no dates")
    first = trial.starts_on + datetime.timedelta(days=trial.run_in_days)
    periods = cut(first, trial.ends_on, count)
    return [{"starts_on": one.starts_on, "ends_on": one.ends_on} for one in periods]


def _suggested(trial: Trial, count: int) -> list[dict[str, datetime.date]]:
    """Return so many periods, without days where they do not fit."""
    try:
        return cut_days(trial, count)
    except ValueError:
        return [{} for _ in range(count)]


def _day(value: Any) -> datetime.date | None:
    return datetime.date.fromisoformat(value) if isinstance(value, str) else value
