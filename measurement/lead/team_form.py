"""The form that gives somebody a role in a trial."""

from typing import Final

from django import forms

from measurement.models import Role

WHAT_THEY_DO: Final = [
    (Role.LEAD.value, "Lead: sets up and runs the trial, sees what may be published"),
    (Role.ANALYST.value, "Analyst: gets full results and records without names, through the API"),
    (Role.ADMINISTRATOR.value, "Administrator: does what a lead does"),
]


class TeamForm(forms.Form):
    """An address and a role."""

    email = forms.CharField(
        label="Email address",
        max_length=254,
        error_messages=dict.fromkeys(
            ("required", "max_length"), "Enter an email address, like name@example.com"
        ),
    )
    role = forms.ChoiceField(
        label="Role",
        choices=WHAT_THEY_DO,
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Select a role"),
    )
