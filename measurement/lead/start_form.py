"""The first questions about a new trial."""

from django import forms

from measurement.estimation.definition import MAX_TEXT_LENGTH
from measurement.plan_words import SECTORS


class StartForm(forms.Form):
    """Title and sector."""

    title = forms.CharField(
        label="What is the trial called?",
        help_text="People who take part see this name, for example “Drafting with an assistant”.",
        max_length=MAX_TEXT_LENGTH,
        error_messages={
            "required": "Enter what the trial is called",
            "max_length": f"The name must be {MAX_TEXT_LENGTH} characters or fewer",
        },
    )
    sector = forms.ChoiceField(
        label="In which sector does it run?",
        help_text="This decides which types of task you are offered first.",
        choices=list(SECTORS.items()),
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Select a sector"),
    )
