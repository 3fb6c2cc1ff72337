"""The forms about a task: they read what was typed; recording.py judges it."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from measurement.estimation.definition import MAX_MINUTES
from measurement.models import TaskLog
from measurement.pages.fields import DayField, MinutesField
from measurement.pages.keyed_form import KeyedForm, new_key
from measurement.recording import Fault, NewTaskLog, said, version
from measurement.wording import minutes

NO_AI: Final = "no"
AI: Final = "yes"
TOOL: Final = "tool:"
"""What comes before the tool's name in the answer "Yes, with ..."."""

SAID_BEFORE: Final = ("task_type", "date", "novel")
"""What is known of a task that was announced: one that would be done without AI too."""
LOGGED_ALREADY: Final = "logged_already"
"""Code of the error that the page's task is stored."""
QUALITIES: Final = [
    ("1", _("1, poor")),
    ("2", "2"),
    ("3", "3"),
    ("4", "4"),
    ("5", _("5, excellent")),
]
EXPLANATIONS: Final = {
    "minutes_impossible": format_lazy(
        _("Minutes must be more than 0 and no more than {most}, a whole day"),
        most=f"{MAX_MINUTES:,}",
    ),
    "date_in_the_future": _("The date must be today or in the past"),
    "task_type_unknown": _("This kind of task was taken off the list. Select another"),
    "tool_unknown": _("This tool was taken off the list. Select another answer"),
}
"""What people are told for the rules of recording.py that they can break with the form."""
UNEXPLAINED: Final = _("This answer cannot be stored. Change it, then send your answers again")


class TaskForm(forms.Form):
    """The questions about a task: what it was, whether AI was used, how long it took.

    `announced`: what was said of the task before it began, where it was; that is not asked again.
    """

    task_type = forms.ChoiceField(
        label=_("What kind of task was it?"),
        error_messages=dict.fromkeys(
            ("required", "invalid_choice"), _("Select what kind of task it was")
        ),
    )
    ai = forms.ChoiceField(
        label=_("Did you use AI for this task?"),
        error_messages=dict.fromkeys(
            ("required", "invalid_choice"), _("Select whether you used AI")
        ),
    )
    minutes = MinutesField(
        label=_("How many minutes did it take?"),
        help_text=_("Your own working time, with checking and correcting. Leave out breaks."),
        max_length=20,
        error_messages={
            "required": _("Enter how many minutes the task took"),
            "max_length": _("Minutes must be a number, like 25"),
        },
    )
    date = DayField(
        label=_("When did you do it?"),
        help_text=_("For example, 27 3 2025"),
        error_messages={"required": _("Enter the date when you did the task")},
    )
    quality = forms.ChoiceField(
        label=_("How good was the result? (optional)"),
        choices=QUALITIES,
        required=False,
        error_messages={"invalid_choice": _("Select how good the result was, or leave it out")},
    )
    novel = forms.BooleanField(
        label=_("I would not have done this task without AI"),
        help_text=_("Tick this if you did the task only because AI was there to help."),
        required=False,
    )

    def __init__(
        self,
        data: Any,
        *,
        initial: dict[str, Any],
        task_types: Sequence[str],
        tools: Sequence[str],
        announced: NewTaskLog | None = None,
    ) -> None:
        super().__init__(data, initial=initial)
        self.announced = announced
        self.fields["task_type"].choices = [(name, name) for name in task_types]  # type: ignore[attr-defined]
        if not task_types:
            del self.fields["task_type"]
        for name in SAID_BEFORE if announced else ():
            self.fields.pop(name, None)
        self.fields["ai"].choices = _ai_choices(tools)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Refuse a task done only because of AI and without it."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("novel") and cleaned.get("ai") == NO_AI:
            self.add_error(
                "novel", _("Untick this box, or change your answer about using AI: they contradict")
            )
        return cleaned

    def typed(self) -> dict[str, Any]:
        """Return what was typed as fields of a task log."""
        typed = self.cleaned_data
        ai = typed["ai"]
        answers = {
            "minutes": typed["minutes"],
            "ai_used": ai != NO_AI,
            "tool": ai.removeprefix(TOOL) if ai.startswith(TOOL) else None,
            "quality": int(typed["quality"]) if typed["quality"] else None,
        }
        if self.announced is None:
            answers |= {name: typed.get(name) for name in SAID_BEFORE}
        return answers

    def explain(self, faults: Sequence[Fault]) -> None:
        """Show what recording.py refused at the fields where it was typed."""
        for fault in faults:
            field = "ai" if fault.field == "tool" else fault.field
            message = EXPLANATIONS.get(fault.rule, UNEXPLAINED)
            self.add_error(field if field in self.fields else None, message)


class TaskLogForm(KeyedForm, TaskForm):
    """A task that is logged.

    The key is made with the page, so that a form sent twice is stored once. `repeated` is the
    kind of task that is chosen beforehand: of a task that is repeated nothing else is copied.
    `known` is what else is known before anything is typed.
    """

    def __init__(
        self,
        data: Any = None,
        *,
        task_types: Sequence[str],
        tools: Sequence[str],
        repeated: str | None = None,
        known: dict[str, Any] | None = None,
    ) -> None:
        initial = {"key": new_key(), "date": timezone.localdate(), "task_type": repeated}
        super().__init__(data, initial=initial | (known or {}), task_types=task_types, tools=tools)

    def log(self) -> NewTaskLog:
        """Return what was typed, for recording.py. Call it on a valid form."""
        return NewTaskLog(
            key=str(self.cleaned_data["key"]), source=TaskLog.Source.RECALL, **self.typed()
        )

    def offer_again(self, stored: TaskLog) -> None:
        """Say that this page's task is stored already; sent again, it counts as another task."""
        self.renew_key()
        said = gettext(
            "You have already logged this task, with %(minutes)s. If this is another task, "
            "send it again"
        )
        shown = said % {"minutes": minutes(stored.minutes or 0)}
        self.add_error(None, ValidationError(shown, code=LOGGED_ALREADY))


class CorrectionForm(TaskForm):
    """What a stored task log should say instead. It holds the version that was shown."""

    version = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)

    def __init__(
        self, data: Any = None, *, stored: TaskLog, task_types: Sequence[str], tools: Sequence[str]
    ) -> None:
        self.stored = said(stored)
        super().__init__(
            data,
            initial=_shown(self.stored) | {"version": version(stored)},
            task_types=task_types,
            tools=tools,
            announced=self.stored if stored.announced_at else None,
        )

    def log(self) -> NewTaskLog:
        """Return the stored log with what was typed; minutes typed anew are no longer timed."""
        log = replace(self.stored, **self.typed())
        if log.minutes == self.stored.minutes:
            return log
        return replace(log, source=TaskLog.Source.RECALL)

    def show_conflict(self, stored: TaskLog) -> None:
        """Say that the log was changed elsewhere; sent again, it replaces what is stored now."""
        self.data = dict(self.data.items()) | {"version": version(stored)}
        self.add_error(
            None,
            gettext(
                "This task was changed in another window. Compare with what is stored now, then "
                "save your answers again"
            ),
        )


class VoidForm(forms.Form):
    """Why a task log should not count."""

    reason = forms.CharField(
        label=_("Why should it not count?"),
        help_text=_("For example, you logged it twice. Do not include names or personal details."),
        max_length=500,
        error_messages={
            "required": _("Enter why the task should not count"),
            "max_length": _("The reason must be 500 characters or less"),
        },
    )


def _shown(stored: NewTaskLog) -> dict[str, Any]:
    """Return what a stored task log says, as the form shows it."""
    used = f"{TOOL}{stored.tool}" if stored.tool else AI
    return {
        "task_type": stored.task_type,
        "ai": used if stored.ai_used else NO_AI,
        # Every digit: what comes back unchanged is to be unchanged.
        "minutes": f"{Decimal(repr(stored.minutes)):f}".removesuffix(".0"),
        "date": stored.date,
        "quality": stored.quality,
        "novel": stored.novel,
    }


def _ai_choices(tools: Sequence[str]) -> list[tuple[str, str]]:
    named = [(f"{TOOL}{tool}", gettext("Yes, with %(tool)s") % {"tool": tool}) for tool in tools]
    other = gettext("Yes, with another AI tool") if tools else gettext("Yes")
    return [(NO_AI, gettext("No")), *named, (AI, other)]
