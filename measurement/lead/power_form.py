"""The questions from which the number of people is worked out."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from django import forms

from measurement.estimation.definition import Trial as Definition
from measurement.estimation.power_inputs import (
    NUMBERS,
    PARTICIPANTS,
    SAVING,
    Allowed,
    InputErrors,
    InputFault,
    PowerInputs,
)
from measurement.estimation.power_of_plan import planned_numbers
from measurement.lead.number_fields import NumberField, PercentField, WholeField
from measurement.lead.step_form import Part, StepForm, part_of
from measurement.plan_words import percent

DEFAULT_SAVING: Final = 0.1
SHARES: Final = ("power", "attrition", "uptake", "adopters", "intra_cluster_correlation", "saving")
"""Numbers that are asked in per cent."""
FIRST: Final[Mapping[str, tuple[str, str, str]]] = {
    "tasks_per_participant": (
        "Tasks that a person logs",
        "How many tasks does a person log, over the whole trial?",
        "On average. Ten weeks of four tasks make 40.",
    ),
    "uptake": (
        "Share of tasks with AI",
        "For how many of the tasks is AI used, by people who have it?",
        "Nobody uses it for everything. If you do not know, keep what is filled in.",
    ),
    "cluster_size": (
        "People in a {unit}",
        "How many people work in a {unit}, on average?",
        "Only those who take part count.",
    ),
    "steps": (
        "Number of dates",
        "On how many dates do {unit}s get AI?",
        "Some {unit}s get it on the first date, some on the second, and so on.",
    ),
}
"""Numbers that are asked first: a noun, the question, a hint."""
CROSS_FAULTS: Final = {
    "uptake": (
        "Share of tasks with AI must be less than the share of people who use AI at all, which is "
        "among the further assumptions"
    ),
    "tasks_per_participant": (
        "Tasks that a person logs must be 2 or more: people are compared with themselves"
    ),
    "weeks": "Number of dates must be smaller than the number of weeks of the trial",
}
"""Faults that hang on several answers; the number of weeks is the trial's."""


class PowerForm(forms.Form):
    """What is hoped for and what is known; `answers` are those that were used before."""

    saving = PercentField(
        noun="Saving",
        label="How much time do you hope AI saves, where it is used?",
        help_text="The smallest saving that would matter to you. 10% makes an hour 54 minutes.",
    )
    participants = WholeField(
        noun="Number of people",
        label="How many people can take part? (optional)",
        help_text="If you know it: you are told what so many would notice.",
        required=False,
    )

    def __init__(
        self, data: Any = None, *, definition: Definition, answers: Mapping[str, Any]
    ) -> None:
        known = answers.get("numbers", {})
        initial = {**known, "saving": answers.get("saving", DEFAULT_SAVING)}
        super().__init__(data, initial=initial)
        self.definition = definition
        self.fixed = planned_numbers(definition)
        kind = definition.design.kind
        counting = [name for name, one in NUMBERS.items() if kind in one.designs]
        asked = [name for name in counting if name not in self.fixed]
        self.first = [name for name in FIRST if name in asked]
        self.further = [name for name in asked if name not in FIRST]
        for name in (*self.first, *self.further):
            self.fields[name] = _field(name, NUMBERS[name], definition.design.unit)
            self.fields[name].initial = known.get(name, NUMBERS[name].default)

    def clean(self) -> dict[str, Any]:
        """Say which numbers are not possible, by themselves or together."""
        cleaned: dict[str, Any] = super().clean() or {}
        bounds = {"saving": SAVING, "participants": PARTICIPANTS, **NUMBERS}
        for name in list(cleaned):
            if cleaned[name] is not None and not bounds[name].admits(cleaned[name]):
                self.add_error(name, _out_of_bounds(self.fields[name], name, bounds[name]))
        if not self.errors:
            self._check_together()
        return cleaned

    def _check_together(self) -> None:
        try:
            self.inputs()
        except InputErrors as errors:
            self.refuse(errors)

    def refuse(self, errors: InputErrors) -> None:
        """Show why there is no answer."""
        for fault in errors.faults:
            field = "steps" if fault.field == "weeks" else fault.field
            words = CROSS_FAULTS.get(fault.field, _as_sentence(fault))
            self.add_error(field if field in self.fields else None, words)

    def numbers(self) -> dict[str, float]:
        """Return the numbers that were answered, by the names of PowerInputs."""
        said = self.cleaned_data if self.is_bound else self._shown()
        return {name: said[name] for name in (*self.first, *self.further)}

    def saving_hoped(self) -> float:
        """Return the share of the time that AI is hoped to save."""
        said = self.cleaned_data if self.is_bound else self._shown()
        return float(said["saving"])

    def people(self) -> int | None:
        """Return how many people can take part, where that is known."""
        return self.cleaned_data["participants"] if self.is_bound else None

    def inputs(self) -> PowerInputs:
        """Return what the power depends on. Raises InputErrors."""
        numbers: dict[str, Any] = {**self.numbers(), **self.fixed}
        return PowerInputs(design=self.definition.design.kind, **numbers)

    def first_part(self) -> Part:
        """Return the questions that everybody is asked."""
        return part_of(self, ["saving", "participants", *self.first])

    def further_part(self) -> Part:
        """Return the assumptions that few will change."""
        return part_of(self, self.further)

    def has_further_errors(self) -> bool:
        """Return whether something is wrong among those."""
        return any(name in self.errors for name in self.further)

    def sent(self) -> Iterator[tuple[str, str]]:
        """Yield the name of each question with its answer, as the page sends it."""
        for bound in self:
            value = bound.value()
            yield bound.html_name, "" if value is None else str(value)

    def _shown(self) -> dict[str, Any]:
        return {
            name: self.get_initial_for_field(field, name) for name, field in self.fields.items()
        }


class UseForm(StepForm):
    """Nothing but the wish to use the numbers; `reason` where the plan is locked."""

    def shown(self, stored: Mapping[str, Any]) -> dict[str, Any]:
        """Return nothing: there is no question."""
        return {}


def _field(name: str, allowed: Allowed, unit: str) -> NumberField:
    about = allowed.about[:1].upper() + allowed.about[1:]
    noun, label, hint = FIRST.get(name, (about.split(":")[0].split(";")[0], about, ""))
    kind = PercentField if name in SHARES else NumberField
    if allowed.whole or name == "tasks_per_participant":
        kind = WholeField
    noun, label, hint = (words.format(unit=unit) for words in (noun, label, hint))
    return kind(noun=noun, label=label, help_text=hint)


def _out_of_bounds(field: Any, name: str, allowed: Allowed) -> str:
    if name in SHARES:
        bounds = f"{percent(allowed.lowest)}% to {percent(allowed.highest)}%"
    else:
        bounds = f"{allowed.lowest:,.10g} to {allowed.highest:,.10g}"
    return f"{field.noun} must be from {bounds}"


def _as_sentence(fault: InputFault) -> str:
    reason = fault.allowed.removeprefix("no answer: ")
    return f"There is no answer: {reason}"
