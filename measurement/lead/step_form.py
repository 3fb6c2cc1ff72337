"""What the forms of the set-up's steps have in common."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.forms import BoundField
from django.http import QueryDict

from measurement.estimation.history import MAX_REASON_LENGTH
from measurement.lead.number_fields import NumberField
from measurement.models import Trial
from measurement.pages import bound_fields
from measurement.pages.fields import DayField, LinesField
from measurement.set_up_refusals import Fault

LOST = (
    "Somebody else changed these answers since you opened the page. Save again to put yours in "
    "their place, or open the page anew to see theirs"
)


@dataclass(frozen=True)
class Control:
    """One component of a page: the name of its macro, and the macro's parameters."""

    macro: str
    params: Mapping[str, Any]


@dataclass(frozen=True)
class Part:
    """Fields that belong together, under a heading; without one if it is empty."""

    legend: str
    hint: str
    controls: tuple[Control, ...]
    in_a_row: bool = False


class StepForm(forms.Form):
    """The form of one step.

    `paths` names the setting that each field stores, `saying` the field that shows what is said
    about a setting without a field of its own. `locked`: asks for the reason of a change.
    """

    paths: ClassVar[Mapping[str, str]] = {}
    saying: ClassVar[Mapping[str, str]] = {}
    seen = forms.CharField(
        widget=forms.HiddenInput,
        max_length=100,
        error_messages=dict.fromkeys(("required", "max_length"), LOST),
    )

    def __init__(
        self,
        data: Any = None,
        *,
        trial: Trial,
        stored: Mapping[str, Any],
        seen: str = "",
        locked: bool = False,
        is_new: bool = False,
    ) -> None:
        self.trial, self.is_new = trial, is_new
        super().__init__(data, initial={**self.shown(stored), "seen": seen})
        self.extend(stored)
        if locked:
            self.fields["reason"] = _reason_field()

    def extend(self, stored: Mapping[str, Any]) -> None:
        """Add the fields that depend on the trial."""

    def shown(self, stored: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the fields show of what is stored; `is_new`: nobody saved the step yet."""
        return {field: stored[path] for field, path in self.paths.items()}

    def given(self) -> dict[str, Any]:
        """Return what is to be stored, by setting. Call it on a valid form."""
        return {path: self.cleaned_data[field] for field, path in self.paths.items()}

    def reason(self) -> str:
        """Return why a locked plan is changed; empty where that is not asked."""
        return str(self.cleaned_data.get("reason", ""))

    def refuse(self, faults: Iterable[Fault]) -> None:
        """Show what was refused beside the fields that it is about."""
        fields = {path: field for field, path in self.paths.items()} | dict(self.saying)
        for fault in faults:
            name = fields.get(fault.where, fault.where)
            self.add_error(name if name in self.fields else None, fault.words)

    def renew(self, seen: str) -> None:
        """Say that the answers changed meanwhile; what is sent next was seen."""
        self.add_error(None, LOST)
        sent = QueryDict(mutable=True)
        sent.update(self.data)
        sent["seen"] = seen
        self.data = sent

    def parts(self) -> Iterator[Part]:
        """Yield what the page shows, in order."""
        names = [name for name in self.fields if name not in ("seen", "reason")]
        yield self.part(names)
        yield from self.reason_part()

    def reason_part(self) -> Iterator[Part]:
        """Yield the question for the reason, where it is asked."""
        if "reason" in self.fields:
            yield self.part(["reason"])

    def part(
        self, names: Iterable[str], legend: str = "", hint: str = "", *, in_a_row: bool = False
    ) -> Part:
        """Return fields that belong together."""
        return part_of(self, names, legend, hint, in_a_row=in_a_row)


def part_of(
    form: forms.BaseForm,
    names: Iterable[str],
    legend: str = "",
    hint: str = "",
    *,
    in_a_row: bool = False,
) -> Part:
    """Return fields of a form that belong together."""
    return Part(legend, hint, tuple(control(form[name]) for name in names), in_a_row)


def control(field: BoundField) -> Control:
    """Return the component that shows a field."""
    widget = field.field.widget
    if isinstance(field.field, DayField):
        return Control("date", bound_fields.date_params(field))
    if isinstance(widget, forms.CheckboxSelectMultiple):
        return Control("checkboxes", _several(field))
    if isinstance(widget, forms.RadioSelect):
        return Control("radios", _hinted(field))
    if isinstance(widget, forms.Textarea):
        return _textarea(field)
    return Control("input", _input(field))


def _reason_field() -> LinesField:
    return LinesField(
        label="Why do you change the plan?",
        help_text="The plan is locked. The change, your role and this reason are shown with every "
        "result from now on.",
        max_length=MAX_REASON_LENGTH,
        error_messages={
            "required": "Enter why you change the plan: it is locked",
            "max_length": f"The reason must be {MAX_REASON_LENGTH:,} characters or fewer",
        },
    )


def _textarea(field: BoundField) -> Control:
    if field.name == "reason":
        return Control("count", bound_fields.count_params(field))
    return Control("textarea", bound_fields.text_params(field, rows=8))


def _input(field: BoundField) -> dict[str, Any]:
    params = bound_fields.text_params(field)
    if isinstance(field.field, NumberField):
        params |= {"classes": "govuk-input--width-5", "inputmode": "decimal", "spellcheck": False}
        if field.field.suffix:
            params["suffix"] = {"text": field.field.suffix}
        if field.field.prefix:
            params["prefix"] = {"text": field.field.prefix}
    return params


def _hinted(field: BoundField) -> dict[str, Any]:
    """Return the parameters of radios or checkboxes whose choices explain themselves."""
    params = bound_fields.choice_params(field)
    hints: Mapping[str, str] = getattr(field.field, "hints", {})
    for item in params["items"]:
        if item["value"] in hints:
            item["hint"] = {"text": hints[item["value"]]}
    return params


def _several(field: BoundField) -> dict[str, Any]:
    value = field.value() or []
    values = value if isinstance(value, list | tuple) else [value]
    return _hinted(field) | {"values": [str(one) for one in values]}
