"""The forms about the design: one question a page, and the list of all designs."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from django import forms
from django.http import QueryDict

from measurement.estimation.design_choice import QUESTIONS as ORDER
from measurement.lead.choice_fields import Radios
from measurement.lead.design_words import DESIGNS, QUESTIONS
from measurement.lead.step_form import Part, StepForm
from measurement.plan_words import DESIGNS as NAMES

YES_NO = {"yes": "Yes", "no": "No"}


class QuestionForm(forms.Form):
    """One question of the design; `given` are the answers that the address holds already."""

    def __init__(self, data: Any = None, *, question: str, given: Mapping[str, bool]) -> None:
        super().__init__(data)
        words = QUESTIONS[question]
        self.question = question
        self.fields[question] = Radios(
            YES_NO,
            label=words.words,
            help_text=words.hint,
            error_messages=dict.fromkeys(("required", "invalid_choice"), words.missing),
        )
        self.given = given


class ChooseForm(StepForm):
    """The design itself; with it goes what was answered on the way, for the record."""

    paths: ClassVar = {"kind": "design.kind"}
    kind = Radios(
        NAMES,
        label="Which design does the trial have?",
        hints={
            name: f"{words.happens} {words.shows} What it needs: {words.needs}"
            for name, words in DESIGNS.items()
        },
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Select a design"),
    )

    def shown(self, stored: Mapping[str, Any]) -> dict[str, Any]:
        """Return the stored design; nothing where nobody has chosen one."""
        return (
            {}
            if self.is_new and stored["design.kind"] == "observational"
            else (super().shown(stored))
        )

    def parts(self) -> Iterator[Part]:
        """Yield the list: a locked plan shows none."""
        yield self.part(["kind"])


def answers_in(query: QueryDict) -> dict[str, bool]:
    """Return the answers that an address holds, up to the first that is none."""
    found: dict[str, bool] = {}
    for question in ORDER:
        said = query.get(question)
        if said in YES_NO:
            found[question] = said == "yes"
    return found
