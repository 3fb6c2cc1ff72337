"""From a form about a task to its draft, and back."""

from collections.abc import Iterator, Mapping
from contextlib import suppress

from django.core.exceptions import NON_FIELD_ERRORS
from django.forms import Field

from measurement import drafting
from measurement.models import Draft, Participant
from measurement.pages.task_forms import LOGGED_ALREADY, TaskLogForm
from measurement.pages.timer_forms import TimedLogForm

FORMS: Mapping[Draft.Form, type[TaskLogForm]] = {
    Draft.Form.LOG: TaskLogForm,
    Draft.Form.TIMED: TimedLogForm,
}


def typed(which: Draft.Form, data: Mapping[str, str]) -> dict[str, str]:
    """Return of `data` what the form's own controls hold, as it was typed."""
    names = _controls(FORMS[which].base_fields)
    # PostgreSQL holds no NUL, and nobody can type one.
    return {name: data[name] for name in names if "\x00" not in data.get(name, "\x00")}


def keep(form: TaskLogForm, participant: Participant) -> None:
    """Keep what was sent with errors, unless its task is logged already."""
    if form.has_error(NON_FIELD_ERRORS, LOGGED_ALREADY):
        return
    which = _which(form)
    with suppress(drafting.TooLong):  # the page says at the field what is wrong with it
        drafting.keep(participant, which, form["key"].value(), typed(which, form.data))


def restore(form: TaskLogForm, participant: Participant) -> Draft | None:
    """Fill a form that is shown anew with its draft, and return it; None without one.

    A draft of another kind of task than the one to be repeated, or of another timer than the
    one that is there, is not this form's.
    """
    which = _which(form)
    draft = drafting.kept(participant, which)
    if draft is None or not _belongs(draft, form, which):
        return None
    answers = dict(draft.answers)
    if answers.get("minutes") == answers.pop("proposed", None):
        answers.pop("minutes", None)  # the timer's word, which may have changed since
    for name, field in form.fields.items():
        if not field.widget.value_omitted_from_data(answers, {}, name):
            form.initial[name] = field.widget.value_from_datadict(answers, {}, name)
    form.initial["key"] = draft.key
    return draft


def _which(form: TaskLogForm) -> Draft.Form:
    """Return whose draft it is: that of the page to which the form will be sent."""
    if isinstance(form, TimedLogForm) and form.is_of_the_timer:
        return Draft.Form.TIMED
    return Draft.Form.LOG


def _belongs(draft: Draft, form: TaskLogForm, which: Draft.Form) -> bool:
    if which == Draft.Form.TIMED:
        return bool(draft.key == str(form.initial["key"]))
    repeated = form.initial["task_type"]
    return repeated is None or repeated == draft.answers.get("task_type")


def _controls(fields: Mapping[str, Field]) -> Iterator[str]:
    """Yield the names of the controls of a form's fields; a day has three."""
    for name, field in fields.items():
        if name != "key":
            suffixes: list[str] = getattr(field.widget, "widgets_names", [""])
            yield from (name + suffix for suffix in suffixes)
