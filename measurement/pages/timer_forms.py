"""The forms of the timer: log what was timed, and say how long a forgotten one measured work."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from measurement.pages.fields import MinutesField
from measurement.pages.task_forms import TaskLogForm
from measurement.timing import Reading
from measurement.wording import minutes, number

ENDED: Final = _(
    "This timer was ended in another window. Check the minutes, then send your answers again"
)
RUNNING: Final = _(
    "The timer is running again. Stop it in the other window, then send your answers again"
)


class ProposedMinutes(forms.Form):
    """What the forms share in which a timer proposes the minutes.

    `proposed`: the minutes that the page was made with; none without a timer. `timed`: the timer
    as it stands now.
    """

    proposed = forms.CharField(widget=forms.HiddenInput, required=False, max_length=20)

    timed: Reading | None

    def follow(self, timed: Reading | None) -> None:
        """Go by that timer, and say at the minutes what it measured."""
        self.timed = timed
        if timed and not timed.timer.estimated:
            self.fields["minutes"].help_text = says(timed)

    @property
    def is_current(self) -> bool:
        """Whether what was sent is about the timer as it stands, and that is not running."""
        timed, typed = self.timed, self.cleaned_data
        if timed is None:
            return not typed["proposed"]
        return timed.running_since is None and typed["proposed"] == _proposed(timed)

    @property
    def has_lost_its_timer(self) -> bool:
        """Whether the timer that the page was made with is no longer there."""
        return self.timed is None

    def show_stale(self) -> None:
        """Say how the timer differs from what the page was made with, and bring the form there."""
        timed = self.timed
        if timed is None or self.has_lost_its_timer:
            self.go_on_without_timer()
            self.add_error(None, ENDED)
        elif timed.running_since:
            self.add_error(None, RUNNING)
        else:
            self._take_up(_proposed(timed))

    def go_on_without_timer(self) -> None:
        """Bring the form to where no timer proposes anything; the minutes stay to be checked."""
        self.data = dict(self.data.items()) | {"proposed": ""}

    def _take_up(self, proposed: str) -> None:
        """Bring the form to the minutes that the timer says now; what was typed instead stays."""
        data = dict(self.data.items())
        if data.get("minutes") == data.get("proposed"):
            data["minutes"] = proposed
        self.data = data | {"proposed": proposed}
        self.add_error(
            "minutes",
            gettext(
                "The timer went on in another window and says %(minutes)s now. Check the minutes, "
                "then send your answers again"
            )
            % {"minutes": minutes(float(proposed or 0))},
        )


class TimedLogForm(ProposedMinutes, TaskLogForm):
    """A task that was timed. Once its timer is gone, it is a task that is logged without one."""

    def __init__(
        self,
        data: Any = None,
        *,
        task_types: Sequence[str],
        tools: Sequence[str],
        timed: Reading | None,
    ) -> None:
        known = known_of(timed) if timed else None
        super().__init__(data, task_types=task_types, tools=tools, known=known)
        self.follow(timed)

    @property
    def is_current(self) -> bool:
        """Whether what was sent is about the paused timer as it stands."""
        return not self.has_lost_its_timer and super().is_current

    @property
    def has_lost_its_timer(self) -> bool:
        """Whether there is no timer, or that of another task."""
        return self.timed is None or self.cleaned_data["key"] != self.timed.timer.key

    @property
    def is_of_the_timer(self) -> bool:
        """Whether the form is sent again to the timer; else the task is logged without one."""
        return self.timed is not None and self["key"].value() == str(self.timed.timer.key)

    def go_on_without_timer(self) -> None:
        """Make it another task."""
        self.renew_key()

    def renew_key(self) -> None:
        """Take the timer's key where the one sent is none, else a new one: another task."""
        kept = self.timed and "key" not in self.cleaned_data
        key = self.timed.timer.key if self.timed and kept else uuid4()
        self.data = dict(self.data.items()) | {"key": str(key)}


class ForgottenTimerForm(forms.Form):
    """For how long somebody worked while a timer ran that they had forgotten."""

    minutes = MinutesField(
        label=_("How many minutes did you work on the task in that time?"),
        help_text=_("Your best guess is good enough. Enter 0 if you did not work on it."),
        max_length=20,
        error_messages={
            "required": _("Enter how many minutes you worked on the task"),
            "max_length": _("Minutes must be a number, like 25"),
        },
    )

    def __init__(self, data: Any = None, *, most: int) -> None:
        super().__init__(data)
        self.most = most

    def clean_minutes(self) -> float:
        """Refuse more minutes than there were, and fewer than none."""
        typed: float = self.cleaned_data["minutes"]
        if not 0 <= typed <= self.most:
            most = {"most": number(self.most)}
            raise ValidationError(gettext("Minutes must be between 0 and %(most)s") % most)
        return typed


def known_of(timed: Reading) -> dict[str, Any]:
    """Return what a timer knows of its task: what its form shows before anything is typed."""
    return {
        "key": str(timed.timer.key),
        "date": timezone.localdate(timed.started_at),
        "minutes": _proposed(timed),
        "proposed": _proposed(timed),
    }


def _proposed(timed: Reading) -> str:
    return "" if timed.minutes is None else f"{timed.minutes:g}"


def says(timed: Reading) -> str:
    """Return what the timer measured, in words that go with the question for the minutes."""
    without_pauses = gettext(
        "The timer says %(minutes)s. Change it only if that is not what the task took."
    )
    with_pauses = gettext(
        "The timer says %(minutes)s, pauses left out. Change it only if that is not what the task "
        "took."
    )
    words = with_pauses if len(timed.segments) > 1 else without_pauses
    return words % {"minutes": minutes(timed.minutes or 0)}
