"""Choices of which each has its own line: one of several, any of several."""

from collections.abc import Mapping
from typing import Any

from django import forms


class Radios(forms.ChoiceField):
    """One of several; `hints` explain choices."""

    def __init__(
        self, choices: Mapping[str, str], *, hints: Mapping[str, str] | None = None, **options: Any
    ) -> None:
        errors = dict.fromkeys(("required", "invalid_choice"), "Select one of the list")
        super().__init__(
            **{
                "choices": list(choices.items()),
                "widget": forms.RadioSelect,
                "error_messages": errors,
                **options,
            }
        )
        self.hints = hints or {}


class Ticks(forms.MultipleChoiceField):
    """Any of several."""

    def __init__(self, choices: Mapping[str, str], **options: Any) -> None:
        errors = {"invalid_choice": "Select only what is in the list"}
        super().__init__(
            **{
                "choices": list(choices.items()),
                "widget": forms.CheckboxSelectMultiple,
                "error_messages": errors,
                "required": False,
                **options,
            }
        )
