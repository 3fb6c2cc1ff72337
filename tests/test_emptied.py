"""What the tests empty the database with leaves nothing."""

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection

from measurement import bundles
from measurement.models import AuditEvent
from tests.emptied import empty_database, tables
from tests.small_trials import plain_trial

pytestmark = pytest.mark.django_db(transaction=True)


def filled() -> set[str]:
    with connection.cursor() as cursor:
        asked = (f"SELECT '{table}' WHERE EXISTS (SELECT FROM {table})" for table in tables())
        cursor.execute(" UNION ALL ".join(asked))
        return {name for (name,) in cursor.fetchall()}


def test_nothing_is_left_but_what_every_database_has() -> None:
    bundles.load(plain_trial(participants=8))
    AuditEvent.objects.create(act="test", trial_slug="", subject="")
    assert {"measurement_trial", "measurement_tasklog", "measurement_auditevent"} <= filled()
    empty_database()
    assert filled() == set()
    assert ContentType.objects.exists()
