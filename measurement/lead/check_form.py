"""The form that locks the plan."""

from typing import Any

from django import forms

from measurement.lead.step_form import LOST


class CheckForm(forms.Form):
    """A confirmation. `seen` names the plan that was shown; `cautions`: there were warnings."""

    seen = forms.CharField(
        widget=forms.HiddenInput,
        max_length=100,
        error_messages=dict.fromkeys(("required", "max_length"), LOST),
    )
    confirmed = forms.BooleanField(
        error_messages={"required": "Confirm that the plan is what you want to promise"},
    )

    def __init__(self, data: Any = None, *, seen: str, cautions: bool) -> None:
        super().__init__(data, initial={"seen": seen})
        warned = ", and I have read the warnings on this page" if cautions else ""
        self.fields["confirmed"].label = f"This plan is what we promise to do{warned}"

    def renew(self, seen: str) -> None:
        """Say that the plan changed meanwhile, and ask anew."""
        self.add_error(
            None, "Somebody else changed the plan since you opened the page. Check it and lock it"
        )
        self.data = {"seen": seen}
