"""The door for task logs: what it stores, what it refuses, what it leaves behind."""

import datetime
import math
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from measurement import bundles
from measurement.estimation.bundle import read_bundle, write_bundle
from measurement.models import (
    AuditEvent,
    DirtyMark,
    Participant,
    Refusal,
    TaskLog,
    TaskType,
    Trial,
    TrialMark,
)
from measurement.recording import (
    EditConflict,
    KeyConflict,
    NewTaskLog,
    Refused,
    change,
    record,
    said,
    version,
    void,
)
from tests.people import make_trial

FULL = NewTaskLog(
    key="a-1",
    minutes=12.5,
    ai_used=True,
    date=datetime.date(2025, 3, 3),
    task_type="Draft a document",
    tool="Wordmill",
    ai_assigned=False,
    period="1",
    forecast_minutes=20.0,
    forecast_minutes_with_ai=10,
    quality=4,
    novel=True,
    censored=True,
    source="timer",
    status="logged",
    announced_at=datetime.datetime(2025, 3, 3, 9, tzinfo=datetime.UTC),
    started_at=datetime.datetime(2025, 3, 3, 9, 5, tzinfo=datetime.UTC),
    ended_at=datetime.datetime(2025, 3, 3, 9, 17, 30, 123456, tzinfo=datetime.UTC),
)


def but(**fields: Any) -> NewTaskLog:
    return NewTaskLog(**{**vars(FULL), **fields})


def test_a_log_is_stored_with_audit_event_and_dirty_mark(participant: Participant) -> None:
    recorded = record(participant=participant, log=FULL, actor=participant.user)

    assert recorded.created
    stored = TaskLog.objects.get()
    assert stored == recorded.task_log
    said = {**vars(FULL), "task_type": stored.task_type, "tool": stored.tool}
    assert {name: getattr(stored, name) for name in said} == said
    assert str(stored.task_type) == "Draft a document"
    assert str(stored.tool) == "Wordmill"
    assert stored.recorded_at is not None
    event = AuditEvent.objects.get()
    assert (event.act, event.actor, event.subject) == (
        "record_task_log",
        participant.user,
        "p1/a-1",
    )
    assert DirtyMark.objects.get().participant == participant


def test_recording_costs_at_most_five_queries(participant: Participant) -> None:
    participant = Participant.objects.get(pk=participant.pk)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        record(participant=participant, log=FULL, actor=None)
    ours = [q["sql"] for q in queries if "SAVEPOINT" not in q["sql"]]
    assert len(ours) <= 5, ours


@pytest.mark.django_db(transaction=True)
def test_everything_is_stored_in_one_transaction() -> None:
    trial = make_trial()
    participant = Participant.objects.create(trial=trial, pseudonym="p1")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE measurement_dirtymark ADD CONSTRAINT none CHECK (false)")
    try:
        with pytest.raises(Exception, match="none"):
            record(participant=participant, log=FULL, actor=None)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE measurement_dirtymark DROP CONSTRAINT none")
    assert not TaskLog.objects.exists()
    assert not AuditEvent.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_recording_refuses_to_be_part_of_a_transaction() -> None:
    participant = Participant.objects.create(trial=make_trial(), pseudonym="p1")
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        record(participant=participant, log=FULL, actor=None)


def test_sending_again_stores_nothing_new(participant: Participant) -> None:
    first = record(participant=participant, log=FULL, actor=None)
    again = record(participant=participant, log=FULL, actor=None)

    assert not again.created
    assert again.task_log == first.task_log
    assert TaskLog.objects.count() == AuditEvent.objects.count() == DirtyMark.objects.count() == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"minutes": 12.500000000000002},
        {"ai_used": False},
        {"date": None},
        {"task_type": "Search for information"},
        {"tool": None},
        {"ai_assigned": None},
        {"quality": None},
        {"status": "withheld", "minutes": None},
        {"ended_at": None},
    ],
)
def test_the_same_key_with_another_body_is_a_conflict(
    participant: Participant, fields: dict[str, Any]
) -> None:
    stored = record(participant=participant, log=FULL, actor=None).task_log
    with pytest.raises(KeyConflict) as conflict:
        record(participant=participant, log=but(**fields), actor=None)
    assert conflict.value.stored == stored
    assert TaskLog.objects.count() == 1


def test_two_participants_may_use_one_key(participant: Participant) -> None:
    other = Participant.objects.create(trial=participant.trial, pseudonym="p2")
    assert record(participant=participant, log=FULL, actor=None).created
    assert record(participant=other, log=FULL, actor=None).created


NAIVE = datetime.datetime(2025, 3, 3, 9)  # noqa: DTZ001 - the fault
IMPOSSIBLE: list[tuple[dict[str, Any], str]] = [
    *[({"minutes": m}, "minutes_impossible") for m in (0, -1, 1440.1, math.nan, math.inf, 1e308)],
    *[({"minutes": m}, "minutes_impossible") for m in (True, "12")],
    ({"minutes": None}, "minutes_missing"),
    ({"status": "void"}, "minutes_not_wanted"),
    ({"status": "done"}, "status_impossible"),
    ({"source": "guess"}, "source_impossible"),
    ({"source": None}, "source_missing"),
    ({"ai_used": None}, "ai_used_missing"),
    ({"ai_used": 1}, "ai_used_impossible"),
    ({"ai_assigned": "yes"}, "ai_assigned_impossible"),
    ({"novel": None}, "novel_missing"),
    ({"censored": 0}, "censored_impossible"),
    ({"date": datetime.date(9999, 12, 31)}, "date_in_the_future"),
    *[
        ({name: datetime.datetime(2999, 1, 1, tzinfo=datetime.UTC)}, f"{name}_in_the_future")
        for name in ("announced_at", "started_at", "ended_at")
    ],
    ({"date": "2025-03-03"}, "date_impossible"),
    ({"date": NAIVE}, "date_impossible"),
    ({"started_at": NAIVE}, "started_at_impossible"),
    ({"announced_at": datetime.date(2025, 3, 3)}, "announced_at_impossible"),
    ({"ended_at": "now"}, "ended_at_impossible"),
    *[({"quality": q}, "quality_impossible") for q in (0, 6, 3.0, True)],
    ({"forecast_minutes": 0}, "forecast_minutes_impossible"),
    ({"forecast_minutes_with_ai": math.nan}, "forecast_minutes_with_ai_impossible"),
    ({"task_type": "Juggling"}, "task_type_unknown"),
    ({"task_type": "\x00"}, "task_type_unknown"),
    ({"task_type": 7}, "task_type_unknown"),
    ({"tool": "\ud800"}, "tool_unknown"),
    *[({"key": k}, "key_impossible") for k in ("", " ", " a", "x" * 201, "\x00", "\udfff", 5)],
    ({"key": None}, "key_missing"),
    ({"period": "x" * 201}, "period_impossible"),
]


@pytest.mark.parametrize(("fields", "rule"), IMPOSSIBLE)
def test_the_impossible_is_refused_and_counted(
    participant: Participant, fields: dict[str, Any], rule: str
) -> None:
    with pytest.raises(Refused) as refused:
        record(participant=participant, log=but(**fields), actor=None)

    (fault,) = refused.value.faults
    assert fault.rule == rule
    assert fault.field in fields or fault.field == "minutes"
    assert fault.allowed
    assert not TaskLog.objects.exists()
    assert [(r.rule, r.count, r.trial) for r in Refusal.objects.all()] == [
        (rule, 1, participant.trial)
    ]
    assert TrialMark.objects.filter(trial=participant.trial).exists()


def test_every_fault_is_named_and_the_refusal_counts_once(participant: Participant) -> None:
    with pytest.raises(Refused) as refused:
        record(participant=participant, log=but(minutes=-1, quality=9, tool="?"), actor=None)
    assert [fault.field for fault in refused.value.faults] == ["tool", "minutes", "quality"]
    assert "minutes: -1, a number above 0 and at most 1440 is allowed" in str(refused.value)
    assert Refusal.objects.count() == 1


def test_another_trials_task_type_is_unknown(participant: Participant) -> None:
    TaskType.objects.create(trial=make_trial("other"), name="Juggling")
    with pytest.raises(Refused):
        record(participant=participant, log=but(task_type="Juggling"), actor=None)


def test_a_period_is_one_of_the_designs(participant: Participant, trial: Trial) -> None:
    trial.design["periods"] = [
        {"name": "first", "starts_on": "2025-01-01", "ends_on": "2025-02-01"}
    ]
    trial.save()
    participant.refresh_from_db()
    with pytest.raises(Refused) as refused:
        record(participant=participant, log=but(period="1"), actor=None)
    assert refused.value.faults[0].allowed == "one of first"
    assert record(participant=participant, log=but(period="first"), actor=None).created


def test_today_is_todays_date_in_london(participant: Participant) -> None:
    # Half past midnight in British Summer Time is still yesterday in UTC.
    with time_machine.travel("2025-07-01T00:30+01:00", tick=False):
        assert record(
            participant=participant, log=but(date=datetime.date(2025, 7, 1)), actor=None
        ).created
        with pytest.raises(Refused):
            record(
                participant=participant,
                log=but(key="later", date=datetime.date(2025, 7, 2)),
                actor=None,
            )


def test_what_is_recorded_late_today_can_be_loaded_from_an_export(
    participant: Participant, tmp_path: Path
) -> None:
    """A clock that is fast by hours is no reason to refuse, and a bundle allows the same days."""
    with time_machine.travel("2025-07-01T00:30+01:00", tick=False):
        late = datetime.datetime(2025, 7, 1, 23, 59, tzinfo=datetime.UTC)
        record(participant=participant, log=but(started_at=late), actor=None)
        write_bundle(bundles.export(participant.trial), tmp_path / "bundle")
        logs = read_bundle(tmp_path / "bundle").task_logs
        assert list(logs["started_at"]) == [late]
        later = late + datetime.timedelta(minutes=1)
        with pytest.raises(Refused):
            record(participant=participant, log=but(key="2", started_at=later), actor=None)


def test_change_keeps_what_was_said_before(participant: Participant) -> None:
    task_log = record(participant=participant, log=FULL, actor=None).task_log
    changed = change(task_log=task_log, log=but(minutes=7.25, tool=None), actor=participant.user)

    stored = TaskLog.objects.get()
    assert stored == changed
    assert (stored.minutes, stored.tool, stored.quality) == (7.25, None, 4)
    event = AuditEvent.objects.get(act="change_task_log")
    assert event.detail["before"]["minutes"] == 12.5
    assert event.detail["before"]["date"] == "2025-03-03"
    assert event.actor == participant.user
    assert DirtyMark.objects.count() == 2


def test_change_refuses_the_impossible_and_another_key(participant: Participant) -> None:
    task_log = record(participant=participant, log=FULL, actor=None).task_log
    for log in (but(minutes=0), but(key="b")):
        with pytest.raises(Refused):
            change(task_log=task_log, log=log, actor=None)
    assert TaskLog.objects.get().minutes == 12.5


def test_void_takes_the_minutes_and_keeps_the_reason(participant: Participant) -> None:
    task_log = record(participant=participant, log=FULL, actor=None).task_log
    void(task_log=task_log, reason="logged twice", actor=None)

    stored = TaskLog.objects.get()
    assert (stored.status, stored.minutes) == ("void", None)
    event = AuditEvent.objects.get(act="void_task_log")
    assert event.detail == {
        "reason": "logged twice",
        "before": {"status": "logged", "minutes": 12.5},
    }
    assert DirtyMark.objects.count() == 2


def test_what_was_taken_out_is_not_taken_out_again(participant: Participant) -> None:
    task_log = record(participant=participant, log=FULL, actor=None).task_log
    void(task_log=task_log, reason="logged twice", actor=None)
    with pytest.raises(EditConflict):
        void(task_log=task_log, reason="again", actor=None)
    event = AuditEvent.objects.get(act="void_task_log")
    assert event.detail["before"]["minutes"] == 12.5


def test_a_withheld_log_may_be_taken_out(participant: Participant) -> None:
    log = but(status="withheld", minutes=None)
    task_log = record(participant=participant, log=log, actor=None).task_log
    assert void(task_log=task_log, reason="announced twice", actor=None).status == "void"


def test_void_needs_a_reason(participant: Participant) -> None:
    task_log = record(participant=participant, log=FULL, actor=None).task_log
    with pytest.raises(Refused):
        void(task_log=task_log, reason=" ", actor=None)
    assert TaskLog.objects.get().status == "logged"


def test_the_moment_of_storing_is_the_servers(participant: Participant) -> None:
    before = timezone.now()
    record(participant=participant, log=FULL, actor=None)
    recorded_at = TaskLog.objects.get().recorded_at
    assert recorded_at is not None
    assert before <= recorded_at <= timezone.now()


@pytest.mark.parametrize("log", [FULL, NewTaskLog(key="b", ai_used=False, minutes=3)])
def test_a_stored_log_says_what_was_recorded(participant: Participant, log: NewTaskLog) -> None:
    stored = record(participant=participant, log=log, actor=None).task_log
    stored.refresh_from_db()
    assert said(stored) == log


def test_a_change_may_be_bound_to_the_version_that_was_seen(participant: Participant) -> None:
    record(participant=participant, log=FULL, actor=None)
    stored = TaskLog.objects.get()
    seen = version(stored)
    changed = change(task_log=stored, log=but(minutes=13.0), actor=None, unless_not=seen)
    assert version(changed) != seen

    with pytest.raises(EditConflict, match="was changed in the meantime") as conflict:
        change(task_log=stored, log=but(minutes=14.0), actor=None, unless_not=seen)

    assert conflict.value.stored.minutes == 13.0
    assert TaskLog.objects.get().minutes == 13.0
    assert AuditEvent.objects.filter(act="change_task_log").count() == 1
    # The same words again are the same version.
    change(task_log=changed, log=FULL, actor=None)
    assert version(TaskLog.objects.get()) == seen
