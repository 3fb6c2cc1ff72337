"""People who log at once through real HTTP lose nothing and double nothing. Speed is not tested."""

import os
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.db import connection

from benchmarks.load import WARM_UP_PEOPLE, Measured, lines, measure
from measurement.models import AuditEvent, DirtyMark

PEOPLE = 60


@pytest.fixture
def measured(transactional_db: None, tmp_path: Path) -> Measured:
    """Have sixty people log at once, twice, on the test database."""
    name = connection.settings_dict["NAME"]
    address = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()
    # DEBUG: pages do not depend on which static files were collected last.
    return measure(PEOPLE, 2, tmp_path, {"DATABASE_URL": address, "DEBUG": "1"})


def test_nothing_is_lost_and_nothing_doubled(measured: Measured) -> None:
    warm = min(WARM_UP_PEOPLE, PEOPLE)
    tasks = 2 * PEOPLE + warm
    assert (measured.acknowledged, measured.lost, measured.doubled) == (tasks, 0, 0)
    assert measured.is_sound
    # One in ten sent twice at once, two in ten were cut off first.
    assert len(measured.stored.times) == len(measured.bare.times) == 2 * PEOPLE * 11 // 10
    assert measured.stored.cut == measured.bare.cut == 2 * PEOPLE * 2 // 10
    assert AuditEvent.objects.filter(act="record_task_log").count() == tasks
    assert DirtyMark.objects.count() >= tasks
    table = "\n".join(lines(measured))
    assert f"{tasks} tasks acknowledged, 0 lost, 0 doubled; 24 connections" in table
