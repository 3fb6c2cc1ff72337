"""From a form about a task to its draft, and back."""

from collections.abc import Iterator, Mapping
from contextlib import suppress

from django.core.exceptions import NON_FIELD_ERRORS

from measurement import drafting
from measurement.models import Draft, Participant
from measurement.pages.announced_forms import AnnouncedLogForm
from measurement.pages.task_forms import LOGGED_ALREADY, SAID_BEFORE, TaskForm, TaskLogForm
from measurement.pages.timer_forms import TimedLogForm

DraftedForm = TaskLogForm | AnnouncedLogForm
FORMS: Mapping[Draft.Form, type[TaskForm]] = {
    Draft.Form.LOG: TaskLogForm,
    Draft.Form.TIMED: TimedLogForm,
    Draft.Form.ANNOUNCED: AnnouncedLogForm,
}


def typed(which: Draft.Form, data: Mapping[str, str]) -> dict[str, str]:
    """Return of `data` what the form's own controls hold, as it was typed."""
    names = _controls(which)
    # PostgreSQL holds no NUL, and nobody can type one.
    return {name: data[name] for name in names if "\x00" not in data.get(name, "\x00")}


def keep(form: DraftedForm, participant: Participant) -> None:
    """Keep what was sent with errors, unless its task is logged already."""
    if form.has_error(NON_FIELD_ERRORS, LOGGED_ALREADY):
        return
    which = _which(form)
    with suppress(drafting.TooLong):  # the page says at the field what is wrong with it
        drafting.keep(participant, which, _key(form), typed(which, form.data))


def restore(form: DraftedForm, participant: Participant) -> Draft | None:
    """Fill a form that is shown anew with its draft, and return it; None without one.

    A draft of another kind of task than the one to be repeated, of another timer than the one
    that is there, or of another announced task is not this form's.
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
    if which == Draft.Form.LOG:
        form.initial["key"] = draft.key
    return draft


def _which(form: DraftedForm) -> Draft.Form:
    """Return whose draft it is: that of the page to which the form will be sent."""
    if isinstance(form, AnnouncedLogForm):
        return Draft.Form.ANNOUNCED
    if isinstance(form, TimedLogForm) and form.is_of_the_timer:
        return Draft.Form.TIMED
    return Draft.Form.LOG


def _key(form: DraftedForm) -> str:
    """Return the key that the form's task log will have, or has where it was announced."""
    return form.task_key if isinstance(form, AnnouncedLogForm) else str(form["key"].value())


def _belongs(draft: Draft, form: DraftedForm, which: Draft.Form) -> bool:
    if which != Draft.Form.LOG:
        return bool(draft.key == _key(form))
    repeated = form.initial["task_type"]
    return repeated is None or repeated == draft.answers.get("task_type")


def _controls(which: Draft.Form) -> Iterator[str]:
    """Yield the names of the controls with which a form asks something; a day has three."""
    not_asked = {"key", *(SAID_BEFORE if which == Draft.Form.ANNOUNCED else ())}
    for name, field in FORMS[which].base_fields.items():
        if name not in not_asked:
            suffixes: list[str] = getattr(field.widget, "widgets_names", [""])
            yield from (name + suffix for suffix in suffixes)
