"""Whether and when reminders come, as a form."""

from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from measurement.models import ReminderChoice

YES, NO = "yes", "no"
HOURS: Final = range(25)


def hour_words(hour: int) -> str:
    """Return a full hour as people say it: 8am, midday, 6pm, midnight."""
    if hour % 24 == 0:
        return gettext("midnight")
    if hour == 12:
        return gettext("midday")
    words = gettext("%(hour)sam") if hour < 12 else gettext("%(hour)spm")
    return words % {"hour": hour % 12}


class ReminderForm(forms.Form):
    """On or off, and the hours between which emails may come."""

    wanted = forms.ChoiceField(
        label=_("Do you want reminders by email?"),
        choices=[
            (YES, pgettext_lazy("about what somebody wants", "Yes")),
            (NO, pgettext_lazy("about what somebody wants", "No")),
        ],
        error_messages=dict.fromkeys(
            ("required", "invalid_choice"), _("Select yes if you want reminders by email")
        ),
    )
    earliest = forms.ChoiceField(
        label=_("No earlier than"),
        error_messages=dict.fromkeys(
            ("required", "invalid_choice"), _("Select the hour from which emails may come")
        ),
    )
    latest = forms.ChoiceField(
        label=_("No later than"),
        error_messages=dict.fromkeys(
            ("required", "invalid_choice"), _("Select the hour until which emails may come")
        ),
    )

    def __init__(self, data: Any = None, *, choice: ReminderChoice) -> None:
        super().__init__(
            data,
            initial={
                "wanted": YES if choice.wanted else NO,
                "earliest": choice.earliest_hour,
                "latest": choice.latest_hour,
            },
        )
        hours = [(str(hour), hour_words(hour)) for hour in HOURS]
        self.fields["earliest"].choices = hours[:-1]  # type: ignore[attr-defined]
        self.fields["latest"].choices = hours[1:]  # type: ignore[attr-defined]

    def clean_latest(self) -> int:
        """Return the hour. Raises ValidationError unless it is after the earliest."""
        latest = int(self.cleaned_data["latest"])
        earliest = self.cleaned_data.get("earliest")
        if earliest is not None and latest <= int(earliest):
            raise ValidationError(_("Select an hour after the one from which emails may come"))
        return latest

    def chosen(self) -> dict[str, Any]:
        """Return what was chosen, for reminder_choices.py. Call it on a valid form."""
        return {
            "wanted": self.cleaned_data["wanted"] == YES,
            "earliest_hour": int(self.cleaned_data["earliest"]),
            "latest_hour": self.cleaned_data["latest"],
        }
