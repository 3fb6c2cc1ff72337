"""The baseline survey as a form."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from measurement.baseline import Answers
from measurement.estimation.definition import MAX_MINUTES
from measurement.models import BaselineAnswer
from measurement.pages.fields import MinutesField
from measurement.pages.task_forms import EXPLANATIONS

AI_USE: Final = [
    (BaselineAnswer.AiUse.NEVER.value, _("Never")),
    (BaselineAnswer.AiUse.RARELY.value, _("Less than once a week")),
    (BaselineAnswer.AiUse.WEEKLY.value, _("About once a week")),
    (BaselineAnswer.AiUse.DAILY.value, _("On most days")),
]
LABELS: Final = {
    "department": _("Where do you work? (optional)"),
    "grade": _("What is your grade? (optional)"),
    "profession": _("What is your profession? (optional)"),
}
LEFT_OUT: Final = _("Select one of the list, or leave it out")


class BaselineForm(forms.Form):
    """What is asked once, before the first log. `lists`: the lists to choose from, by name."""

    ai_use_before = forms.ChoiceField(
        label=_("How often have you used generative AI at work so far?"),
        help_text=_("For example, to draft a text or to sum up a document."),
        choices=AI_USE,
        error_messages=dict.fromkeys(
            ("required", "invalid_choice"), _("Select how often you have used AI at work")
        ),
    )
    usual_minutes = MinutesField(
        label=_("How many minutes does your most usual task take you? (optional)"),
        help_text=_("The kind of task that you do most often. Your best guess is good enough."),
        max_length=20,
        required=False,
        error_messages={"max_length": _("Minutes must be a number, like 25")},
    )

    def __init__(self, data: Any = None, *, lists: Mapping[str, Sequence[str]]) -> None:
        super().__init__(data)
        for name, entries in lists.items():
            self.fields[name] = forms.ChoiceField(
                label=LABELS[name],
                choices=[(entry, entry) for entry in entries],
                required=False,
                error_messages={"invalid_choice": LEFT_OUT},
            )

    def clean_usual_minutes(self) -> float | None:
        """Refuse no minutes, and more than a day has."""
        minutes: float | None = self.cleaned_data["usual_minutes"]
        if minutes is not None and not 0 < minutes <= MAX_MINUTES:
            raise forms.ValidationError(EXPLANATIONS["minutes_impossible"])
        return minutes

    def answers(self) -> Answers:
        """Return what was said, for baseline.py. Call it on a valid form."""
        said = self.cleaned_data
        return Answers(
            ai_use_before=said["ai_use_before"],
            usual_minutes=said["usual_minutes"],
            **{name: said.get(name) or None for name in LABELS},
        )
