"""The one door through which a task log is made, changed or voided."""

import datetime
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from hashlib import sha256
from typing import Any

from django.db import connection, transaction
from django.db.models import Value
from django.utils import timezone

from measurement.models import (
    AuditEvent,
    DirtyMark,
    Participant,
    Refusal,
    TaskLog,
    TaskType,
    Tool,
    Trial,
    TrialMark,
    User,
)
from measurement.task_log_fields import MINUTES, RULES, is_day, is_moment, is_text


@dataclass(frozen=True, kw_only=True)
class NewTaskLog:
    """What somebody says about a task: the fields of task_logs.csv; lists are given by name."""

    key: str
    ai_used: bool
    minutes: float | None = None
    date: datetime.date | None = None
    task_type: str | None = None
    tool: str | None = None
    ai_assigned: bool | None = None
    period: str = ""
    forecast_minutes: float | None = None
    forecast_minutes_with_ai: float | None = None
    quality: int | None = None
    novel: bool = False
    censored: bool = False
    source: str = ""
    status: str = "logged"
    announced_at: datetime.datetime | None = None
    started_at: datetime.datetime | None = None
    ended_at: datetime.datetime | None = None


@dataclass(frozen=True)
class Recorded:
    """The stored task log, and whether this call stored it."""

    task_log: TaskLog
    created: bool


@dataclass(frozen=True)
class Fault:
    """A field that cannot be stored; `rule` is the name that refusals are counted by."""

    field: str
    given: object
    allowed: str
    rule: str

    def __str__(self) -> str:
        return f"{self.field}: {self.given!r}, {self.allowed} is allowed"


class Refused(Exception):  # noqa: N818 - the glossary's word
    """The task log is impossible or names something unknown; `faults` lists why."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("; ".join(map(str, faults)))
        self.faults = faults


class KeyConflict(Exception):  # noqa: N818 - what it is
    """The participant already has another task log of that key: `stored`."""

    def __init__(self, stored: TaskLog) -> None:
        super().__init__(f"key {stored.key!r} is taken by another task log")
        self.stored = stored


class EditConflict(Exception):  # noqa: N818 - what it is
    """Somebody changed the task log since it was read: `stored` is what it says now."""

    def __init__(self, stored: TaskLog) -> None:
        super().__init__(f"{stored} was changed in the meantime")
        self.stored = stored


def record(*, participant: Participant, log: NewTaskLog, actor: User | None) -> Recorded:
    """Store a new task log, its audit event and the participant's dirty mark in one transaction.

    Sending the same key and body again stores nothing and returns the stored row. Must not be
    called inside a transaction: a refusal has to be counted whatever the caller then does.
    Raises Refused, after counting it, if the log is impossible or names something unknown to the
    trial; KeyConflict if the participant has that key with another body.
    """
    row = _accepted(participant.trial, log)
    with transaction.atomic(durable=True):
        task_log = TaskLog(participant=participant, recorded_at=timezone.now(), **row)
        if not _insert(task_log):
            return Recorded(_same(participant, row), created=False)
        _leave_traces(task_log, act="record_task_log", actor=actor)
    return Recorded(task_log, created=True)


def said(task_log: TaskLog) -> NewTaskLog:
    """Return what a stored task log says, as it was recorded or last changed."""
    stored = {item.name: getattr(task_log, item.name) for item in fields(NewTaskLog)}
    for name in _LISTS:
        stored[name] = stored[name] and stored[name].name
    return NewTaskLog(**stored)


def version(task_log: TaskLog) -> str:
    """Return a text that another version of the task log, read from the database, lacks."""
    return sha256(repr(said(task_log)).encode()).hexdigest()


def change(
    *, task_log: TaskLog, log: NewTaskLog, actor: User | None, unless_not: str | None = None
) -> TaskLog:
    """Replace what a stored task log says; the audit event keeps what it said before.

    Raises Refused as `record` does, and if `log.key` is not the stored key; EditConflict if
    `unless_not` is given and is not the stored row's `version`.
    """
    if log.key != task_log.key:
        raise Refused((Fault("key", log.key, f"the stored key {task_log.key!r}", "key_changed"),))
    row = _accepted(task_log.participant.trial, log)
    return _overwrite(
        task_log,
        row,
        "change",
        actor,
        allowed=lambda stored: unless_not in (None, version(stored)),
    )


def complete(*, task_log: TaskLog, log: NewTaskLog, actor: User | None) -> TaskLog:
    """Let a task that was announced, and stored as withheld for that, count as logged now.

    Raises Refused as `record` does; EditConflict if it is no longer withheld.
    """
    row = _accepted(task_log.participant.trial, log) | {"recorded_at": timezone.now()}
    return _overwrite(
        task_log,
        row,
        "complete",
        actor,
        allowed=lambda stored: stored.status == TaskLog.Status.WITHHELD,
    )


def void(*, task_log: TaskLog, reason: str, actor: User | None) -> TaskLog:
    """Take a task log out of the analysis; the audit event keeps the minutes and the reason.

    Raises Refused if the reason is blank; EditConflict if it was taken out before.
    """
    if not reason.strip():
        raise Refused((Fault("reason", reason, "a reason in words", "reason_missing"),))
    row = {"status": TaskLog.Status.VOID, "minutes": None}
    return _overwrite(
        task_log,
        row,
        "void",
        actor,
        allowed=lambda stored: stored.status != TaskLog.Status.VOID,
        reason=reason,
    )


def _accepted(trial: Trial, log: NewTaskLog) -> dict[str, Any]:
    """Return the log as columns of TaskLog. Raises Refused after counting the refusal."""
    entries = _list_entries(trial, log)
    faults = tuple(_faults(log, entries, trial))
    if faults:
        with transaction.atomic(durable=True):
            Refusal.objects.create(trial=trial, rule=faults[0].rule)
            TrialMark.objects.create(trial=trial)
        raise Refused(faults)
    row = {item.name: getattr(log, item.name) for item in fields(log)}
    del row["task_type"], row["tool"]
    return row | {"task_type_id": entries.get("task_type"), "tool_id": entries.get("tool")}


def _list_entries(trial: Trial, log: NewTaskLog) -> dict[str, int]:
    """Look the names of task type and tool up in the trial's lists, with one query."""
    queries = [
        entries.objects.filter(trial=trial, name=name).order_by().values_list(Value(field), "pk")
        for field, entries in _LISTS.items()
        if is_text(name := getattr(log, field))
    ]
    return dict(queries[0].union(*queries[1:])) if queries else {}


def _insert(task_log: TaskLog) -> bool:
    """Insert the row unless its key is taken; say whether it was inserted and give it its pk.

    In SQL because the ORM cannot say whether ON CONFLICT DO NOTHING did something.
    """
    columns = [
        (field.attname, field.column)
        for field in TaskLog._meta.concrete_fields
        if not field.primary_key
    ]
    names = ", ".join(str(column) for _, column in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {TaskLog._meta.db_table} ({names})"  # noqa: S608 - names of our columns
            f" VALUES ({', '.join(['%s'] * len(columns))})"
            " ON CONFLICT (participant_id, key) DO NOTHING RETURNING id",
            [getattr(task_log, attribute) for attribute, _ in columns],
        )
        inserted = cursor.fetchone()
    if inserted:
        (task_log.pk,) = inserted
    return bool(inserted)


def _same(participant: Participant, row: dict[str, Any]) -> TaskLog:
    """Return the stored log of the row's key. Raises KeyConflict if it says something else."""
    stored = TaskLog.objects.get(participant=participant, key=row["key"])
    if any(getattr(stored, name) != value for name, value in row.items()):
        raise KeyConflict(stored)
    return stored


def _overwrite(
    task_log: TaskLog,
    row: dict[str, Any],
    act: str,
    actor: User | None,
    *,
    allowed: Callable[[TaskLog], bool] = lambda stored: True,
    **detail: str,
) -> TaskLog:
    """Overwrite the row with its traces. Raises EditConflict unless `allowed` as it stands now."""
    with transaction.atomic(durable=True):
        # FOR NO KEY UPDATE: two edits of one log wait for each other, new logs do not.
        stored = TaskLog.objects.select_for_update(no_key=True).get(pk=task_log.pk)
        if not allowed(stored):
            raise EditConflict(stored)
        before = {name: getattr(stored, name) for name in row}
        for name, value in row.items():
            setattr(stored, name, value)
        stored.save(update_fields=list(row))
        _leave_traces(
            stored, act=f"{act}_task_log", actor=actor, before=_jsonable(before), **detail
        )
    return stored


def _leave_traces(task_log: TaskLog, *, act: str, actor: User | None, **detail: Any) -> None:
    participant = task_log.participant
    AuditEvent.objects.create(
        actor=actor,
        trial_slug=participant.trial.slug,
        act=act,
        subject=f"{participant.pseudonym}/{task_log.key}",
        detail=detail,
    )
    DirtyMark.objects.create(participant=participant)


def _jsonable(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, datetime.date) else value
        for name, value in row.items()
    }


def _faults(log: NewTaskLog, entries: dict[str, int], trial: Trial) -> Iterator[Fault]:
    """Yield what is impossible or unknown."""
    yield from _list_faults(log, entries)
    for name, rule in RULES.items():
        given = getattr(log, name)
        if given is None and not rule.optional:
            yield Fault(name, given, rule.allowed, f"{name}_missing")
        elif given is not None and not rule.holds(given):
            yield Fault(name, given, rule.allowed, f"{name}_impossible")
    yield from _status_faults(log)
    yield from _future_faults(log)
    periods = [period["name"] for period in trial.design.get("periods", [])]
    if log.period and periods and log.period not in periods:
        yield Fault("period", log.period, "one of " + ", ".join(periods), "period_unknown")


def _future_faults(log: NewTaskLog) -> Iterator[Fault]:
    """Yield what is later than today in London, by UTC's days as for the times of a bundle."""
    today = timezone.localdate()
    if is_day(log.date) and log.date > today:
        yield Fault("date", log.date, "a day up to today", "date_in_the_future")
    for name in ("announced_at", "started_at", "ended_at"):
        given = getattr(log, name)
        if is_moment(given) and given.astimezone(datetime.UTC).date() > today:
            yield Fault(name, given, "a time up to today", f"{name}_in_the_future")


def _list_faults(log: NewTaskLog, entries: dict[str, int]) -> Iterator[Fault]:
    for name, allowed in (
        ("task_type", "a task type of the trial"),
        ("tool", "a tool of the trial"),
    ):
        given = getattr(log, name)
        if given is not None and name not in entries:
            yield Fault(name, given, allowed, f"{name}_unknown")


def _status_faults(log: NewTaskLog) -> Iterator[Fault]:
    if log.status == TaskLog.Status.LOGGED:
        if log.minutes is None:
            yield Fault("minutes", None, MINUTES, "minutes_missing")
    elif log.minutes is not None and log.status in TaskLog.Status.values:
        yield Fault("minutes", log.minutes, f"none for a {log.status} task", "minutes_not_wanted")


_LISTS: dict[str, type[TaskType | Tool]] = {"task_type": TaskType, "tool": Tool}
