"""The history of a task log: what it said at first, and after each change."""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext

from measurement import audit_trail
from measurement.models import AuditEvent, TaskLog, TaskType, Tool

RECORDED: Final = "record_task_log"
COMPLETED: Final = "complete_task_log"
"""Makes the log of an announced task count: what was withheld is logged from then on."""
CHANGED: Final = "change_task_log"
VOIDED: Final = "void_task_log"
LOADED: Final = ("load_trial", "replace_trial")
"""Acts that replace all logs of a trial; what came before was about rows that are gone."""
LISTS: Final[Mapping[str, type[TaskType | Tool]]] = {"task_type_id": TaskType, "tool_id": Tool}


@dataclass(frozen=True)
class Version:
    """What a task log said from a moment on. `event`: what made it so; None for a loaded log."""

    task_log: TaskLog
    event: AuditEvent | None

    @property
    def at(self) -> datetime.datetime | None:
        """When it came to say so."""
        return self.event.at if self.event else self.task_log.recorded_at

    @property
    def reason(self) -> str:
        """Why it was taken out of the results, if it was."""
        return str(self.event.detail.get("reason", "")) if self.event else ""


def corrected(task_logs: Iterable[TaskLog]) -> set[int]:
    """Return the primary keys of those that were changed or taken out, with one query."""
    subjects = {(log.participant.trial.slug, _subject(log)): log.pk for log in task_logs}
    events = AuditEvent.objects.filter(
        subject__in={subject for _, subject in subjects}, act__in=(CHANGED, VOIDED)
    )
    found = set(events.values_list("trial_slug", "subject"))
    return {pk for named, pk in subjects.items() if named in found}


def versions(task_log: TaskLog) -> list[Version]:
    """Return the versions of the task log, oldest first; the last is what is stored."""
    events = _events(task_log)
    said = {field.attname: getattr(task_log, field.attname) for field in _fields()}
    named = names(events)
    found: list[Version] = []
    for event in reversed(events):
        found.append(Version(_as_log(task_log, said, named), event))
        said = said | event.detail.get("before", {})
    if not events or events[0].act != RECORDED:
        found.append(Version(_as_log(task_log, said, named), None))
    return found[::-1]


def names(events: Iterable[AuditEvent]) -> dict[str, dict[int, str]]:
    """Return the names of the list entries that earlier versions had, by column and number."""
    before = [event.detail.get("before") or {} for event in events]
    found: dict[str, dict[int, str]] = {}
    for column, entries in LISTS.items():
        numbers = {row[column] for row in before if row.get(column)}
        chosen = entries._default_manager.filter(pk__in=numbers)
        found[column] = dict(chosen.values_list("pk", "name"))
    return found


def _events(task_log: TaskLog) -> list[AuditEvent]:
    """Return what was done to the log since its trial was loaded, oldest first."""
    slug = task_log.participant.trial.slug
    loads = AuditEvent.objects.filter(subject="", trial_slug=slug, act__in=LOADED)
    last = loads.order_by("-pk").values_list("pk", flat=True).first() or 0
    own = audit_trail.about(task_log.participant)
    acts = (RECORDED, COMPLETED, CHANGED, VOIDED)
    return list(own.filter(subject=_subject(task_log), act__in=acts, pk__gt=last))


def _subject(task_log: TaskLog) -> str:
    return audit_trail.subject_of(task_log.participant.pseudonym, task_log.key)


def _fields() -> list[Any]:
    return [field for field in TaskLog._meta.concrete_fields if not field.primary_key]


def _as_log(
    task_log: TaskLog, said: Mapping[str, Any], names: Mapping[str, Mapping[int, str]]
) -> TaskLog:
    """Return what was said as a task log that is not stored."""
    # An event keeps days and moments as text.
    row = {field.attname: field.to_python(said[field.attname]) for field in _fields()}
    entries = {
        column.removesuffix("_id"): _entry(task_log, column, row.pop(column), names[column])
        for column in LISTS
    }
    return TaskLog(**row, **entries)


def _entry(
    task_log: TaskLog, column: str, number: int | None, names: Mapping[int, str]
) -> TaskType | Tool | None:
    if number is None:
        return None
    if number == getattr(task_log, column):
        stored: TaskType | Tool = getattr(task_log, column.removesuffix("_id"))
        return stored
    gone = gettext("something that is no longer on the list")
    return LISTS[column](pk=number, name=names.get(number, gone))
