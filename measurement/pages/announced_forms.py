"""The forms of tasks that are announced: what is about to begin, and what came of it."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from measurement.models import TaskLog
from measurement.pages.fields import MinutesField
from measurement.pages.keyed_form import KeyedForm, new_key
from measurement.pages.task_forms import EXPLANATIONS, UNEXPLAINED, TaskForm
from measurement.pages.timer_forms import ProposedMinutes, known_of
from measurement.recording import Fault, NewTaskLog, said
from measurement.timing import Reading


class AnnouncementForm(KeyedForm):
    """What kind of task is about to begin, and how long it should take.

    The key is made with the page, so that a form sent twice flips one coin.
    """

    task_type = forms.ChoiceField(
        label=_("What kind of task is it?"),
        error_messages=dict.fromkeys(
            ("required", "invalid_choice"), _("Select what kind of task it is")
        ),
    )
    forecast_minutes = MinutesField(
        label=_("How many minutes would it take you without AI?"),
        help_text=_("Your best guess, for your own working time without breaks."),
        max_length=20,
        error_messages={
            "required": _("Enter how many minutes the task would take without AI"),
            "max_length": _("Minutes must be a number, like 25"),
        },
    )
    forecast_minutes_with_ai = MinutesField(
        label=_("How many minutes with AI? (optional)"),
        help_text=_("Your best guess, checking and correcting included."),
        max_length=20,
        required=False,
        error_messages={"max_length": _("Minutes must be a number, like 25")},
    )

    def __init__(self, data: Any = None, *, task_types: Sequence[str]) -> None:
        super().__init__(data, initial={"key": new_key()})
        self.fields["task_type"].choices = [(name, name) for name in task_types]  # type: ignore[attr-defined]
        if not task_types:
            del self.fields["task_type"]

    def said(self) -> dict[str, Any]:
        """Return what was typed, for announcing.py. Call it on a valid form."""
        return {"task_type": None, **self.cleaned_data}

    def explain(self, faults: Sequence[Fault]) -> None:
        """Show what recording.py refused at the fields where it was typed."""
        for fault in faults:
            rule = re.sub("^forecast_minutes(_with_ai)?", "minutes", fault.rule)
            field = fault.field if fault.field in self.fields else None
            self.add_error(field, EXPLANATIONS.get(rule, UNEXPLAINED))


class AnnouncedLogForm(ProposedMinutes, TaskForm):
    """What came of a task that was announced. `timed`: its timer, if there is one."""

    def __init__(
        self, data: Any = None, *, task_log: TaskLog, tools: Sequence[str], timed: Reading | None
    ) -> None:
        super().__init__(
            data,
            initial=known_of(timed) if timed else {},
            task_types=(),
            tools=tools,
            announced=said(task_log),
        )
        self.task_key = task_log.key
        self.follow(timed)

    def agrees_with(self, stored: TaskLog) -> bool:
        """Return whether a stored log says what was typed."""
        answers = vars(said(stored))
        return all(answers[name] == typed for name, typed in self.typed().items())

    def log(self) -> NewTaskLog:
        """Return the announced task with what was typed. Call it on a valid form."""
        assert self.announced is not None  # noqa: S101  # given in __init__
        return replace(
            self.announced,
            status=TaskLog.Status.LOGGED,
            source=TaskLog.Source.RECALL,
            **self.typed(),
        )
