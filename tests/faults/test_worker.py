"""Workers die, tasks come twice, a row is poison: the results are those of an undisturbed run."""

import datetime
import json
import threading
from collections.abc import Iterable
from random import Random

import pytest
from django.db import connection, models

from measurement import analysis, bundles, stored_results
from measurement.estimation.bundle import Bundle
from measurement.estimation.calendar import today
from measurement.estimation.evaluation import evaluate
from measurement.estimation.evidence import evidence_of
from measurement.estimation.simulate import simulate
from measurement.models import (
    AnalysisRun,
    AuditEvent,
    Cell,
    DirtyMark,
    Participant,
    ParticipantTotal,
    StoredEstimate,
    TaskLog,
    Trial,
    TrialMark,
)
from measurement.models.dirty_mark import FAILURES_THAT_PARK
from measurement.recording import NewTaskLog, record
from measurement.tasks import sweep
from tests.gates import closed_gate, eventually
from tests.workers import Worker

PEOPLE = 40


@pytest.fixture
def bundle() -> Bundle:
    return simulate(participants=PEOPLE, logs_per_participant=10, design="crossover", seed=9).bundle


@pytest.fixture
def trial(transactional_db: None, bundle: Bundle) -> Trial:
    return bundles.load(bundle)


def undisturbed(bundle: Bundle) -> bytes:
    results = evaluate(evidence_of(bundle, today()))
    return json.dumps(results.as_json(), ensure_ascii=False).encode()


def served(trial: Trial) -> bytes:
    stored = stored_results.latest_results(trial)
    assert stored is not None
    return json.dumps(stored.results.as_json(), ensure_ascii=False).encode()


def is_settled(trial: Trial) -> bool:
    return not analysis.is_outdated(trial)


def assert_no_stale_marks() -> None:
    assert not DirtyMark.objects.exists()
    assert not TrialMark.objects.exists()


LONG = [
    pytest.param(model, marks=pytest.mark.long)
    for model in (Cell, ParticipantTotal, TrialMark, StoredEstimate)
]
MOMENTS = pytest.mark.parametrize("model", [AnalysisRun, *LONG])


@MOMENTS
def test_a_worker_killed_in_the_middle(
    worker: Worker, trial: Trial, bundle: Bundle, model: type[models.Model]
) -> None:
    worker.start()
    with closed_gate(model) as gate:
        sweep.delay()
        gate.wait_for_somebody()
        worker.kill()
        gate.open()
    assert stored_results.latest_results(trial) is None

    worker.start()
    worker.sweep_until(lambda: is_settled(trial), "settled")
    assert served(trial) == undisturbed(bundle)
    assert_no_stale_marks()


@pytest.mark.parametrize("model", [Cell, pytest.param(AnalysisRun, marks=pytest.mark.long)])
def test_a_pool_child_killed_in_the_middle(
    worker: Worker, trial: Trial, bundle: Bundle, model: type[models.Model]
) -> None:
    worker.start()
    with closed_gate(model) as gate:
        sweep.delay()
        gate.wait_for_somebody()
        before = {process.pid for process in worker.pool}
        worker.kill_pool()
        gate.open()

    # The sweep was not acknowledged: it comes back by itself, and no other is sent.
    eventually(lambda: is_settled(trial), "settled")
    assert before.isdisjoint({process.pid for process in worker.pool})
    assert served(trial) == undisturbed(bundle)
    assert_no_stale_marks()


def test_every_sweep_delivered_five_times(worker: Worker, trial: Trial, bundle: Bundle) -> None:
    worker.start()
    for _ in range(5):
        sweep.delay()
    eventually(lambda: is_settled(trial), "settled")
    assert AnalysisRun.objects.count() == 1
    assert served(trial) == undisturbed(bundle)
    assert_no_stale_marks()


def test_a_poisoned_participant_is_parked_and_others_are_served(
    worker: Worker, trial: Trial, bundle: Bundle
) -> None:
    poisoned = Participant.objects.filter(trial=trial).order_by("pk")[7]
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE measurement_participanttotal ADD CONSTRAINT test_poison"
            f" CHECK (participant_id <> {poisoned.pk})"
        )
    try:
        worker.start()
        worker.sweep_until(lambda: is_settled(trial), "settled")
        assert ParticipantTotal.objects.count() == PEOPLE - 1
        assert analysis.parked_participants(trial) == 1
        mark = DirtyMark.objects.get()
        assert (mark.participant, mark.failures) == (poisoned, FAILURES_THAT_PARK)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE measurement_participanttotal DROP CONSTRAINT test_poison")
    analysis.analyse(trial)
    assert served(trial) == undisturbed(bundle)
    assert_no_stale_marks()


def test_logs_stored_while_the_pool_is_killed_again_and_again(worker: Worker, trial: Trial) -> None:
    """Eight clients send every log twice; the pool dies under them."""
    people = list(Participant.objects.filter(trial=trial).order_by("pk")[:8])
    loaded = TaskLog.objects.count()
    clients = [threading.Thread(target=_send, args=[person, range(25)]) for person in people]
    worker.start()
    for client in clients:
        client.start()
    while any(client.is_alive() for client in clients):
        sweep.apply_async(expires=2)
        worker.kill_pool()
        for client in clients:
            client.join(timeout=0.1)

    worker.sweep_until(lambda: is_settled(trial), "settled")
    assert TaskLog.objects.count() == loaded + 8 * 25
    assert AuditEvent.objects.filter(act="record_task_log").count() == 8 * 25
    assert served(trial) == undisturbed(bundles.export(trial))
    assert_no_stale_marks()


def _send(person: Participant, numbers: Iterable[int]) -> None:
    random = Random(person.pk)
    try:
        for number in numbers:
            log = NewTaskLog(
                key=f"sent-{number}",
                minutes=random.uniform(1, 90),
                ai_used=random.random() < 0.5,
                date=datetime.date(2025, 3, 3),
            )
            assert record(participant=person, log=log, actor=None).created
            assert not record(participant=person, log=log, actor=None).created
    finally:
        connection.close()
