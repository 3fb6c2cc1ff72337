"""What the database keeps as it is: the audit record and what was promised."""

import pytest
from django.db import IntegrityError, connection, transaction

from measurement.models import (
    AuditEvent,
    Participant,
    PlanLock,
)
from tests.measurement.stored_rows import Rows


@pytest.mark.parametrize(
    "statement",
    ["UPDATE measurement_auditevent SET act = 'nothing'", "DELETE FROM measurement_auditevent"],
)
def test_audit_events_are_append_only(db: None, statement: str) -> None:
    AuditEvent.objects.create(act="test")
    with (
        pytest.raises(IntegrityError, match="never changed or deleted"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert AuditEvent.objects.get().act == "test"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE measurement_planlock SET locked_by = 'nobody'",
        "UPDATE measurement_planchange SET reason = 'none'",
        "UPDATE measurement_alwaysvalidtuning SET tau = 1",
    ],
)
def test_what_was_promised_is_never_changed(participant: Participant, statement: str) -> None:
    rows = Rows(participant)
    rows.plan_change()
    rows.tuning()
    with (
        pytest.raises(IntegrityError, match="never changed"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    participant.trial.delete()
    assert not PlanLock.objects.exists()


def test_the_record_outlives_its_actor(participant: Participant) -> None:
    user = participant.user
    assert user is not None
    event = AuditEvent.objects.create(act="test", actor=user)
    user.delete()
    event.refresh_from_db()
    assert event.actor_id is not None
