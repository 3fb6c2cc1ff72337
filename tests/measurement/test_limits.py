"""Winsorising limits in the database are the engine's; new ones have everybody recomputed."""

import datetime
import threading

import pandas as pd
import pytest
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from measurement import analysis, bundles, cells, frames, limits
from measurement.estimation.bundle import Bundle
from measurement.estimation.cells import classify
from measurement.estimation.limits import winsorising_limits
from measurement.estimation.simulate import simulate
from measurement.models import Cell, DirtyMark, Participant, Trial, TrialMark, WinsorisingLimit
from measurement.recording import NewTaskLog, record
from tests.gates import closed_gate, eventually
from tests.measurement.odd_bundle import odd_bundle

pytestmark = pytest.mark.django_db


def computed(bundle: Bundle) -> pd.DataFrame:
    logs = classify(bundle.trial, bundle.participants, bundle.task_logs)
    return winsorising_limits(bundle.trial, logs)


def assert_limits_are_those_of(trial: Trial, bundle: Bundle) -> None:
    expected = computed(bundle)
    assert len(expected)
    pd.testing.assert_frame_equal(frames.limits(trial), expected, check_exact=True)


def small_bundle() -> Bundle:
    return simulate(participants=8, logs_per_participant=12, design="parallel", seed=3).bundle


def add_log(trial: Trial, minutes: float) -> None:
    person = Participant.objects.filter(trial=trial).earliest("pk")
    log = NewTaskLog(
        key=f"{minutes}",
        minutes=minutes,
        ai_used=False,
        date=trial.starts_on,
        task_type=trial.tasktype_set.earliest("name").name,
    )
    record(participant=person, log=log, actor=None)


@pytest.mark.parametrize("bundle", [small_bundle(), odd_bundle()], ids=["simulated", "odd"])
def test_a_loaded_trial_has_the_limits_of_its_bundle(bundle: Bundle) -> None:
    trial = bundles.load(bundle)
    assert_limits_are_those_of(trial, bundle)
    limits.refresh(trial)
    assert_limits_are_those_of(trial, bundles.export(trial))


def test_a_replaced_trial_has_the_limits_of_its_new_bundle() -> None:
    bundle = small_bundle()
    bundles.load(bundle)
    halved = bundle.task_logs.assign(minutes=bundle.task_logs["minutes"] / 2)
    new = Bundle(bundle.trial, bundle.participants, halved, bundle.survey_responses)
    assert_limits_are_those_of(bundles.load(new, replace=True), new)


def test_limits_that_stay_call_for_nothing() -> None:
    trial = bundles.load(small_bundle())
    cells.recompute()
    TrialMark.objects.all().delete()
    yesterday = timezone.now() - datetime.timedelta(days=1)
    WinsorisingLimit.objects.update(computed_at=yesterday)
    limits.refresh(trial)
    assert not DirtyMark.objects.exists()
    assert not TrialMark.objects.exists()
    # Yet it is known that they were looked at.
    assert not WinsorisingLimit.objects.filter(computed_at__lte=yesterday).exists()


def test_a_log_alone_leaves_the_limits_and_a_refresh_recomputes_everybody() -> None:
    trial = bundles.load(small_bundle())
    cells.recompute()
    before = frames.limits(trial)
    add_log(trial, 1400.0)
    assert cells.recompute() == 1
    pd.testing.assert_frame_equal(frames.limits(trial), before, check_exact=True)
    assert Cell.objects.get(minutes_mean=1400.0).tail == 1

    limits.refresh(trial)
    assert_limits_are_those_of(trial, bundles.export(trial))
    assert not frames.limits(trial).equals(before)
    assert DirtyMark.objects.count() == 8
    assert cells.recompute() == 8


def test_waiting_analyses_wait_for_the_new_tails() -> None:
    trial = bundles.load(small_bundle())
    cells.recompute()
    add_log(trial, 1400.0)
    TrialMark.objects.update(marked_at=timezone.now() - datetime.timedelta(hours=1))
    limits.refresh(trial)
    newest = DirtyMark.objects.latest("marked_at").marked_at
    assert not TrialMark.objects.filter(marked_at__lt=newest).exists()
    assert TrialMark.objects.exists()


def test_other_trials_are_left_alone() -> None:
    trial, other = bundles.load(small_bundle()), bundles.load(odd_bundle())
    while cells.recompute():
        pass
    add_log(trial, 1400.0)
    limits.refresh(trial)
    assert not DirtyMark.objects.filter(participant__trial=other).exists()
    assert_limits_are_those_of(other, odd_bundle())


class Refresher(threading.Thread):
    """Another worker: refreshes the limits of a trial once, on a connection of its own."""

    failure: OperationalError | None = None

    def __init__(self, trial: Trial) -> None:
        super().__init__()
        self.trial = trial

    def run(self) -> None:
        try:
            limits.refresh(self.trial)
        except OperationalError as failure:
            self.failure = failure
        finally:
            connection.close()


@pytest.mark.django_db(transaction=True)
def test_a_trial_that_is_replaced_meanwhile_keeps_its_new_limits() -> None:
    bundle = small_bundle()
    trial = bundles.load(bundle)
    doubled = bundle.task_logs.assign(minutes=(bundle.task_logs["minutes"] * 2).clip(upper=1440))
    new = Bundle(bundle.trial, bundle.participants, doubled, bundle.survey_responses)
    worker = Refresher(trial)
    with closed_gate(WinsorisingLimit) as gate:
        worker.start()
        gate.wait_for_somebody()
        loader = threading.Thread(target=_replace, args=[new])
        loader.start()
        gate.open()
        worker.join()
        loader.join()
    assert worker.failure is None
    assert_limits_are_those_of(trial, new)


@pytest.mark.django_db(transaction=True)
def test_limits_of_data_that_are_gone_are_not_stored() -> None:
    trial = bundles.load(small_bundle())
    before = WinsorisingLimit.objects.earliest("pk").pk
    worker = Refresher(trial)
    with transaction.atomic():
        Trial.objects.filter(pk=trial.pk).update(title="Replaced")
        worker.start()
        eventually(_somebody_waits_for_a_row, "the worker has read and wants the trial's row")
    worker.join()
    assert "could not serialize access" in str(worker.failure)
    assert WinsorisingLimit.objects.earliest("pk").pk == before


def _somebody_waits_for_a_row() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'transactionid' AND NOT granted)"
        )
        return bool(cursor.fetchone()[0])


def _replace(bundle: Bundle) -> None:
    try:
        bundles.load(bundle, replace=True)
    finally:
        connection.close()


def test_flags_by_rules_of_another_version_are_found_anew() -> None:
    trial = bundles.load(small_bundle())
    run = analysis.analyse(trial)
    limits.refresh(trial)
    assert not DirtyMark.objects.exists()

    run.flag_rules_version = "late_entry 0"
    run.save()
    limits.refresh(trial)

    assert DirtyMark.objects.count() == 8
