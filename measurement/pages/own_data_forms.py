"""The form with which a participant leaves a trial."""

from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

KEEP: Final = "keep"
ERASE: Final = "erase"


class WithdrawForm(forms.Form):
    """What is to become of the logs. Who left before can only have them erased."""

    choice = forms.ChoiceField(
        label=_("What should happen to your logs and answers?"),
        choices=[(KEEP, _("Keep them in the trial")), (ERASE, _("Erase everything"))],
        error_messages=dict.fromkeys(
            ("required", "invalid_choice"),
            _("Select what should happen to your logs and answers"),
        ),
    )

    def __init__(self, data: Any = None, *, has_left: bool) -> None:
        super().__init__(data)
        if has_left:
            self.fields["choice"].choices = [(ERASE, _("Erase everything"))]  # type: ignore[attr-defined]

    def items(self) -> list[dict[str, Any]]:
        """Return the choices for govukRadios, each with what it means."""
        chosen = self["choice"].value()
        hints = {
            KEEP: _(
                "Past logs and answers stay under your made-up code and count in the results. "
                "You can have them erased later."
            ),
            ERASE: _(
                "Your logs, answers and all that is known of you in this trial are deleted, and "
                "the results are computed again without you. This cannot be undone."
            ),
        }
        return [
            {
                "value": value,
                "text": str(text),
                "hint": {"text": str(hints[value])},
                "checked": value == chosen,
            }
            for value, text in self.fields["choice"].choices  # type: ignore[attr-defined]
        ]
