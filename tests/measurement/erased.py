"""What an erased participant leaves behind: in the tables, and in the results."""

import datetime
import json

from django.db import connection, models

from measurement import (
    analysis,
    bundles,
    stored_results,
)
from measurement.estimation.calendar import today
from measurement.estimation.evaluation import evaluate
from measurement.estimation.evidence import evidence_of
from measurement.estimation.waves import Wave
from measurement.models import (
    AnalysisRun,
    Participant,
    Trial,
    User,
)
from measurement.tasks import sweep

DAY = datetime.date(2025, 3, 3)
PSEUDONYM = "zanzibar-teaspoon"
KEEPS_THE_CODE = {"measurement_auditevent", "measurement_erasure"}
WAVE = Wave(number=1, opens_on=DAY)


def user_of(participant: Participant) -> User:
    assert participant.user
    return participant.user


def belonging() -> dict[str, type[models.Model]]:
    """Return the models that refer to participants, by table."""
    return {
        relation.related_model._meta.db_table: relation.related_model
        for relation in Participant._meta.related_objects
        if not isinstance(relation.related_model, str)
    }


def tables_that_name(pseudonym: str) -> set[str]:
    """Return the tables with a row in whose text the pseudonym is, whatever the column."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        found = set()
        for table in tables:
            cursor.execute(
                f"SELECT EXISTS (SELECT FROM {table} r WHERE strpos(r::text, %s) > 0)", [pseudonym]
            )
            if cursor.fetchone()[0]:
                found.add(table)
    return found


def tables_that_refer_to(pk: int) -> set[str]:
    """Return the tables with a row whose column `participant_id` is the number."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_schema = 'public' AND column_name LIKE '%participant%id'"
        )
        found = set()
        for table, column in cursor.fetchall():
            cursor.execute(f"SELECT EXISTS (SELECT FROM {table} WHERE {column} = %s)", [pk])
            if cursor.fetchone()[0]:
                found.add(table)
    return found


def served(trial: Trial) -> bytes:
    stored = stored_results.latest_results(trial)
    assert stored is not None
    return json.dumps(stored.results.as_json(), ensure_ascii=False).encode()


def recomputed(trial: Trial) -> bytes:
    """Return what is computed from nothing but the logs that are left."""
    results = evaluate(evidence_of(bundles.export(trial), today()))
    return json.dumps(results.as_json(), ensure_ascii=False).encode()


def settle(trial: Trial) -> None:
    """Sweep as workers do; trials rest for an instant only."""
    for _ in range(20):
        AnalysisRun.objects.update(finished_at=models.F("as_of"))
        sweep()
        if not analysis.is_outdated(trial):
            return
    raise AssertionError("not settled")
