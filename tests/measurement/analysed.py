"""Simulated trials to analyse, and what an analysis of them has to give."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from measurement import analysis, stored_results
from measurement.estimation.bundle import Bundle
from measurement.estimation.calendar import today
from measurement.estimation.evaluation import evaluate
from measurement.estimation.evidence import evidence_of
from measurement.estimation.results import Results
from measurement.models import Trial
from tests.small_trials import short_trial


def simulated(design: str = "crossover", participants: int = 24) -> Bundle:
    return short_trial(design, participants=participants)


def analysed(trial: Trial) -> Results:
    analysis.analyse(trial)
    return newest_results(trial)


def newest_results(trial: Trial) -> Results:
    stored = stored_results.latest_results(trial)
    assert stored is not None
    return stored.results


def as_bytes(results: Results) -> bytes:
    return json.dumps(results.as_json(), ensure_ascii=False).encode()


def from_bundle(bundle: Bundle) -> bytes:
    return as_bytes(evaluate(evidence_of(bundle, today())))


@contextmanager
def held_lock(trial: Trial) -> Iterator[None]:
    """Be another worker that analyses the trial."""
    other = connection.copy()
    key = [analysis.LOCK_CLASS, trial.pk]
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s::int, %s::int)", key)
            yield
            # Closing alone would free it a moment later, when the server has noticed.
            cursor.execute("SELECT pg_advisory_unlock(%s::int, %s::int)", key)
    finally:
        other.close()


def a_task_type(trial: Trial) -> str:
    name = trial.tasktype_set.values_list("name", flat=True).first()
    assert name is not None
    return str(name)
