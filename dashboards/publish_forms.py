"""The forms of the pages on which results are published."""

from collections.abc import Sequence
from typing import Any, Final

from django import forms

from measurement.pages.fields import LinesField
from measurement.publishing import LONGEST_REASON

WHY: Final = {
    "required": "Enter why",
    "max_length": f"The reason must be {LONGEST_REASON:,} characters or fewer",
}


class ApproveForm(forms.Form):
    """That somebody read the report, and wants it public even where a check failed."""

    read = forms.BooleanField(
        label="I have read this report, and what it says that its figures cannot say",
        error_messages={"required": "Tick the box once you have read the report"},
    )

    def __init__(self, data: Any = None, *, alarms: Sequence[str]) -> None:
        super().__init__(data, auto_id="approve_%s")
        if alarms:
            self.fields["anyhow"] = forms.BooleanField(
                label="Publish it although a check of the trial failed",
                help_text=" ".join(alarms),
                error_messages={
                    "required": "A check failed. Tick the box if the report is to be published "
                    "all the same, or do not publish it"
                },
            )


class RefuseForm(forms.Form):
    """Why a report that waits is not published."""

    reason = LinesField(
        label="Why is it not published?",
        help_text="For example: the numbers of one department must be looked into first. The "
        "leads of the trial see your reason.",
        max_length=LONGEST_REASON,
        error_messages=WHY,
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="refuse_%s")


class WithdrawForm(forms.Form):
    """Why a report is not public any more."""

    reason = LinesField(
        label="Why is it withdrawn?",
        help_text="Everybody sees this in place of the report, so name nobody.",
        max_length=LONGEST_REASON,
        error_messages=WHY,
    )
