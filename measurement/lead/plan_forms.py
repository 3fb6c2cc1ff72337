"""The forms of the steps that ask for single settings: about, dates, survey, assumptions ..."""

import datetime
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, ClassVar, Final

from django import forms

from measurement.estimation.definition import MAX_TEXT_LENGTH, MINIMUM_PEOPLE
from measurement.lead.choice_fields import Radios, Ticks
from measurement.lead.number_fields import NumberField, PercentField, WholeField
from measurement.lead.step_form import Part, StepForm
from measurement.pages.fields import DayField
from measurement.plan_words import (
    DAY_BASES,
    FLAGS,
    MULTIPLICITIES,
    SECTORS,
    STRATA,
    TREATMENTS,
    percent_above,
)
from measurement.set_up_answers import is_design_chosen

SPARE_BANDS: Final = 2


class AboutForm(StepForm):
    """Name and sector."""

    paths: ClassVar = {"title": "trial.title", "sector": "trial.sector"}
    title = forms.CharField(
        label="What is the trial called?",
        help_text="People who take part see this name.",
        max_length=MAX_TEXT_LENGTH,
        error_messages={
            "required": "Enter what the trial is called",
            "max_length": f"The name must be {MAX_TEXT_LENGTH} characters or fewer",
        },
    )
    sector = Radios(
        SECTORS,
        label="In which sector does it run?",
        help_text="This decides which types of task you are offered first.",
    )


class DatesForm(StepForm):
    """From when until when, and when the result is read."""

    paths: ClassVar = {
        "starts_on": "trial.starts_on",
        "ends_on": "trial.ends_on",
        "run_in_days": "trial.run_in_days",
        "read_out_on": "plan.read_out_on",
    }
    starts_on = DayField(
        noun="First day of the trial",
        label="First day of the trial",
        help_text="From this day on, people log their tasks. For example, 28 9 2026.",
        error_messages={"required": "Enter the first day of the trial"},
    )
    ends_on = DayField(
        noun="Last day of the trial",
        label="Last day of the trial",
        help_text="Task logs of later days do not count.",
        error_messages={"required": "Enter the last day of the trial"},
    )
    run_in_days = WholeField(
        noun="Days for settling in",
        label="How many days at the start are for settling in?",
        help_text="Task logs of these days do not count, so that learning how AI works is not "
        "measured as slow work. 0 is allowed.",
        suffix="days",
    )
    read_out_on = DayField(
        noun="Read-out day",
        label="Read-out day",
        help_text="The day on which the result is read and may be called final. It is after the "
        "last day: two weeks leave time for late task logs. Until then the site shows wider "
        "intervals that are safe to look at every day.",
        error_messages={"required": "Enter the read-out day"},
    )

    def shown(self, stored: Mapping[str, Any]) -> dict[str, Any]:
        """Return the days as days."""
        found = super().shown(stored)
        return {
            name: _day(value) if name.endswith("_on") else value for name, value in found.items()
        }


class SurveyForm(StepForm):
    """The answers from which people choose how much time they saved a day."""

    paths: ClassVar = {"top_band_minutes": "survey.top_band_minutes"}
    saying: ClassVar = {"survey.bands": "low_1"}
    top_band_minutes = NumberField(
        noun="Minutes that the open answer counts",
        label="How many minutes does the open answer count?",
        help_text="An answer such as “More than 60 minutes” has no upper end. It counts as this "
        "many minutes; 60 is what the published trials used.",
        suffix="minutes",
    )

    def extend(self, stored: Mapping[str, Any]) -> None:
        """Add two boxes for each answer, empty ones at the end for more."""
        bands = list(stored["survey.bands"])
        rows = len(bands) + SPARE_BANDS
        for number, (low, high) in enumerate([*bands, *[("", "")] * (rows - len(bands))], 1):
            for name, value in (("low", low), ("high", high)):
                self.fields[f"{name}_{number}"] = NumberField(
                    noun=f"{'From' if name == 'low' else 'To'} in answer {number}",
                    label="From" if name == "low" else "To",
                    suffix="minutes",
                    required=False,
                    initial=value,
                )
        self.rows = rows

    def clean(self) -> dict[str, Any]:
        """Say where an answer lacks its lowest minutes, and where only the last may be open."""
        cleaned: dict[str, Any] = super().clean() or {}
        filled = [number for number in range(1, self.rows + 1) if self._has_any(number)]
        if not filled:
            self.add_error("low_1", "Enter at least one answer")
        for number in filled:
            if cleaned.get(f"low_{number}") is None and f"low_{number}" not in self.errors:
                self.add_error(f"low_{number}", f"Enter from how many minutes answer {number} is")
            if cleaned.get(f"high_{number}") is None and number != filled[-1]:
                words = "Enter up to how many minutes: only the last answer may be open"
                self.add_error(f"high_{number}", words)
        return cleaned

    def _has_any(self, number: int) -> bool:
        values = (self.data.get(f"{name}_{number}", "").strip() for name in ("low", "high"))
        return any(values)

    def given(self) -> dict[str, Any]:
        """Return the bands, the open end as "" as trial.toml has it."""
        bands = [
            [self.cleaned_data[f"low_{number}"], _open(self.cleaned_data[f"high_{number}"])]
            for number in range(1, self.rows + 1)
            if self._has_any(number)
        ]
        return {**super().given(), "survey.bands": bands}

    def parts(self) -> Iterator[Part]:
        """Yield one row an answer, then the minutes of the open one."""
        for number in range(1, self.rows + 1):
            names = (f"low_{number}", f"high_{number}")
            yield self.part(names, f"Answer {number}", in_a_row=True)
        yield self.part(["top_band_minutes"])
        yield from self.reason_part()


class AssumptionsForm(StepForm):
    """What turns minutes a day into days a year and pounds."""

    paths: ClassVar = {
        "working_days_per_year": "assumptions.working_days_per_year",
        "hours_per_day": "assumptions.hours_per_day",
        "loaded_cost_per_hour": "assumptions.loaded_cost_per_hour",
        "licence_cost_per_month": "assumptions.licence_cost_per_month",
    }
    working_days_per_year = NumberField(
        noun="Working days a year",
        label="Working days a year",
        help_text="225 is what published UK figures rest on: 26 minutes a day as 13 days a year, "
        "56 as 28.",
        suffix="days",
    )
    hours_per_day = NumberField(
        noun="Hours in a working day",
        label="Hours in a working day",
        help_text="7.5 goes with the 225 days of the published figures.",
        suffix="hours",
    )
    loaded_cost_per_hour = NumberField(
        noun="Cost of an hour of work",
        label="Cost of an hour of work",
        help_text="Pay with pension and other costs of the employer. £30 is only a round number to "
        "begin with: ask your finance team for yours.",
        prefix="£",
    )
    licence_cost_per_month = NumberField(
        noun="Cost of a licence a month",
        label="Cost of a licence for one person and month",
        help_text="£20 is only a round number to begin with: enter what you pay. 0 is allowed.",
        prefix="£",
    )


class DisclosureForm(StepForm):
    """The fewest people about whom anything is shown."""

    paths: ClassVar = {"minimum_people": "disclosure.minimum_people"}
    minimum_people = WholeField(
        noun="Smallest group shown",
        label="How many people must a group have before its figures are shown?",
        help_text=f"Never fewer than {MINIMUM_PEOPLE}: figures about fewer could tell what one "
        "person did. Choose more where people are easily recognised.",
        suffix="people",
    )


class AnalysisForm(StepForm):
    """How the result is worked out; the defaults are sound."""

    paths: ClassVar = {
        "treatment": "plan.treatment",
        "confidence": "plan.confidence",
        "exclude_flags": "plan.exclude_flags",
        "subgroups": "plan.subgroups",
        "multiplicity": "plan.multiplicity",
        "day_basis": "plan.day_basis",
    }
    saying: ClassVar = {"plan.winsorise": "longest"}
    treatment = Radios(
        TREATMENTS,
        label="What is compared?",
        help_text="What chance decided is the fair comparison: whoever uses AI chooses when.",
    )
    confidence = PercentField(
        noun="Confidence",
        label="How sure should the intervals be?",
        help_text="A 95% interval holds the true value in 95 of 100 such trials. 95 is usual.",
    )
    shortest = PercentField(
        noun="Share of shortest times",
        label="Shortest times that count as the limit",
        help_text="0 leaves all as they are. With 1, the shortest 1% of the times of a type of "
        "task are raised to where the others begin.",
    )
    longest = PercentField(
        noun="Share of longest times",
        label="Longest times that count as the limit",
        help_text="0 leaves all as they are. With 1, the longest 1% are lowered to where the "
        "others end, so that a few extremely long times sway the result less.",
    )
    exclude_flags = Ticks(
        FLAGS,
        label="Which task logs are left out?",
        help_text="None is usual: the results show beside the main figure what leaving them out "
        "would change.",
    )
    subgroups = Ticks(
        {name: STRATA[name] for name in ("department", "grade", "profession", "task_type")},
        label="By what are results shown?",
        help_text="Say it before you see results: among many groups, some differ by chance.",
    )
    multiplicity = Radios(
        MULTIPLICITIES,
        label="How strictly are chance findings among many groups guarded against?",
        help_text="Strict is right where a decision hangs on a single group.",
    )
    day_basis = Radios(
        DAY_BASES,
        label="Over which days is the time saved spread?",
        help_text="All working days is the honest figure for a year. Choose the other only where "
        "people keep a diary on sampled days.",
    )

    def extend(self, stored: Mapping[str, Any]) -> None:
        """Offer no comparison by chance where chance decides nothing, or nothing yet."""
        if self.trial.design["kind"] == "observational":
            self.fields["treatment"] = Radios(
                {"used": TREATMENTS["used"]},
                label="What is compared?",
                help_text="Without a comparison group there is only this."
                if is_design_chosen(self.trial)
                else "There is more to choose from once you have said who gets AI, and when.",
            )

    def shown(self, stored: Mapping[str, Any]) -> dict[str, Any]:
        """Return the limits as two shares, counted from both ends."""
        low, high = stored["plan.winsorise"]
        above = float(Decimal(percent_above(high)) / 100)
        return {**super().shown(stored), "shortest": low, "longest": above}

    def given(self) -> dict[str, Any]:
        """Return the limits as shares counted from the shortest."""
        said = self.cleaned_data
        high = float(1 - Decimal(repr(said["longest"])))
        return {**super().given(), "plan.winsorise": [said["shortest"], high]}


def _day(value: str | None) -> datetime.date | None:
    return datetime.date.fromisoformat(value) if value else None


def _open(high: float | None) -> float | str:
    return "" if high is None else high
