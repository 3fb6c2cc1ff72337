"""Analyses while data change, on connections of their own."""

import threading

import pytest
from django.db import connection

from measurement import analysis, bundles, cells, stored_results
from measurement.estimation.bundle import Bundle
from measurement.models import (
    AnalysisRun,
    Participant,
    StoredEstimate,
    Trial,
    TrialMark,
)
from measurement.recording import NewTaskLog, record
from tests.gates import closed_gate
from tests.measurement.analysed import analysed, as_bytes, from_bundle
from tests.small_trials import plain_trial

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_changes_during_an_analysis_calls_for_another() -> None:
    trial = bundles.load(plain_trial(participants=8))
    cells.recompute()
    person = Participant.objects.filter(trial=trial).earliest("pk")
    worker = threading.Thread(target=_analyse, args=[trial])
    with closed_gate(AnalysisRun) as gate:
        worker.start()
        gate.wait_for_somebody()
        record(participant=person, log=NewTaskLog(key="n", minutes=2, ai_used=False), actor=None)
        cells.recompute()
        gate.open()
        worker.join()
    (run,) = AnalysisRun.objects.all()
    assert TrialMark.objects.count() == 1
    again = analysis.analyse_marked(trial)
    assert again is not None
    assert again.last_log == run.last_log + 1


def test_results_of_replaced_data_are_not_stored(caplog: pytest.LogCaptureFixture) -> None:
    bundle = plain_trial(participants=8)
    trial = bundles.load(bundle)
    cells.recompute()
    worker = threading.Thread(target=_analyse, args=[trial])
    with closed_gate(StoredEstimate) as gate:
        worker.start()
        gate.wait_for_somebody()
        loader = threading.Thread(target=_replace, args=[bundle])
        loader.start()
        gate.open()
        worker.join()
        loader.join()
    assert not AnalysisRun.objects.exists()
    assert stored_results.latest_results(trial) is None
    assert as_bytes(analysed(trial)) == from_bundle(bundle)


def _analyse(trial: Trial) -> None:
    try:
        analysis.analyse_marked(trial)
    finally:
        connection.close()


def _replace(bundle: Bundle) -> None:
    try:
        bundles.load(bundle, replace=True)
    finally:
        connection.close()
