"""Migrations that change what is computed have everybody recomputed, forwards and backwards."""

from collections.abc import Iterator

import pytest
from django.core.management import call_command
from django.db import connection

from measurement import bundles, cells, frames
from measurement.estimation.simulate import simulate
from measurement.models import Cell, DirtyMark, Participant
from tests.measurement.test_cells import assert_cells_are_those_of_the_logs
from tests.untraced import untraced

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def newest() -> Iterator[None]:
    """Leave the newest tables to the other tests."""
    yield
    migrate()


def migrate(to: str = "") -> None:
    with untraced():  # every model is made anew for every migration
        call_command("migrate", "measurement", *([to] if to else []), verbosity=0)


def count(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM measurement_{table}")
        return int(cursor.fetchone()[0])


def test_finer_cells_replace_the_coarse_ones() -> None:
    bundle = simulate(participants=6, logs_per_participant=9, design="parallel", seed=2).bundle
    trial = bundles.load(bundle)
    assert cells.recompute() == 6

    migrate("0003")
    assert (count("cell"), count("participanttotal"), count("dirtymark")) == (0, 0, 6)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM measurement_dirtymark")
        cursor.execute(
            "INSERT INTO measurement_cell (participant_id, task_type, used, access, novel, period,"
            " logs, minutes_mean, minutes_squares, log_minutes_mean, log_minutes_squares)"
            " SELECT id, 'draft', true, true, false, '', 1, 5, 0, 1.6, 0"
            " FROM measurement_participant"
        )

    migrate()
    assert not Cell.objects.exists()
    assert DirtyMark.objects.count() == Participant.objects.count() == 6
    assert cells.recompute() == 6
    assert len(frames.cells(frames.of_trial(trial)))
    assert_cells_are_those_of_the_logs(trial)
