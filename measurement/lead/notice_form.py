"""The form of a new version of the privacy notice."""

from typing import ClassVar

from django import forms

from measurement.estimation.definition import MAX_TEXT_LENGTH
from measurement.lead.step_form import StepForm
from measurement.pages.fields import DayField


class NoticeForm(StepForm):
    """The facts of the notice; its words are the site's."""

    paths: ClassVar = {"controller": "controller", "contact": "contact", "keep_until": "keep_until"}
    controller = forms.CharField(
        label="Who answers for the data?",
        help_text="The controller in the sense of data protection law, usually your department.",
        max_length=MAX_TEXT_LENGTH,
        error_messages={
            "required": "Enter who answers for the data",
            "max_length": f"The name must be {MAX_TEXT_LENGTH} characters or fewer",
        },
    )
    contact = forms.EmailField(
        label="Where can people ask or complain?",
        help_text="An email address that somebody reads, such as that of your data protection "
        "officer.",
        max_length=254,
        error_messages=dict.fromkeys(
            ("required", "invalid", "max_length"),
            "Enter an email address, like name@example.com",
        ),
    )
    keep_until = DayField(
        noun="The last day on which data are kept",
        label="Until when is anything about people kept?",
        help_text="No earlier than the last day of the trial. After this day only figures about "
        "groups remain.",
        error_messages={"required": "Enter until when anything about people is kept"},
    )
