"""Analyses of stored data: the engine's numbers to the last bit, when they are due."""

import datetime
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from django.db import connection
from django.utils import timezone

from measurement import analysis, bundles, cells, frames
from measurement.estimation.bundle import Bundle, read_bundle, write_bundle
from measurement.estimation.calendar import today
from measurement.estimation.evaluation import evaluate
from measurement.estimation.evidence import evidence_of
from measurement.estimation.results import ESTIMATE_FIELDS, Check, Results
from measurement.estimation.simulate import simulate
from measurement.models import (
    AnalysisRun,
    DirtyMark,
    Participant,
    StoredEstimate,
    Trial,
    TrialMark,
    WinsorisingLimit,
)
from measurement.recording import NewTaskLog, Refused, record
from tests.gates import closed_gate
from tests.measurement.odd_bundle import odd_bundle
from tests.people import make_log, make_trial
from tests.real_data import TASK_1, write_real_bundle

pytestmark = pytest.mark.django_db
DESIGNS = (
    "parallel",
    "cluster",
    "crossover",
    "task_randomised",
    "stepped_wedge",
    "observational",
)


def simulated(design: str = "crossover", participants: int = 24) -> Bundle:
    return simulate(
        participants=participants, logs_per_participant=12, design=design, seed=11
    ).bundle


def analysed(trial: Trial) -> Results:
    analysis.analyse(trial)
    stored = analysis.latest_results(trial)
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


@pytest.mark.parametrize("design", DESIGNS)
def test_the_database_gives_the_engines_results_to_the_last_bit(
    design: str, tmp_path: Path
) -> None:
    write_bundle(simulated(design), tmp_path / "given")
    bundle = read_bundle(tmp_path / "given")
    trial = bundles.load(bundle)
    expected = from_bundle(bundle)
    assert as_bytes(analysed(trial)) == expected

    write_bundle(bundles.export(trial), tmp_path / "exported.zip")
    exported = read_bundle(tmp_path / "exported.zip")
    assert from_bundle(exported) == expected
    assert as_bytes(analysed(bundles.load(exported, replace=True))) == expected


def test_a_planned_covariate_of_single_logs_gives_the_engines_results() -> None:
    bundle = simulated("parallel")
    plan = replace(bundle.trial.plan, covariates=("log_forecast_minutes",))
    logs = bundle.task_logs.assign(
        forecast_minutes=bundle.task_logs["minutes"].round(-1).clip(lower=10.0)
    )
    bundle = replace(bundle, trial=replace(bundle.trial, plan=plan), task_logs=logs)
    assert as_bytes(analysed(bundles.load(bundle))) == from_bundle(bundle)


@pytest.mark.skipif(not TASK_1.exists(), reason="the real data are not beside this checkout")
def test_real_data_through_the_database(tmp_path: Path) -> None:
    write_real_bundle(tmp_path / "echoes")
    row = analysed(bundles.load(read_bundle(tmp_path / "echoes"))).find("time_ratio")
    assert row is not None
    assert row.value == pytest.approx(0.671903, abs=5e-7)
    assert row.std_error == pytest.approx(0.136596, abs=5e-7)


def test_there_are_no_results_before_the_first_analysis(trial: Trial) -> None:
    assert analysis.latest_results(trial) is None


def test_every_field_of_an_estimate_is_stored() -> None:
    stored = {field.name for field in StoredEstimate._meta.get_fields()}
    assert stored - {"id", "run", "position"} == set(ESTIMATE_FIELDS) - {"suppressed", "as_of"}


def test_odd_numbers_of_checks_come_back() -> None:
    trial = bundles.load(simulated())
    run = analysis.analyse(trial)
    checks = [
        Check(check="a", statistic=1e22, p_value=5e-324, verdict="pass", message="m"),
        Check(check="b", statistic=3.0, p_value=None, verdict="warn", message="m"),
    ]
    run.checks = [vars(check) for check in checks]
    run.save()
    stored = analysis.latest_results(trial)
    assert stored is not None
    assert [json.dumps(check) for check in stored.results.as_json()["checks"]] == [
        json.dumps(vars(check)) for check in checks
    ]


def test_nothing_is_lost_on_the_way(participant: Participant) -> None:
    trial = participant.trial
    for number in range(3):
        make_log(participant, str(number))
    record(
        participant=participant,
        log=NewTaskLog(key="w", ai_used=False, status="withheld"),
        actor=None,
    )
    for _ in range(2):
        with pytest.raises(Refused):
            record(participant=participant, log=NewTaskLog(key="x", ai_used=True), actor=None)
    results = analysed(trial)
    logs = results.logs
    assert (logs.received, logs.refused, logs.stored, logs.analysed) == (6, 2, 4, 3)
    assert logs.received == logs.refused + logs.stored
    assert logs.stored == logs.analysed + sum(logs.excluded.values())
    assert results.last_log == 4


def test_analyse_takes_in_what_was_logged_since() -> None:
    trial = bundles.load(simulated())
    before = analysed(trial)
    person = Participant.objects.filter(trial=trial).earliest("pk")
    log = NewTaskLog(key="new", minutes=3.0, ai_used=True, date=trial.starts_on, ai_assigned=True)
    record(participant=person, log=log, actor=None)
    after = analysed(trial)
    assert after.last_log == before.last_log + 1
    assert after.find("time_ratio") != before.find("time_ratio")
    assert as_bytes(after) == from_bundle(bundles.export(trial))
    assert not analysis.is_outdated(trial)


def test_analyse_gives_parked_participants_another_try() -> None:
    trial = bundles.load(simulated())
    DirtyMark.objects.update(failures=5)
    assert analysis.parked_participants(trial) == 24
    assert as_bytes(analysed(trial)) == from_bundle(bundles.export(trial))
    assert analysis.parked_participants(trial) == 0


def test_only_the_newest_runs_are_kept() -> None:
    trial = bundles.load(simulated(participants=6))
    run = analysis.analyse(trial)
    for _ in range(analysis.RUNS_KEPT + 2):
        run.pk = None
        run.save()
    older = list(AnalysisRun.objects.order_by("pk").values_list("pk", flat=True))
    newest = analysis.analyse(trial)
    kept = AnalysisRun.objects.order_by("pk").values_list("pk", flat=True)
    assert list(kept) == [*older, newest.pk][-analysis.RUNS_KEPT :]


class TestDue:
    """Which trials workers analyse now."""

    @pytest.fixture
    def trial(self) -> Trial:
        trial = bundles.load(simulated())
        cells.recompute()
        return trial

    def test_a_changed_trial_is_due_until_it_is_analysed(self, trial: Trial) -> None:
        assert analysis.due() == [trial]
        assert analysis.analyse_marked(trial) is not None
        assert analysis.due() == []
        assert analysis.analyse_marked(trial) is None

    def test_a_trial_is_not_analysed_in_parts(self) -> None:
        trial = bundles.load(simulated())
        cells.recompute(at_most=20)
        assert analysis.due() == []
        cells.recompute(at_most=20)
        assert analysis.due() == [trial]

    def test_steady_logging_does_not_put_an_analysis_off(self, trial: Trial) -> None:
        person = Participant.objects.filter(trial=trial).earliest("pk")
        DirtyMark.objects.create(participant=person)
        assert analysis.due() == [trial]

    def test_parked_marks_do_not_put_an_analysis_off(self, trial: Trial) -> None:
        person = Participant.objects.filter(trial=trial).earliest("pk")
        mark = DirtyMark.objects.create(participant=person, failures=5)
        DirtyMark.objects.filter(pk=mark.pk).update(
            marked_at=timezone.now() - datetime.timedelta(1)
        )
        assert analysis.due() == [trial]

    @pytest.mark.parametrize(("seconds", "due"), [(49, False), (51, True)])
    def test_a_trial_rests_in_proportion_to_its_analysis(
        self, trial: Trial, seconds: int, due: bool
    ) -> None:
        run = analysis.analyse_marked(trial)
        assert run is not None
        run.finished_at = timezone.now() - datetime.timedelta(seconds=seconds)
        run.as_of = run.finished_at - datetime.timedelta(seconds=10)
        run.save()
        TrialMark.objects.create(trial=trial)
        assert (analysis.due() == [trial]) == due

    def test_one_worker_analyses_a_trial(self, trial: Trial) -> None:
        with held_lock(trial):
            assert analysis.analyse_marked(trial) is None
            assert TrialMark.objects.exists()
        assert analysis.analyse_marked(trial) is not None

    def test_five_failures_park_a_trial(
        self, trial: Trial, caplog: pytest.LogCaptureFixture
    ) -> None:
        sound = trial.plan
        trial.plan = {"confidence": 7}
        trial.save()
        for _ in range(5):
            assert analysis.due() == [trial]
            assert analysis.analyse_marked(trial) is None
        assert analysis.due() == []
        assert "plan.confidence: 7" in caplog.text

        trial.plan = sound
        trial.save()
        TrialMark.objects.create(trial=trial)
        assert analysis.analyse_marked(trial) is not None
        assert not TrialMark.objects.exists()


class TestLimits:
    """Winsorising limits are those of all logs when analysed by hand, else of the last night."""

    @pytest.fixture
    def trial(self) -> Trial:
        """Have a trial, analysed since its limits were computed two days ago."""
        trial = bundles.load(simulated("parallel"))
        analysis.analyse(trial)
        age(trial, datetime.timedelta(days=2))
        return trial

    @pytest.mark.parametrize("design", ["parallel", "task_randomised"])
    def test_an_analysis_by_hand_has_the_limits_of_all_logs(self, design: str) -> None:
        trial = bundles.load(simulated(design))
        cells.recompute()
        add_long_log(trial)
        analysis.analyse(trial)
        exported = evidence_of(bundles.export(trial), today())
        stored = analysis._evidence(trial, today())
        pd.testing.assert_frame_equal(stored.limits, exported.limits, check_exact=True)
        pd.testing.assert_frame_equal(stored.cells, exported.cells, check_exact=True)
        assert (stored.cells["tail"] == 1).any()

    @pytest.mark.parametrize("design", ["parallel", "task_randomised"])
    def test_an_analysis_by_a_worker_has_the_stored_limits(self, design: str) -> None:
        trial = bundles.load(simulated(design))
        before = frames.limits(trial)
        add_long_log(trial)
        cells.recompute()
        stored = analysis._evidence(trial, today())
        pd.testing.assert_frame_equal(stored.limits, before, check_exact=True)
        longest = stored.cells["minutes_mean"] == LONG_MINUTES
        assert stored.cells.loc[longest, "tail"].tolist() == [1]
        fresh = evidence_of(bundles.export(trial), today())
        assert not fresh.limits.equals(before)

    def test_the_night_brings_limits_of_all_logs(self, trial: Trial) -> None:
        add_long_log(trial)
        analysis.refresh_limits()
        expected = evidence_of(bundles.export(trial), today()).limits
        pd.testing.assert_frame_equal(frames.limits(trial), expected, check_exact=True)
        assert DirtyMark.objects.filter(participant__trial=trial).exists()

    def test_limits_of_today_stay(self, trial: Trial) -> None:
        age(trial, datetime.timedelta())
        add_long_log(trial)
        before = frames.limits(trial)
        analysis.refresh_limits()
        pd.testing.assert_frame_equal(frames.limits(trial), before, check_exact=True)

    def test_limits_of_data_that_stayed_stay(self, trial: Trial) -> None:
        AnalysisRun.objects.update(as_of=timezone.now() - datetime.timedelta(days=3))
        before = set(WinsorisingLimit.objects.values_list("pk", flat=True))
        analysis.refresh_limits()
        assert set(WinsorisingLimit.objects.values_list("pk", flat=True)) == before

    def test_a_trial_that_was_never_loaded_gets_limits(self, db: None) -> None:
        trial = make_trial("by-hand")
        person = Participant.objects.create(trial=trial, pseudonym="p1")
        analysis.refresh_limits()
        assert frames.limits(trial).empty
        make_log(person, "first")
        analysis.refresh_limits()
        assert frames.limits(trial)["low"].tolist() == [30.0]
        assert DirtyMark.objects.count() == 2

    def test_a_trial_that_is_being_analysed_waits_for_the_next_time(self, trial: Trial) -> None:
        add_long_log(trial)
        before = frames.limits(trial)
        with held_lock(trial):
            analysis.refresh_limits()
            pd.testing.assert_frame_equal(frames.limits(trial), before, check_exact=True)
        analysis.refresh_limits()
        assert not frames.limits(trial).equals(before)

    def test_a_trial_without_limits_to_compute_costs_the_others_nothing(
        self, trial: Trial, caplog: pytest.LogCaptureFixture
    ) -> None:
        Trial.objects.filter(pk=trial.pk).update(plan={"confidence": 7})
        other = bundles.load(odd_bundle())
        WinsorisingLimit.objects.filter(trial=other).delete()
        analysis.refresh_limits()
        assert f"The limits of the trial {trial.slug} cannot be computed" in caplog.text
        assert len(frames.limits(other))


LONG_MINUTES = 1390.0


def add_long_log(trial: Trial) -> None:
    """Record a log beyond every limit."""
    log = NewTaskLog(
        key="long",
        minutes=LONG_MINUTES,
        ai_used=True,
        ai_assigned=True,
        date=trial.starts_on,
        task_type=_a_task_type(trial),
    )
    person = Participant.objects.filter(trial=trial).earliest("pk")
    record(participant=person, log=log, actor=None)


def age(trial: Trial, by: datetime.timedelta) -> None:
    """Have the trial's limits computed that long ago."""
    limits = WinsorisingLimit.objects.filter(trial=trial)
    assert limits.update(computed_at=timezone.now() - by)


@pytest.mark.django_db(transaction=True)
def test_what_changes_during_an_analysis_calls_for_another() -> None:
    trial = bundles.load(simulated(participants=8))
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


@pytest.mark.django_db(transaction=True)
def test_results_of_replaced_data_are_not_stored(caplog: pytest.LogCaptureFixture) -> None:
    bundle = simulated(participants=8)
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
    assert analysis.latest_results(trial) is None
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


def running_trial() -> Trial:
    """Return a trial of these days, analysed."""
    bundle = simulated()
    first, last = today() - datetime.timedelta(days=20), today() + datetime.timedelta(days=20)
    trial = bundles.load(
        replace(
            bundle,
            trial=replace(
                bundle.trial,
                starts_on=first,
                ends_on=last,
                design=replace(bundle.trial.design, periods=()),
            ),
        )
    )
    analysis.analyse(trial)
    return trial


def test_a_running_trial_is_marked_once_for_a_new_day() -> None:
    trial = running_trial()
    analysis.mark_outdated()
    assert not TrialMark.objects.exists()
    yesterday = today() - datetime.timedelta(days=1)
    AnalysisRun.objects.update(counted_until=yesterday)
    analysis.mark_outdated()
    analysis.mark_outdated()
    assert [mark.trial for mark in TrialMark.objects.all()] == [trial]


def test_a_trial_that_has_ended_needs_no_new_day() -> None:
    analysis.analyse(bundles.load(simulated()))
    AnalysisRun.objects.update(counted_until=today() - datetime.timedelta(days=1))
    analysis.mark_outdated()
    assert not TrialMark.objects.exists()


def test_single_logs_and_counts_are_of_one_moment() -> None:
    """Where the model needs single logs, a log whose participant is still dirty counts whole."""
    trial = bundles.load(simulated("task_randomised"))
    before = analysed(trial)
    log = NewTaskLog(key="late", ai_used=True, minutes=30.0, task_type=_a_task_type(trial))
    record(participant=Participant.objects.filter(trial=trial)[0], log=log, actor=None)
    TrialMark.objects.create(trial=trial)
    run = analysis.analyse_marked(trial)
    assert run is not None
    stored = analysis.latest_results(trial)
    assert stored is not None
    assert DirtyMark.objects.exists()
    assert stored.results.logs.stored == before.logs.stored + 1
    assert stored.results.last_log == before.last_log + 1


def _a_task_type(trial: Trial) -> str:
    name = trial.tasktype_set.values_list("name", flat=True).first()
    assert name is not None
    return str(name)
